// Runs one protocol for all parties in one thread, and passes the messages as bytes. The time is
// what a whole protocol costs.
import { randomBytes } from "node:crypto";
import type { Machine, ShareIndex, Turn } from "@covault/mpc/protocol";

export interface Run<Output> {
  readonly outputs: readonly Output[];
  /**
   * The milliseconds of each exchange, of all parties together: the computing of round 1, 2, …,
   * finish.
   */
  readonly roundMs: readonly number[];
  /** The milliseconds in all. */
  readonly totalMs: number;
  /**
   * The bytes that one party sends, on average. They are those of the bodies, without headers and
   * sealing.
   */
  readonly bytesPerParty: number;
}

export interface Seat<Output> {
  readonly self: ShareIndex;
  readonly machine: Machine<Output>;
}

export function runAll<Output>(seats: readonly Seat<Output>[]): Run<Output> {
  const roundMs: number[] = [];
  let bytes = 0;
  const timed = <T>(work: () => T): T => {
    const started = performance.now();
    const result = work();
    roundMs.push(performance.now() - started);
    return result;
  };
  const past = (machine: Machine<Output>, turn: Turn<Output>): Turn<Output> => {
    if (turn.kind !== "guard") return turn;
    machine.check();
    return machine.resume(randomBytes(32));
  };
  let turns = timed(() => seats.map(({ machine }) => past(machine, machine.start(randomBytes(32)))));
  while (turns.every((turn) => turn.kind === "exchange")) {
    const sent = new Map(seats.map(({ self }, seat) => [self, turns[seat] as Turn<Output> & { kind: "exchange" }]));
    for (const turn of sent.values()) for (const body of turn.outbox.values()) bytes += body.length;
    turns = timed(() =>
      seats.map(({ self, machine }) => {
        const inbox = new Map(machine.peers.map((peer) => [peer, sent.get(peer)?.outbox.get(self) as Uint8Array]));
        return past(machine, machine.deliver(inbox, randomBytes(32)));
      }),
    );
  }
  const outputs = turns.map((turn) => {
    if (turn.kind !== "done") throw new Error(`The parties are not at one: ${turns.map((one) => one.kind).join(", ")}`);
    return turn.output;
  });
  return { outputs, roundMs, totalMs: roundMs.reduce((sum, ms) => sum + ms, 0), bytesPerParty: bytes / seats.length };
}
