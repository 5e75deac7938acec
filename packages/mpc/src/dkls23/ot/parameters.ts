// Parameters and stored states of the oblivious transfers (dkls23-spec 1, 2.5).

/** Base OTs per pair, and the length of Delta. */
export const BASE_OTS = 128;
/** xi: OTs per multiplication, kappa + 2 lambda_s with lambda_s = 80. */
export const XI = 416;
/** Scalars per OT: two inputs and the check column. */
export const WIDTH = 3;
/** sigma: bits of the consistency check. */
export const SIGMA = 128;

/** Extension sender's long-term secret: Delta (word string) and, per group, the seed at 1 - Delta_g. */
export interface OtSend {
  readonly delta: Uint8Array;
  /** 128 x 16 bytes. */
  readonly seeds: Uint8Array;
}

/** Extension receiver's long-term secret: both seeds of every group. */
export interface OtRecv {
  /** 128 x (K_0, K_1), 16 bytes each. */
  readonly pairs: Uint8Array;
}

/** What a party stores per partner (dkls23-spec 2.5). */
export interface PairState {
  /** Used when I play Alice against the partner as Bob. */
  readonly send: OtSend;
  /** Used when I play Bob against the partner as Alice. */
  readonly recv: OtRecv;
  readonly zeroSeed: Uint8Array;
}
