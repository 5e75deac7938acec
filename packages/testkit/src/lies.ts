// Lying peers. Such a party runs an honest machine and alters a body before it is sealed, signed
// and sent. Everything around it is honest, so what the others catch is the lie itself.
import type { Machine, ShareIndex, Turn } from "@covault/mpc/protocol";
import type { Protocol, Protocols } from "@covault/party";

/** Gives the body to send instead. `to` is the share index of the receiver. */
export type Lie = (body: Uint8Array, round: number, to: number) => Uint8Array;

/** Gives the honest protocols with a machine that tells `lie` in the place of each body. */
export const lyingProtocols = (honest: Protocols, lie: Lie): Protocols =>
  honest.map((protocol): Protocol => ({ ...protocol, make: (setup, share, own) => lying(protocol.make(setup, share, own), lie) }));

function lying(machine: Machine<unknown>, lie: Lie): Machine<unknown> {
  const altered = (turn: Turn<unknown>): Turn<unknown> => {
    if (turn.kind !== "exchange") return turn;
    const outbox = new Map([...turn.outbox].map(([to, body]): [ShareIndex, Uint8Array] => [to, lie(body.slice(), turn.round, to)]));
    return { ...turn, outbox };
  };
  return {
    protocol: machine.protocol,
    sid: machine.sid,
    peers: machine.peers,
    rounds: machine.rounds,
    bodyBytes: (round, peer) => machine.bodyBytes(round, peer),
    start: (entropy) => altered(machine.start(entropy)),
    deliver: (inbox, entropy) => altered(machine.deliver(inbox, entropy)),
    check: () => machine.check(),
    resume: (entropy) => altered(machine.resume(entropy)),
    snapshot: () => machine.snapshot(),
    wipe: () => machine.wipe(),
  };
}
