// This file builds a `Machine` from a protocol's rounds: a chain of stages, each of which knows the
// next. The chain holds the only reference to a round's state, and moving on forgets it, so there
// is no way back.
import { CovaultError } from "@covault/errors";
import { checkEntropy } from "../kernel/random.ts";
import { aFunction, borrowed, bytes, entriesOf, fields, index, integer, list, oneOf } from "./encoding/inputs.ts";
import { erase } from "./erase.ts";
import { type Machine, type ProtocolName, protocolCodes, type Turn, type Verdict } from "./machine.ts";
import type { ShareIndex } from "./share-index.ts";

export type Bodies = ReadonlyMap<ShareIndex, Uint8Array>;

export type Stage<Output> =
  | {
      readonly kind: "exchange";
      readonly round: number;
      readonly outbox: Bodies;
      readonly deliver: (inbox: Bodies, entropy: Uint8Array) => Stage<Output>;
      /** Gives the state at rest. Only stored protocols have one. */
      readonly snapshot?: () => Uint8Array;
      /** Overwrites the secrets of the state, if no round has used it. */
      readonly wipe: () => void;
    }
  | {
      readonly kind: "guard";
      readonly partners: readonly ShareIndex[];
      readonly check: () => Checked<Output>;
      readonly wipe: () => void;
    }
  | { readonly kind: "done"; readonly output: Output };

/** The position after the check of a `guard` stage. */
interface Checked<Output> {
  readonly verdict: Verdict;
  readonly resume: (entropy: Uint8Array) => Stage<Output>;
  readonly wipe: () => void;
}

/** The position before round 1. */
export interface Start<Output> {
  readonly start: (entropy: Uint8Array) => Stage<Output>;
  readonly wipe: () => void;
}

type Position<Output> =
  | ({ readonly kind: "ready" } & Start<Output>)
  | { readonly kind: "checked"; readonly resume: (entropy: Uint8Array) => Stage<Output>; readonly wipe: () => void }
  | { readonly kind: "dead" }
  | Stage<Output>;

export interface Sequence {
  readonly protocol: ProtocolName;
  readonly sid: Uint8Array;
  readonly peers: readonly ShareIndex[];
  readonly rounds: number;
  readonly bodyBytes: (round: number, peer: ShareIndex) => number;
}

const readSequence = fields<Sequence>({
  protocol: oneOf(...(Object.keys(protocolCodes) as ProtocolName[])),
  sid: bytes(32),
  peers: list(index),
  rounds: integer(1, 65_535),
  bodyBytes: aFunction,
});

/**
 * Reads the bodies that a driver delivers. Throws `mpc/bad-setup` for anything but bytes. Only the
 * driver can give that, so no peer is to blame.
 */
function readBodies(inbox: unknown): Bodies {
  const body = borrowed();
  const entries = entriesOf(inbox, "inbox").map(([from, each]) => [index(from, "inbox: share index"), each] as const);
  return new Map(entries.map(([from, each]) => [from, body(each, `inbox of party ${from}`)]));
}

/** Makes a fresh machine, whose `start` runs round 1. */
export function sequence<Output>(about: Sequence, first: Start<Output>): Machine<Output> {
  const start = fields<Start<Output>>({ start: aFunction, wipe: aFunction })(first, "first");
  return new SequenceMachine(readSequence(about, "about"), { kind: "ready", ...start });
}

/** Makes a machine that stands after an exchange turn, with a state that was read from storage. */
export function resumed<Output>(about: Sequence, stage: Stage<Output>): Machine<Output> {
  const { kind } = fields<Pick<Stage<Output>, "kind">>({ kind: oneOf("exchange", "guard", "done") })(stage, "stage");
  return new SequenceMachine(readSequence(about, "about"), { ...stage, kind } as Stage<Output>);
}

class SequenceMachine<Output> implements Machine<Output> {
  readonly protocol: ProtocolName;
  readonly sid: Uint8Array;
  readonly peers: readonly ShareIndex[];
  readonly rounds: number;
  readonly bodyBytes: (round: number, peer: ShareIndex) => number;
  #position: Position<Output>;
  /** Every body that went out. Some of them hold a share. */
  readonly #sent: Uint8Array[] = [];

  constructor(about: Sequence, position: Position<Output>) {
    this.protocol = about.protocol;
    this.sid = about.sid;
    this.peers = about.peers;
    this.rounds = about.rounds;
    this.bodyBytes = about.bodyBytes;
    this.#position = position;
  }

  start(entropy: Uint8Array): Turn<Output> {
    const at = this.#leave("ready");
    return this.#enter(orWipe(at, () => at.start(checkEntropy(entropy))));
  }

  deliver(inbox: Bodies, entropy: Uint8Array): Turn<Output> {
    const at = this.#leave("exchange");
    return this.#enter(orWipe(at, () => at.deliver(readBodies(inbox), checkEntropy(entropy))));
  }

  check(): Verdict {
    const at = this.#leave("guard");
    const { verdict, resume, wipe } = orWipe(at, () => at.check());
    this.#position = { kind: "checked", resume, wipe };
    return verdict;
  }

  resume(entropy: Uint8Array): Turn<Output> {
    const at = this.#leave("checked");
    return this.#enter(orWipe(at, () => at.resume(checkEntropy(entropy))));
  }

  wipe(): void {
    const position = this.#position;
    this.#position = { kind: "dead" };
    if ("wipe" in position) position.wipe();
    erase(...this.#sent.splice(0));
  }

  snapshot(): Uint8Array {
    const position = this.#position;
    if (position.kind !== "exchange" || position.snapshot === undefined)
      throw new CovaultError("mpc/not-storable", `${this.protocol}: there is no state to store here.`, {
        facts: { protocol: this.protocol },
      });
    return position.snapshot();
  }

  /**
   * Gives the current position, which is forgotten before anything runs. So a failure leaves a dead
   * machine.
   */
  #leave<K extends Position<Output>["kind"]>(kind: K): Extract<Position<Output>, { readonly kind: K }> {
    const position = this.#position;
    this.#position = { kind: "dead" };
    if (position.kind !== kind && "wipe" in position) position.wipe();
    if (position.kind !== kind)
      throw new CovaultError("mpc/round-already-used", `${this.protocol}: expected a machine at "${kind}", it is at "${position.kind}".`);
    return position as Extract<Position<Output>, { readonly kind: K }>;
  }

  #enter(stage: Stage<Output>): Turn<Output> {
    if (stage.kind === "done") return { kind: "done", output: stage.output };
    this.#position = stage;
    if (stage.kind === "exchange") this.#sent.push(...stage.outbox.values());
    return stage.kind === "guard"
      ? { kind: "guard", partners: [...stage.partners] }
      : { kind: "exchange", round: stage.round, outbox: stage.outbox };
  }
}

/**
 * Runs a step of the machine. If it throws, the state that it stood on is wiped, also where no
 * round came so far as to use it.
 */
function orWipe<T>({ wipe }: { readonly wipe: () => void }, step: () => T): T {
  try {
    return step();
  } catch (failed) {
    wipe();
    throw failed;
  }
}
