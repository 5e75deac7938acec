// All parties of a session in one process, for the examples. Messages are passed from hand to hand.
// It is what a driver does over a network, with a sealed channel and a durable store
// (@covault/party), without either.
import { randomBytes } from "node:crypto";
import { sessionNonce } from "@covault/mpc/dkls23";
import type { Machine, ShareIndex, Turn } from "@covault/mpc/protocol";

/**
 * Gives a nonce to which everybody has added 32 fresh bytes, so that no session id ever repeats.
 */
export const freshNonce = (parties: readonly ShareIndex[]): Uint8Array =>
  sessionNonce(new Map(parties.map((party) => [party, randomBytes(32)])));

/** Gives the parties with the identity keys of their channels. */
export const membersOf = (parties: readonly ShareIndex[]) => parties.map((index) => ({ index, idpk: randomBytes(32) }));

export interface Outputs<Output> {
  readonly first: Output;
  /** Gives what this party got. */
  readonly of: (party: ShareIndex) => Output;
}

/** Makes a machine per party and runs them to their end. Gives what each of them got. */
export function runAll<Output>(parties: readonly ShareIndex[], make: (self: ShareIndex) => Machine<Output>): Outputs<Output> {
  const machines = parties.map((self) => ({ self, machine: make(self) }));
  // Before it checks, a real driver notes durably that it checks these partners. Before it goes on,
  // it stores a burn durably.
  const past = (machine: Machine<Output>, turn: Turn<Output>): Turn<Output> => {
    if (turn.kind !== "guard") return turn;
    machine.check();
    return machine.resume(randomBytes(32));
  };
  let turns = new Map(machines.map(({ self, machine }) => [self, past(machine, machine.start(randomBytes(32)))]));
  for (;;) {
    const outputs = [...turns].flatMap(([self, turn]) => (turn.kind === "done" ? [[self, turn.output] as const] : []));
    if (outputs.length === machines.length) return outputsOf(new Map(outputs));
    const sent = turns;
    const inboxOf = (self: ShareIndex, machine: Machine<Output>) =>
      new Map(
        machine.peers.map((peer) => {
          const turn = sent.get(peer);
          if (turn?.kind !== "exchange") throw new Error(`party ${peer} sends nothing`);
          return [peer, turn.outbox.get(self) as Uint8Array];
        }),
      );
    turns = new Map(machines.map(({ self, machine }) => [self, past(machine, machine.deliver(inboxOf(self, machine), randomBytes(32)))]));
  }
}

function outputsOf<Output>(outputs: ReadonlyMap<ShareIndex, Output>): Outputs<Output> {
  const of = (party: ShareIndex): Output => {
    const output = outputs.get(party);
    if (output === undefined) throw new Error(`party ${party} took no part`);
    return output;
  };
  return { first: of([...outputs.keys()][0] as ShareIndex), of };
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
