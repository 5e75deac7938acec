// This file runs all parties of a session in one process. Every message is encoded, may be tampered
// with on its way, and is delivered to the machines. A run is deterministic, since its entropy
// comes from its seed.
import { CovaultError } from "@covault/errors";
import { sha256 } from "@noble/hashes/sha2.js";
import { type KeyShare, keygenMachine, type SignItem, sessionNonce, signBatchMachine, signMachine } from "../src/dkls23/index.ts";
import type { Machine, ShareIndex, Turn, Verdict } from "../src/protocol/index.ts";

export type Machines<Output> = ReadonlyMap<ShareIndex, Machine<Output>>;
type Outcome<Output> = { readonly output: Output } | { readonly error: CovaultError };
export type Outcomes<Output> = ReadonlyMap<ShareIndex, Outcome<Output>>;
export interface Envelope {
  readonly round: number;
  readonly from: ShareIndex;
  readonly to: ShareIndex;
}
/** Gives what arrives instead of `body`. It gives undefined for a message that is lost. */
export type Tamper = (envelope: Envelope, body: Uint8Array) => Uint8Array | undefined;

export interface Run {
  readonly seed: string;
  readonly tamper?: Tamper;
  /** This is called with every body as sent. */
  readonly observe?: (envelope: Envelope, body: Uint8Array) => void;
  readonly onVerdict?: (party: ShareIndex, verdict: Verdict) => void;
  /** Gives the order in which a receiver's inbox is filled. */
  readonly order?: (senders: readonly ShareIndex[]) => readonly ShareIndex[];
}

export const bytesFrom = (seed: string): Uint8Array => sha256(new TextEncoder().encode(seed));
export const idx = (value: number): ShareIndex => value as ShareIndex;
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/**
 * Runs a session to its end. A party that throws sends nothing more. Parties that then miss a
 * message are left without an outcome.
 */
export function runSession<Output>(machines: Machines<Output>, run: Run): Outcomes<Output> {
  const outcomes = new Map<ShareIndex, Outcome<Output>>();
  const turns = new Map<ShareIndex, Turn<Output>>();
  const calls = new Map<ShareIndex, number>();
  const advance = (party: ShareIndex, next: () => Turn<Output>): void => {
    try {
      const turn = next();
      if (turn.kind === "done") outcomes.set(party, { output: turn.output });
      else turns.set(party, turn);
    } catch (error) {
      if (!(error instanceof CovaultError)) throw error;
      outcomes.set(party, { error });
    }
  };
  /**
   * Gives the hash of `<seed>/<party>/<k>` for the party's k-th call that takes entropy, from 1.
   */
  const entropy = (party: ShareIndex): Uint8Array => {
    const call = (calls.get(party) ?? 0) + 1;
    calls.set(party, call);
    return bytesFrom(`${run.seed}/${party}/${call}`);
  };
  for (const [party, machine] of machines) advance(party, () => machine.start(entropy(party)));
  while (turns.size > 0) {
    const current = new Map(turns);
    turns.clear();
    const mail = new Map<ShareIndex, Map<ShareIndex, Uint8Array>>([...machines.keys()].map((party) => [party, new Map()]));
    for (const [from, turn] of current) {
      if (turn.kind !== "exchange") throw new Error("a guard turn is resolved at once");
      for (const [to, body] of turn.outbox) {
        const envelope = { round: turn.round, from, to };
        run.observe?.(envelope, body);
        const arrived = run.tamper === undefined ? body : run.tamper(envelope, body.slice());
        if (arrived !== undefined) mail.get(to)?.set(from, arrived);
      }
    }
    for (const [party] of current) {
      const machine = machines.get(party) as Machine<Output>;
      const given = mail.get(party) as Map<ShareIndex, Uint8Array>;
      if (machine.peers.some((peer) => !given.has(peer))) continue;
      const senders = run.order?.([...given.keys()]) ?? [...given.keys()];
      const inbox = new Map(senders.map((from) => [from, given.get(from) as Uint8Array]));
      advance(party, () => {
        const turn = machine.deliver(inbox, entropy(party));
        if (turn.kind !== "guard") return turn;
        const verdict = machine.check();
        run.onVerdict?.(party, verdict);
        return machine.resume(entropy(party));
      });
    }
  }
  return outcomes;
}

export function outputOf<Output>(outcomes: Outcomes<Output>, party: ShareIndex): Output {
  const outcome = outcomes.get(party);
  if (outcome === undefined) throw new Error(`party ${party} waits for a message`);
  if ("error" in outcome) throw outcome.error;
  return outcome.output;
}

export function errorOf<Output>(outcomes: Outcomes<Output>, party: ShareIndex): CovaultError | undefined {
  const outcome = outcomes.get(party);
  return outcome !== undefined && "error" in outcome ? outcome.error : undefined;
}

export const nonceFrom = (seed: string, parties: readonly ShareIndex[]): Uint8Array =>
  sessionNonce(new Map(parties.map((party) => [party, bytesFrom(`${seed}/contribution/${party}`)])));

export function keygenMachines(parties: readonly ShareIndex[], threshold: number, seed: string): Machines<{ share: KeyShare }> {
  const nonce = nonceFrom(seed, parties);
  const members = parties.map((index) => ({ index, idpk: bytesFrom(`idpk/${index}`) }));
  return new Map(parties.map((self) => [self, keygenMachine({ self, threshold, members, nonce })]));
}

/** Gives the key shares of a fresh t-of-n key. */
export function makeKey(parties: readonly number[], threshold: number, seed: string): ReadonlyMap<ShareIndex, KeyShare> {
  const indices = parties.map(idx);
  const outcomes = runSession(keygenMachines(indices, threshold, seed), { seed });
  return new Map(indices.map((party) => [party, outputOf(outcomes, party).share]));
}

export interface Signing {
  readonly signers: readonly ShareIndex[];
  readonly digest: Uint8Array;
  readonly tweak?: Uint8Array;
  readonly seed: string;
}

export function signMachines(shares: ReadonlyMap<ShareIndex, KeyShare>, { signers, digest, tweak, seed }: Signing) {
  const nonce = nonceFrom(seed, signers);
  return new Map(
    signers.map((self) => {
      const share = shares.get(self) as KeyShare;
      return [self, signMachine({ share, signers, digest, tweak: tweak ?? new Uint8Array(32), nonce, burned: [] })];
    }),
  );
}

export interface BatchSigning {
  readonly signers: readonly ShareIndex[];
  readonly items: readonly SignItem[];
  readonly seed: string;
}

export function signBatchMachines(shares: ReadonlyMap<ShareIndex, KeyShare>, { signers, items, seed }: BatchSigning) {
  const nonce = nonceFrom(seed, signers);
  return new Map(
    signers.map((self) => [self, signBatchMachine({ share: shares.get(self) as KeyShare, signers, items, nonce, burned: [] })]),
  );
}
