// A machine is a protocol that takes bytes and gives bytes. A driver runs it without knowing which
// protocol it is. The typed rounds stand behind it: a machine only decodes, calls the round, and
// encodes.
import type { ShareIndex } from "./share-index.ts";

/**
 * The protocol codes of the message header (dkls23-spec 0.4 and 0.5). FROST has the same codes,
 * since the key says which scheme it is.
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
  "frost-repair": 7,
  "frost-sign": 16,
  "frost-presign": 17,
  "frost-online": 18,
} as const;
export type ProtocolName = keyof typeof protocolCodes;

/** What the driver does next. */
export type Turn<Output> =
  /**
   * The driver sends these bodies, then gives `deliver` the peers' messages of the same round. The
   * bodies are secret, and `wipe` overwrites them.
   */
  | { readonly kind: "exchange"; readonly round: number; readonly outbox: ReadonlyMap<ShareIndex, Uint8Array> }
  /**
   * The driver writes "checking" for all partners durably, then calls `check` (dkls23-spec 9, rule
   * 1).
   */
  | { readonly kind: "guard"; readonly partners: readonly ShareIndex[] }
  | { readonly kind: "done"; readonly output: Output };

/**
 * The partners whose OT-extension check passed or failed. The driver burns the failed ones durably
 * before anything else.
 */
export interface Verdict {
  readonly cleared: readonly ShareIndex[];
  readonly failed: readonly ShareIndex[];
}

/**
 * One session of one protocol for one party. Every method throws `CovaultError`. After a throw, and
 * after `done`, the machine is dead, its secrets are overwritten, and every call throws
 * `mpc/round-already-used`. A machine is not safe to copy and has no way to go back.
 */
export interface Machine<Output> {
  readonly protocol: ProtocolName;
  /**
   * The session id of the specification (sid or ssid), 32 bytes. It goes into every message's
   * header.
   */
  readonly sid: Uint8Array;
  /** All members but this party, ascending. */
  readonly peers: readonly ShareIndex[];
  /** The number of exchanges. Rounds are numbered 1..rounds. */
  readonly rounds: number;
  /**
   * Gives the exact length of the body that `peer` sends in `round`. A driver drops anything else
   * before buffering.
   */
  bodyBytes(round: number, peer: ShareIndex): number;
  /** Runs round 1. `entropy` is 32 fresh random bytes, as in every call. */
  start(entropy: Uint8Array): Turn<Output>;
  /** Takes all peers' bodies of the current round, and gives the next turn. */
  deliver(inbox: ReadonlyMap<ShareIndex, Uint8Array>, entropy: Uint8Array): Turn<Output>;
  /**
   * Gives the verdict after a `guard` turn. If any partner failed, the driver burns it, and
   * `resume` then throws the cheat error.
   */
  check(): Verdict;
  /** Gives the next turn after `check`. */
  resume(entropy: Uint8Array): Turn<Output>;
  /**
   * Gives the state at rest after the last `exchange` turn, which is secret. Throws
   * `mpc/not-storable` for a protocol whose state is never stored, such as signing.
   */
  snapshot(): Uint8Array;
  /**
   * Ends the session wherever it stands. Overwrites the secrets of its state, and the bodies of
   * every outbox that it gave out. Call it at every end, when nothing of them is to be sent any
   * more.
   */
  wipe(): void;
}
