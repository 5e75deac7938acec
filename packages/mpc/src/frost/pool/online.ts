// In the online step of dkls23-spec 6.5 one message makes the signature. The message may be chosen
// late, and may be a raw digest: the binding factors hash key, message and all commitments, so
// nobody knows R before the message stands. (6.2's rule on digests is ECDSA's.) A tweak and a
// Merkle root may come late as well.
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../../kernel/equal.ts";
import { bytes, fields } from "../../protocol/encoding/inputs.ts";
import { erase, type Inbox, messageOf, Once, type ShareIndex, type Step } from "../../protocol/index.ts";
import type { Commitments, NonceCommitment } from "../sign/commitments.ts";
import { aggregate, type FrostSignOutput } from "../sign/finish.ts";
import { type Answer, open, receive, respond } from "../sign/round2.ts";
import { type FrostSignSetup, type Item, itemFields, type Quorum, type Signers, sessionFields } from "../sign/setup.ts";
import type { OnlineMessage } from "./messages.ts";
import type { Preprocessed } from "./preprocessed.ts";

export interface FrostOnlineSetup extends FrostSignSetup {
  /** id_k, 32 bytes, as the invite names it. */
  readonly id: Uint8Array;
}

export const readOnlineSetup = fields<FrostOnlineSetup>({ ...sessionFields, ...itemFields, id: bytes(32) });

export interface OnlineState {
  readonly round: "online/1";
  readonly quorum: Omit<Signers, "share">;
  readonly id: Uint8Array;
  readonly answer: Answer;
}

/**
 * Runs the online step, and consumes the nonces, whatever the outcome. Throws `mpc/bad-setup` for
 * nonces that are not those that the signers agreed on, and `mpc/presignature-stale`.
 */
export function online1(mine: Once<Preprocessed>, { share, ...quorum }: Quorum, id: Uint8Array): Step<OnlineState, OnlineMessage> {
  return mine.use((row) => {
    try {
      checkNamed(row, quorum, id);
      const { suite, self, signers, peers } = quorum;
      const { key, message } = quorum.items[0] as Item;
      const commitments = commitmentsOf(row);
      const opened = open(suite, key, commitments, message);
      const z = respond(suite, { key, share, self, signers, nonces: row.nonces, opened });
      erase(row.nonces.hiding, row.nonces.binding);
      const next: OnlineState = { round: "online/1", quorum, id: row.id, answer: { key, commitments, opened, z } };
      return { next: new Once(next, [z]), send: new Map(peers.map((j) => [j, { id: row.id, z: z.slice() }])) };
    } finally {
      erase(share);
    }
  });
}

/** Refuses nonces that are others than the signers agreed on, and those of another generation. */
function checkNamed(row: Preprocessed, { suite, record, signers, self }: Omit<Quorum, "share">, id: Uint8Array): void {
  const bad = (reason: string): CovaultError => new CovaultError("mpc/bad-setup", reason);
  if (!constantTimeEqual(row.id, id)) throw bad("id: it is not that of these nonces");
  if (row.suite !== suite || row.self !== self) throw bad("share: these nonces are those of another party or scheme");
  const made = [...row.list.keys()];
  if (made.join() !== signers.join()) throw bad(`signers: these nonces are those of ${made.join(", ")}, got ${signers.join(", ")}`);
  if (!constantTimeEqual(row.epoch, record.epoch))
    throw new CovaultError("mpc/presignature-stale", "These nonces were made with another generation of shares.");
}

/** Gives the elements of the stored list, which were elements when they were stored. */
function commitmentsOf({ suite, list }: Preprocessed): Commitments {
  const decoded = new Map<ShareIndex, NonceCommitment>();
  for (const [j, sent] of list) {
    const commitment = receive(suite, sent);
    if (commitment === undefined) throw new CovaultError("mpc/bad-state", `The stored commitments of party ${j} are no elements.`);
    decoded.set(j, commitment);
  }
  return decoded;
}

/**
 * Gives the signature. Throws `mpc/context-mismatch` if a signer answered with other nonces,
 * `mpc/bad-message`, `mpc/bad-partial-signature`, and `mpc/bad-share-record` if this party's own
 * share is damaged.
 */
export function onlineFinish(mine: Once<OnlineState>, inbox: Inbox<OnlineMessage>): FrostSignOutput {
  return mine.use(({ quorum, id, answer }) => {
    const differs = quorum.peers.filter((j) => !constantTimeEqual(messageOf(inbox, j).id, id));
    if (differs.length > 0)
      throw new CovaultError("mpc/context-mismatch", "The signers do not sign with the same nonces.", {
        facts: { round: "online", "differs at": differs.join(", ") },
      });
    const zs = new Map(quorum.peers.map((j) => [j, messageOf(inbox, j).z]));
    const output = aggregate(quorum, answer, zs, "online");
    erase(answer.z);
    return output;
  });
}
