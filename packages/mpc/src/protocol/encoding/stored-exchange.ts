// The exchange of a round whose state may rest in a store (dkls23-spec 0.6): what it sends, what it
// takes, and its snapshot.
import type { Inbox, Step } from "../inbox.ts";
import type { Once } from "../once.ts";
import type { Stage } from "../sequence.ts";
import type { ShareIndex } from "../share-index.ts";
import { decodeInbox, encodeOutbox, eraseFields, type Fields, type Layout } from "./layout.ts";

export interface StoredRound<S extends object, Name extends string> {
  readonly round: number;
  /** The kind of run, for errors. */
  readonly run: string;
  readonly self: ShareIndex;
  readonly peers: readonly ShareIndex[];
  readonly layout: (from: ShareIndex, to: ShareIndex) => Layout<Name>;
  /** The fields that nobody but the receiver may read. */
  readonly secret: readonly NoInfer<Name>[];
  /** Gives the bytes of a state, and the state itself, which stays usable once. */
  readonly encode: (held: Once<S>) => { readonly bytes: Uint8Array; readonly held: Once<S> };
}

/**
 * Makes the stage of an exchange. `next` is the round that takes the state and the messages of all
 * peers. The secret fields of these are erased after it.
 */
export function storedExchange<S extends object, Name extends string, Output>(
  { round, run, self, peers, layout, secret, encode }: StoredRound<S, Name>,
  step: Step<S, Fields<Name>>,
  next: (mine: Once<S>, inbox: Inbox<Fields<Name>>, entropy: Uint8Array) => Stage<Output>,
): Stage<Output> {
  let held = step.next;
  return {
    kind: "exchange",
    round,
    outbox: encodeOutbox((to) => layout(self, to), step.send, secret),
    deliver: (bodies, entropy) => {
      const inbox = decodeInbox(peers, (from) => layout(from, self), bodies, `${run}, round ${round}`);
      try {
        return next(held, inbox, entropy);
      } finally {
        eraseFields(inbox, secret);
      }
    },
    snapshot: () => {
      const encoded = encode(held);
      held = encoded.held;
      return encoded.bytes;
    },
    wipe: () => held.wipe(),
  };
}
