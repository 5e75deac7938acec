// This file has the parameters and the stored states of the oblivious transfers (dkls23-spec 1,
// 2.5).

/** The number of base OTs per pair, and the length of Delta in bits. */
export const BASE_OTS = 128;
/** xi, the number of OTs per multiplication: kappa + 2 lambda_s with lambda_s = 80. */
export const XI = 416;
/** The number of scalars per OT: two inputs and the check column. */
export const WIDTH = 3;
/** sigma, the number of bits of the consistency check. */
export const SIGMA = 128;

/**
 * The long-term secret of an extension sender: Delta (word string) and, per group, the seed at 1 -
 * Delta_g.
 */
export interface OtSend {
  readonly delta: Uint8Array;
  /** The 128 seeds, 16 bytes each. */
  readonly seeds: Uint8Array;
}

/** The long-term secret of an extension receiver: both seeds of every group. */
export interface OtRecv {
  /** The 128 pairs (K_0, K_1), 16 bytes each key. */
  readonly pairs: Uint8Array;
}

/** What a party stores per partner (dkls23-spec 2.5). */
export interface PairState {
  /** The state that this party uses as Alice, with the partner as Bob. */
  readonly send: OtSend;
  /** The state that this party uses as Bob, with the partner as Alice. */
  readonly recv: OtRecv;
  readonly zeroSeed: Uint8Array;
}
