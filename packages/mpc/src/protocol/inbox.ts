// An inbox has exactly one message per expected peer. A round takes nothing less.
import { CovaultError } from "@covault/errors";
import type { Once } from "./once.ts";
import type { ShareIndex } from "./share-index.ts";

declare const complete: unique symbol;

/**
 * Exactly one message per expected peer, in ascending order of the sender. Only `collect` makes
 * one.
 */
export type Inbox<M> = ReadonlyMap<ShareIndex, M> & { readonly [complete]: M };

/** One message per receiver. */
export type Outbox<M> = ReadonlyMap<ShareIndex, M>;

/** What a round gives: the next state, and the messages to send. */
export interface Step<S extends object, M> {
  readonly next: Once<S>;
  readonly send: Outbox<M>;
}

/** Makes an inbox. Refuses a hole, a stranger and a duplicate with `mpc/incomplete-inbox`. */
export function collect<M>(peers: readonly ShareIndex[], messages: Iterable<readonly [ShareIndex, M]>): Inbox<M> {
  const given = new Map<ShareIndex, M>();
  for (const [from, message] of messages) {
    if (!peers.includes(from)) throw new CovaultError("mpc/incomplete-inbox", `Party ${from} is not a peer of this round.`);
    if (given.has(from)) throw new CovaultError("mpc/incomplete-inbox", `Party ${from} is in the inbox twice.`);
    given.set(from, message);
  }
  const missing = peers.filter((peer) => !given.has(peer));
  if (missing.length > 0) throw new CovaultError("mpc/incomplete-inbox", `No message from ${missing.join(", ")}.`);
  return new Map(peers.map((peer) => [peer, given.get(peer) as M])) as unknown as Inbox<M>;
}

/** Gives the message of a peer. A complete inbox has one of every peer. */
export function messageOf<M>(inbox: Inbox<M>, from: ShareIndex): M {
  const message = inbox.get(from);
  if (message === undefined) throw new CovaultError("mpc/incomplete-inbox", `No message from ${from}.`);
  return message;
}

/** Gives the message of a peer about the k-th item of a batch, counted from 0. */
export function itemOf<M>(inbox: Inbox<readonly M[]>, from: ShareIndex, k: number): M {
  const message = messageOf(inbox, from)[k];
  if (message === undefined) throw new CovaultError("mpc/incomplete-inbox", `No message from ${from} about item ${k + 1}.`);
  return message;
}

/** Gives the messages about all items to each peer, of those about each item to all peers. */
export const byPeer = <M>(peers: readonly ShareIndex[], items: readonly Outbox<M>[]): Outbox<readonly M[]> =>
  new Map(peers.map((j) => [j, items.map((send) => send.get(j) as M)]));
