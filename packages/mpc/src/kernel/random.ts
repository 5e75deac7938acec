// All randomness of a round comes from 32 bytes of entropy, hedged with a secret of the party and
// with every input of the round (dkls23-spec 0.6). So a tape never draws one value for two inputs.
// What an earlier round drew answers whatever comes next, so a copy of a signature's state, or of
// the running memory, gives the key away.
import { CovaultError } from "@covault/errors";
import { isBytes } from "./bytes.ts";
import { ascii, TH, u32 } from "./hash.ts";
import { fromBytesMod, isZero, type Scalar } from "./scalar.ts";

export interface TapeInputs {
  /** The entropy of this round, 32 fresh random bytes. */
  readonly entropy: Uint8Array;
  /**
   * The secret that the table of dkls23-spec 0.6 names: a share, the polynomial, or the party's own
   * secret.
   */
  readonly secret: Uint8Array;
  /** The fields of TH(hedge/bound, ..): every input that the round has. */
  readonly bound: readonly Uint8Array[];
  /** The label, one for each row of the table, e.g. "dkg/1". */
  readonly label: string;
}

/**
 * Gives the entropy back. Throws `mpc/bad-setup` for anything but 32 bytes of which one is not
 * zero.
 */
export function checkEntropy(entropy: Uint8Array): Uint8Array {
  if (!isBytes(entropy) || entropy.length !== 32 || entropy.every((byte) => byte === 0))
    throw new CovaultError("mpc/bad-setup", "entropy: expected 32 fresh random bytes");
  return entropy;
}

export class Tape {
  readonly #entropy: Uint8Array;
  readonly #secret: Uint8Array;
  readonly #bound: Uint8Array;
  readonly #label: Uint8Array;
  #counter = 0;

  /** Makes a tape. Throws `mpc/bad-setup` for entropy that is none. */
  constructor({ entropy, secret, bound, label }: TapeInputs) {
    this.#entropy = new Uint8Array(checkEntropy(entropy));
    this.#secret = new Uint8Array(secret);
    this.#bound = TH("hedge/bound", ...bound);
    this.#label = ascii(label);
  }

  #block(): Uint8Array {
    if (Number.isNaN(this.#counter)) throw new CovaultError("mpc/invariant", "The tape has been erased.");
    return TH("hedge", this.#entropy, this.#secret, this.#bound, this.#label, u32(this.#counter++));
  }

  /** Gives the first bytes of the next blocks. Every call begins a new block. */
  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) {
      const block = this.#block();
      out.set(block.subarray(0, Math.min(32, length - at)), at);
      block.fill(0);
    }
    return out;
  }

  /** Gives one block mod q, uniform up to a bias of 2^-128. */
  scalar(): Scalar {
    const block = this.#block();
    const s = fromBytesMod(block);
    block.fill(0);
    return s;
  }

  nonzeroScalar(): Scalar {
    for (;;) {
      const s = this.scalar();
      if (!isZero(s)) return s;
    }
  }

  /**
   * Overwrites the seed of the tape. A finder of the seed finds every value that was drawn from it.
   */
  erase(): void {
    this.#entropy.fill(0);
    this.#secret.fill(0);
    this.#counter = Number.NaN;
  }
}

/** Runs a round on its tape, and erases the tape at the end, whatever the outcome. */
export function withTape<T>(inputs: TapeInputs, draw: (tape: Tape) => T): T {
  const tape = new Tape(inputs);
  try {
    return draw(tape);
  } finally {
    tape.erase();
  }
}
