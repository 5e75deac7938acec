// A protocol as bytes in, bytes out: what a driver runs without knowing which protocol it is. The typed rounds stand
// behind it; a machine only decodes, calls the round, and encodes.
import type { ShareIndex } from "./share-index.ts";

/**
 * Protocol codes of the message header (dkls23-spec 0.4 and 0.5). FROST has the same: the key says which scheme it is. `renewal` and `repair` are
 * not built yet; their codes are reserved.
 */
export const protocolCodes = {
  keygen: 1,
  refresh: 2,
  reshare: 3,
  import: 4,
  recovery: 5,
  renewal: 6,
  repair: 7,
  sign: 16,
  presign: 17,
  online: 18,
  "frost-keygen": 1,
  "frost-refresh": 2,
  "frost-reshare": 3,
  "frost-import": 4,
  "frost-recovery": 5,
  "frost-sign": 16,
} as const;
export type ProtocolName = keyof typeof protocolCodes;

/** What the driver does next. */
export type Turn<Output> =
  /** Send these bodies, then `deliver` the peers' messages of the same round. The bodies are secret, and `wipe` overwrites them. */
  | { readonly kind: "exchange"; readonly round: number; readonly outbox: ReadonlyMap<ShareIndex, Uint8Array> }
  /** Write "checking" for all partners durably, then call `check` (dkls23-spec 9, rule 1). */
  | { readonly kind: "guard"; readonly partners: readonly ShareIndex[] }
  | { readonly kind: "done"; readonly output: Output };

/** The partners whose OT-extension check passed or failed. Burn the failed ones durably before anything else. */
export interface Verdict {
  readonly cleared: readonly ShareIndex[];
  readonly failed: readonly ShareIndex[];
}

/**
 * One session of one protocol for one party. Every method throws `CovaultError`; after a throw, or after `done`, the machine
 * is dead, its secrets are overwritten, and every call throws `mpc/round-already-used`. A machine is not safe to copy and has no way to go back.
 */
export interface Machine<Output> {
  readonly protocol: ProtocolName;
  /** Session id of the specification (sid or ssid), 32 bytes. Goes into every message's header. */
  readonly sid: Uint8Array;
  /** Everybody but me, ascending. */
  readonly peers: readonly ShareIndex[];
  /** Number of exchanges. Rounds are numbered 1..rounds. */
  readonly rounds: number;
  /** Exact length of the body that `peer` sends me in `round`. A driver drops anything else before buffering. */
  bodyBytes(round: number, peer: ShareIndex): number;
  /** Round 1. `entropy`: 32 fresh random bytes, as in every call. */
  start(entropy: Uint8Array): Turn<Output>;
  /** All peers' bodies of the current round: the next turn. */
  deliver(inbox: ReadonlyMap<ShareIndex, Uint8Array>, entropy: Uint8Array): Turn<Output>;
  /** After a `guard` turn: the verdict. If anybody failed, burn, then `resume` throws the cheat error. */
  check(): Verdict;
  /** After `check`: the next turn. */
  resume(entropy: Uint8Array): Turn<Output>;
  /** Stored protocols only: the state at rest after the last `exchange` turn, secret. Signing throws `bug`-like usage error: its state is never stored. */
  snapshot(): Uint8Array;
  /**
   * Ends the session wherever it stands and overwrites the secrets of its state, and the bodies of every outbox that it gave out. Call it at every
   * end, when nothing of them is to be sent any more.
   */
  wipe(): void;
}
