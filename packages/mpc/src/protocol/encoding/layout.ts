// The message of a round is a list of fixed-length fields (dkls23-spec 0.5: in the order of its
// table). One list gives the codec, the exact length, and the rows of the tests.
import { CovaultError } from "@covault/errors";
import { erase } from "../erase.ts";
import { collect, type Inbox, messageOf, type Outbox } from "../inbox.ts";
import type { Bodies } from "../sequence.ts";
import type { ShareIndex } from "../share-index.ts";

/**
 * The length in bytes of each field, by name. A length of zero says that the field is absent from
 * this message, and then it is empty.
 */
export type Layout<Name extends string> = Readonly<Record<Name, number>>;
export type Fields<Name extends string> = Readonly<Record<Name, Uint8Array>>;

export function layoutBytes(layout: Layout<string>): number {
  return Object.values(layout).reduce((sum, bytes) => sum + bytes, 0);
}

/**
 * Encodes the messages about all items, one after the other. Throws `mpc/invariant` if a field has
 * another length than the layout says.
 */
function encodeFields<Name extends string>(layout: Layout<Name>, items: readonly Fields<Name>[]): Uint8Array {
  const body = new Uint8Array(items.length * layoutBytes(layout));
  let at = 0;
  for (const fields of items)
    for (const name of Object.keys(layout) as Name[]) {
      if (fields[name].length !== layout[name])
        throw new CovaultError("mpc/invariant", `${name}: ${fields[name].length} bytes, the layout has ${layout[name]}.`);
      body.set(fields[name], at);
      at += layout[name];
    }
  return body;
}

/** Decodes a body of the right length, which has the messages about `count` items. */
function decodeFields<Name extends string>(layout: Layout<Name>, count: number, body: Uint8Array): readonly Fields<Name>[] {
  // A Buffer's slice would be a view of memory that is not ours.
  const plain = new Uint8Array(body.buffer, body.byteOffset, body.length);
  let at = 0;
  return Array.from({ length: count }, () => {
    const entries: [Name, Uint8Array][] = [];
    for (const name of Object.keys(layout) as Name[]) {
      entries.push([name, plain.slice(at, at + layout[name])]);
      at += layout[name];
    }
    return Object.fromEntries(entries) as Fields<Name>;
  });
}

/**
 * Encodes the message to each receiver. `secret` names the fields that nobody but the receiver may
 * read. They are erased, so that only the body has them from here on.
 */
export function encodeOutbox<Name extends string>(
  layoutTo: (to: ShareIndex) => Layout<Name>,
  send: Outbox<Fields<Name>>,
  secret: readonly NoInfer<Name>[] = [],
): Bodies {
  const bodies = new Map([...send].map(([to, fields]) => [to, encodeFields(layoutTo(to), [fields])]));
  eraseFields(send, secret);
  return bodies;
}

/**
 * Encodes the messages about all items of a batch to each receiver, as `encodeOutbox` does with
 * one.
 */
export function encodeItems<Name extends string>(
  layout: Layout<Name>,
  send: Outbox<readonly Fields<Name>[]>,
  secret: readonly NoInfer<Name>[] = [],
): Bodies {
  const bodies = new Map([...send].map(([to, items]) => [to, encodeFields(layout, items)]));
  eraseItems(send, secret);
  return bodies;
}

/** Erases these fields of every message. */
export function eraseFields<Name extends string>(messages: Outbox<Fields<Name>>, names: readonly NoInfer<Name>[]): void {
  for (const fields of messages.values()) erase(...names.map((name) => fields[name]));
}

/** Erases these fields of every message about every item. */
export function eraseItems<Name extends string>(messages: Outbox<readonly Fields<Name>[]>, names: readonly NoInfer<Name>[]): void {
  for (const items of messages.values()) for (const fields of items) erase(...names.map((name) => fields[name]));
}

/**
 * Decodes all peers' bodies into a complete inbox. Throws `mpc/bad-message`, which names every
 * sender of a wrong length.
 */
export function decodeInbox<Name extends string>(
  peers: readonly ShareIndex[],
  layoutFrom: (from: ShareIndex) => Layout<Name>,
  bodies: Bodies,
  round: string,
): Inbox<Fields<Name>> {
  const complete = wholeBodies(peers, (from) => layoutBytes(layoutFrom(from)), bodies, round);
  return collect(
    peers,
    [...complete].map(([from, body]) => [from, decodeFields(layoutFrom(from), 1, body)[0] as Fields<Name>] as const),
  );
}

/**
 * Decodes all peers' bodies, which have a message about each of `count` items, as `decodeInbox`
 * does with one.
 */
export function decodeItems<Name extends string>(
  peers: readonly ShareIndex[],
  layout: Layout<Name>,
  count: number,
  bodies: Bodies,
  round: string,
): Inbox<readonly Fields<Name>[]> {
  const complete = wholeBodies(peers, () => count * layoutBytes(layout), bodies, round);
  return collect(
    peers,
    [...complete].map(([from, body]) => [from, decodeFields(layout, count, body)] as const),
  );
}

/** Gives the bodies, one of each peer. No body is decoded before all lengths are right. */
function wholeBodies(
  peers: readonly ShareIndex[],
  bytesFrom: (from: ShareIndex) => number,
  bodies: Bodies,
  round: string,
): Inbox<Uint8Array> {
  const complete = collect(peers, bodies);
  // A refusal leaves no copy of a secret field.
  const culprits = peers.filter((from) => messageOf(complete, from).length !== bytesFrom(from));
  if (culprits.length > 0)
    throw new CovaultError("mpc/bad-message", `Party ${culprits.join(", ")} sent a body of the wrong length.`, {
      facts: { round },
      culprits,
    });
  return complete;
}
