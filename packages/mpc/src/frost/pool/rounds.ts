// The two rounds of a pool session and its end (dkls23-spec 6.5). An item is named by the hash of
// all members' commitments, so that equal names have equal lists.

import { u16 } from "../../kernel/bytes.ts";
import { constantTimeEqual } from "../../kernel/equal.ts";
import { withTape } from "../../kernel/random.ts";
import { blame, differ, erase, type Fault, type Inbox, itemOf, messageOf, Once, type ShareIndex, type Step } from "../../protocol/index.ts";
import type { Round1Message } from "../sign/messages.ts";
import { type Committed, drawNonces, type Nonces } from "../sign/round1.ts";
import { noElement, receive } from "../sign/round2.ts";
import { TH } from "../tags.ts";
import type { EchoMessage } from "./messages.ts";
import { encodePreprocessed } from "./preprocessed.ts";
import type { Pool } from "./setup.ts";

/** The state after round 1. It is never stored. */
export interface PoolRound1State {
  readonly round: "pool/1";
  readonly pool: Omit<Pool, "share">;
  readonly made: readonly Committed[];
}

/** The state after round 2. It is never stored, and what the session makes is. */
export interface PoolRound2State {
  readonly round: "pool/2";
  readonly pool: Omit<Pool, "share">;
  readonly g: Uint8Array;
  readonly items: readonly PoolItem[];
}

export interface PoolItem {
  /** id_k. */
  readonly id: Uint8Array;
  readonly nonces: Nonces;
  /** D_j and E_j of all members, ascending, as they were sent. */
  readonly list: ReadonlyMap<ShareIndex, Round1Message>;
}

const secretsOf = (items: readonly { readonly nonces: Nonces }[]): readonly Uint8Array[] =>
  items.flatMap(({ nonces }) => [nonces.hiding, nonces.binding]);

/**
 * Runs round 1: draws the nonces of all items from one tape. `entropy` is 32 fresh random bytes.
 * Nothing needs the share afterwards, so it is erased.
 */
export function round1(opened: Pool, entropy: Uint8Array): Step<PoolRound1State, readonly Round1Message[]> {
  const { share, ...pool } = opened;
  const { suite, psid, count, self, peers } = pool;
  const made: Committed[] = [];
  try {
    withTape({ entropy, secret: share, bound: [psid, u16(self)], label: "frost/pool/1" }, (drawn) => {
      while (made.length < count) made.push(drawNonces(suite, share, drawn));
    });
  } catch (failed) {
    erase(...secretsOf(made));
    throw failed;
  } finally {
    erase(share);
  }
  const sent = made.map((each) => each.sent);
  return { next: new Once({ round: "pool/1", pool, made }, secretsOf(made)), send: new Map(peers.map((j) => [j, sent])) };
}

/**
 * Runs round 2, which names the items. Throws `mpc/bad-message` for a commitment that is no element
 * of the group.
 */
export function round2(mine: Once<PoolRound1State>, inbox: Inbox<readonly Round1Message[]>): Step<PoolRound2State, EchoMessage> {
  return mine.use(({ pool, made }) => {
    const { suite, psid, self, signers, peers } = pool;
    const faults = new Map<ShareIndex, Fault>();
    for (const j of peers) if (!made.every((_, k) => receive(suite, itemOf(inbox, j, k)) !== undefined)) faults.set(j, noElement);
    blame(faults, "preprocess, round 2");

    const items = made.map(({ nonces, sent }, k): PoolItem => {
      const list = new Map(signers.map((j) => [j, j === self ? sent : itemOf(inbox, j, k)]));
      const named = [...list].flatMap(([j, { hiding, binding }]) => [u16(j), hiding, binding]);
      return { id: TH("pool/id", psid, u16(k + 1), ...named), nonces, list };
    });
    const g = TH("pool/h1", psid, ...items.map(({ id }) => id));
    return { next: new Once({ round: "pool/2", pool, g, items }, secretsOf(items)), send: new Map(peers.map((j) => [j, { g }])) };
  });
}

export interface FrostPreprocessed {
  /**
   * id_k, the same at all members, 32 bytes. Signers name these nonces by it and by nothing else.
   */
  readonly id: Uint8Array;
  /**
   * The secret bytes of two nonces. They are stored encrypted, never backed up, and deleted by the
   * statement that returns them.
   */
  readonly preprocessed: Uint8Array;
}

/**
 * Gives what the store takes over, one for each item. Throws `mpc/echo-mismatch`, for which nobody
 * is to blame. Then nothing is left.
 */
export function finish(mine: Once<PoolRound2State>, inbox: Inbox<EchoMessage>): readonly FrostPreprocessed[] {
  return mine.use(({ pool, g, items }) => {
    const { suite, self, record, peers } = pool;
    const others = peers.filter((j) => !constantTimeEqual(messageOf(inbox, j).g, g));
    differ("mpc/echo-mismatch", others, "preprocess, finish", "The members saw different nonce commitments in round 1.");
    const stored = items.map((item) => ({
      id: item.id,
      preprocessed: encodePreprocessed({ suite, epoch: record.epoch, self, ...item }),
    }));
    erase(...secretsOf(items));
    return stored;
  });
}
