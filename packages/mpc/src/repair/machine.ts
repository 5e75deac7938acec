// This is a repair as a machine: it takes and gives bytes, and never a snapshot (dkls23-spec 0.6).
// A party that restarts has lost the session.
import type { Family, Share } from "../dkg/index.ts";
import { decodeInbox, encodeOutbox, eraseFields, type Fields, type Layout, layoutBytes } from "../protocol/encoding/layout.ts";
import type { Outbox } from "../protocol/inbox.ts";
import { erase, type Inbox, type Machine, type Sequence, type ShareIndex, type Stage, sequence } from "../protocol/index.ts";
import { finish, receive } from "./finish.ts";
import { round1Layout, round2Layout } from "./messages.ts";
import { round1 } from "./round1.ts";
import { round2 } from "./round2.ts";
import { openRepair, type RepairContext, type RepairSetup } from "./setup.ts";

export interface RepairOutput<Made extends Share = Share> {
  /**
   * The receiver's share of the present epoch, without pairs. `undefined`: of a helper, which keeps
   * its own.
   */
  readonly share: Made | undefined;
}

type MakeLayout<Name extends string> = (context: RepairContext, from: ShareIndex, to: ShareIndex) => Layout<Name>;

/**
 * Makes the machine of a repair: 2 rounds, no guard turns. Helpers and the receiver have the same
 * rounds, and a body is empty where one has nothing to say to another. `complete` makes a share of
 * the family of what comes out. Throws what `openRepair` throws. Its rounds throw what `round2` and
 * `finish` throw, never with a burn.
 */
export function repair<Made extends Share>(
  family: Family<Made>,
  setup: RepairSetup<Made>,
  complete: (share: Share<Made["record"]>) => Made,
): Machine<RepairOutput<Made>> {
  const { context, share } = openRepair(family, setup);
  if (share === undefined) return sequence(about(context), { start: () => receiver(context, complete), wipe: () => undefined });
  const wipe = (): void => erase(share);
  return sequence(about(context), {
    start: (entropy) => {
      const { next, send } = round1(context, share, entropy);
      wipe();
      const done = (): Stage<RepairOutput<Made>> => ({ kind: "done", output: { share: undefined } });
      return exchange(context, 1, round1Layout, { send, secret: ["delta"], wipe: () => next.wipe() }, (inbox) =>
        exchange(context, 2, round2Layout, { send: round2(next, inbox), secret: ["sigma"], wipe: () => undefined }, done),
      );
    },
    wipe,
  });
}

function receiver<Made extends Share>(
  context: RepairContext<Made["record"]>,
  complete: (share: Share<Made["record"]>) => Made,
): Stage<RepairOutput<Made>> {
  const none = new Uint8Array(0);
  const send = <M>(nothing: M): Outbox<M> => new Map(context.peers.map((j) => [j, nothing]));
  return exchange(context, 1, round1Layout, { send: send({ D: none, delta: none }), secret: [], wipe: () => undefined }, (rows) => {
    const held = receive(context, rows);
    const silent = { send: send({ sigma: none, e: none }), secret: ["sigma"] as const, wipe: () => held.wipe() };
    return exchange(context, 2, round2Layout, silent, (sums) => ({
      kind: "done",
      output: { share: complete({ record: context.record, secret: finish(held, sums) }) },
    }));
  });
}

function about(context: RepairContext): Sequence {
  const layouts: readonly MakeLayout<string>[] = [round1Layout, round2Layout];
  return {
    protocol: context.suite.protocols.repair,
    sid: context.sid,
    peers: context.peers,
    rounds: layouts.length,
    bodyBytes: (round, peer) => {
      const layout = layouts[round - 1];
      return layout === undefined ? 0 : layoutBytes(layout(context, peer, context.self));
    },
  };
}

interface Sent<Name extends string> {
  readonly send: Outbox<Fields<Name>>;
  /**
   * The fields that are erased when the bodies are made, and when a round has used those that came.
   */
  readonly secret: readonly NoInfer<Name>[];
  readonly wipe: () => void;
}

function exchange<Name extends string, Given>(
  context: RepairContext,
  round: number,
  layout: MakeLayout<Name>,
  { send, secret, wipe }: Sent<Name>,
  next: (inbox: Inbox<Fields<Name>>) => Stage<Given>,
): Stage<Given> {
  const { self, peers } = context;
  return {
    kind: "exchange",
    round,
    outbox: encodeOutbox((to) => layout(context, self, to), send, secret),
    deliver: (bodies) => {
      const inbox = decodeInbox(peers, (from) => layout(context, from, self), bodies, `repair, round ${round}`);
      try {
        return next(inbox);
      } finally {
        eraseFields(inbox, secret);
      }
    },
    wipe,
  };
}
