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
 * Encodes the fields. Throws `mpc/invariant` if a field has another length than the layout says.
 */
function encodeFields<Name extends string>(layout: Layout<Name>, fields: Fields<Name>): Uint8Array {
  const body = new Uint8Array(layoutBytes(layout));
  let at = 0;
  for (const name of Object.keys(layout) as Name[]) {
    if (fields[name].length !== layout[name])
      throw new CovaultError("mpc/invariant", `${name}: ${fields[name].length} bytes, the layout has ${layout[name]}.`);
    body.set(fields[name], at);
    at += layout[name];
  }
  return body;
}

/** Decodes a body of the right length. */
function decodeFields<Name extends string>(layout: Layout<Name>, body: Uint8Array): Fields<Name> {
  // A Buffer's slice would be a view of memory that is not ours.
  const plain = new Uint8Array(body.buffer, body.byteOffset, body.length);
  let at = 0;
  const entries: [Name, Uint8Array][] = [];
  for (const name of Object.keys(layout) as Name[]) {
    entries.push([name, plain.slice(at, at + layout[name])]);
    at += layout[name];
  }
  return Object.fromEntries(entries) as Fields<Name>;
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
  const bodies = new Map([...send].map(([to, fields]) => [to, encodeFields(layoutTo(to), fields)]));
  eraseFields(send, secret);
  return bodies;
}

/** Erases these fields of every message. */
export function eraseFields<Name extends string>(messages: Outbox<Fields<Name>>, names: readonly NoInfer<Name>[]): void {
  for (const fields of messages.values()) erase(...names.map((name) => fields[name]));
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
  const complete = collect(peers, bodies);
  // No body is decoded before all lengths are right, so a refusal leaves no copy of a secret field.
  const culprits = peers.filter((from) => messageOf(complete, from).length !== layoutBytes(layoutFrom(from)));
  if (culprits.length > 0)
    throw new CovaultError("mpc/bad-message", `Party ${culprits.join(", ")} sent a body of the wrong length.`, {
      facts: { round },
      culprits,
    });
  return collect(
    peers,
    [...complete].map(([from, body]) => [from, decodeFields(layoutFrom(from), body)] as const),
  );
}
