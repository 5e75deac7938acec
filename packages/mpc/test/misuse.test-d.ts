// The wrong uses in this file must not compile. The type check of the tests runs over it. An
// expected error that does not occur is an error.

import * as keygen from "../src/dkg/index.ts";
import type { KeyShare } from "../src/dkls23/index.ts";
import * as renew from "../src/dkls23/renew/index.ts";
import * as sign from "../src/dkls23/sign/index.ts";
import { collect, type Inbox, type Once, type ShareIndex } from "../src/protocol/index.ts";
import * as repair from "../src/repair/index.ts";

declare const committed: Once<keygen.Round1State>;
declare const opened: Once<keygen.Round2State>;
declare const confirmed: Once<keygen.Round3State>;
declare const commitments: Inbox<keygen.Round1Message>;
declare const openings: Inbox<keygen.Round2Message>;
declare const confirmations: Inbox<keygen.Round3Message>;
declare const signing: Once<sign.Round1State>;
declare const checked: Once<sign.CheckedState>;
declare const multiplied: Once<sign.Round2State>;
declare const nonces: Inbox<readonly sign.Round1Message[]>;
declare const products: Inbox<readonly sign.Round2Message[]>;
declare const renewals: Inbox<renew.Round1Message>;
declare const helping: Once<repair.HelperState>;
declare const receiving: Once<repair.ReceiverState>;
declare const rows: Inbox<repair.Round1Message>;
declare const sums: Inbox<repair.Round2Message>;
declare const share: KeyShare;
declare const entropy: Uint8Array;

export function mustNotCompile(): void {
  // The right order compiles.
  keygen.round2(committed, commitments, entropy);
  keygen.round3(opened, openings);
  keygen.finish(confirmed, confirmations);
  sign.check(signing, nonces);
  sign.round2(checked, entropy);
  sign.round3(multiplied, products);
  repair.round2(helping, rows);
  repair.finish(receiving, sums);

  // @ts-expect-error a round is skipped
  keygen.round3(committed, openings);
  // @ts-expect-error a round is run again, from the state after it
  keygen.round2(opened, commitments, entropy);
  // @ts-expect-error the messages are another round's
  keygen.round2(committed, openings, entropy);
  // @ts-expect-error a renewal goes on from a state of a key generation
  renew.round2(committed, renewals, entropy);
  // @ts-expect-error the messages are another protocol's
  sign.check(signing, commitments);
  // @ts-expect-error the check of the OT extension is skipped
  sign.round2(signing, entropy);
  // @ts-expect-error a helper gets no share
  repair.finish(helping, sums);
  // @ts-expect-error the messages are another round's
  repair.round2(helping, sums);
  // @ts-expect-error nobody checked that the inbox is complete
  keygen.round2(committed, new Map<ShareIndex, keygen.Round1Message>(), entropy);
  // @ts-expect-error a state that somebody read and kept
  keygen.round2(committed.take(), commitments, entropy);
  // @ts-expect-error a state that somebody put together
  keygen.finish({ take: () => confirmed.take() }, confirmations);
  // @ts-expect-error a bare number is no share index
  sign.openQuorum({ share, signers: [1, 2], tweak: entropy, nonce: entropy, burned: [] }, entropy);
  // @ts-expect-error an array position is no share index
  collect([0, 1], []);
  // @ts-expect-error entropy is an argument, not a default
  keygen.round2(committed, commitments);
}
