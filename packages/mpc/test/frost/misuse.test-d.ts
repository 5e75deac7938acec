// The wrong uses in this file must not compile. The type check of the tests runs over it. An
// expected error that does not occur is an error.

import * as keygen from "../../src/dkg/index.ts";
import type { FrostKeyShare } from "../../src/frost/index.ts";
import * as pool from "../../src/frost/pool/index.ts";
import * as sign from "../../src/frost/sign/index.ts";
import type { Group, Scalar } from "../../src/frost/suite/index.ts";
import type { Inbox, Once, ShareIndex } from "../../src/protocol/index.ts";

declare const committed: Once<keygen.Round1State>;
declare const opened: Once<keygen.Round2State>;
declare const confirmed: Once<keygen.Round3State>;
declare const commitments: Inbox<keygen.Round1Message>;
declare const openings: Inbox<keygen.Round2Message>;
declare const confirmations: Inbox<keygen.Round3Message>;
declare const signing: Once<sign.Round1State>;
declare const answered: Once<sign.Round2State>;
declare const nonces: Inbox<readonly sign.Round1Message[]>;
declare const shares: Inbox<readonly sign.Round2Message[]>;
declare const drawn: Once<pool.PoolRound1State>;
declare const ahead: Once<pool.Preprocessed>;
declare const quorum: ReturnType<typeof sign.openQuorum>;
declare const share: FrostKeyShare;
declare const entropy: Uint8Array;
declare const group: Group;
declare const scalar: Scalar;

export function mustNotCompile(): void {
  // The right order compiles.
  keygen.round2(committed, commitments, entropy);
  keygen.round3(opened, openings);
  keygen.finish(confirmed, confirmations);
  sign.round2(signing, nonces);
  sign.finish(answered, shares);
  group.mulBase(scalar);

  pool.round2(drawn, nonces);
  pool.online1(ahead, quorum, entropy);

  // @ts-expect-error nonces that somebody read and kept
  pool.online1(ahead.take(), quorum, entropy);
  // @ts-expect-error nonces of a session that has not ended
  pool.online1(drawn, quorum, entropy);
  // @ts-expect-error nonces of a pool answer as those of a signature
  sign.round2(ahead, nonces);
  // @ts-expect-error a round is skipped
  keygen.round3(committed, openings);
  // @ts-expect-error a round is run again, from the state after it
  keygen.round2(opened, commitments, entropy);
  // @ts-expect-error the messages are another round's
  keygen.round2(committed, openings, entropy);
  // @ts-expect-error the messages are another protocol's
  sign.round2(signing, commitments);
  // @ts-expect-error a nonce answers from the state that has answered
  sign.round2(answered, nonces);
  // @ts-expect-error nobody checked that the inbox is complete
  sign.round2(signing, new Map<ShareIndex, readonly sign.Round1Message[]>());
  // @ts-expect-error a state that somebody read and kept
  sign.round2(signing.take(), nonces);
  // @ts-expect-error a bare number is no share index
  sign.openQuorum({ share, signers: [1, 2], message: entropy, nonce: entropy });
  // @ts-expect-error bytes that nobody decoded are no scalar
  group.mulBase(entropy);
  // @ts-expect-error entropy is an argument, not a default
  keygen.round2(committed, commitments);
}
