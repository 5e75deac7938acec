// All randomness of a round from 32 bytes of entropy, hedged with the party's secret and the session (dkls23-spec 0.6): a
// machine image that is forked, or a random generator that repeats itself, does not repeat a nonce in another session.
import { CovaultError } from "@covault/errors";
import { ascii, TH, u32 } from "./hash.ts";
import { fromBytesMod, isZero, type Scalar } from "./scalar.ts";

export class Tape {
  readonly #entropy: Uint8Array;
  readonly #secret: Uint8Array;
  readonly #sid: Uint8Array;
  readonly #label: Uint8Array;
  #counter = 0;

  /** `entropy`: 32 fresh bytes. `secret`: be32(s_i), or empty before there is a share. `label`: one per use, e.g. "round1". */
  constructor(entropy: Uint8Array, secret: Uint8Array, sid: Uint8Array, label: string) {
    this.#entropy = new Uint8Array(entropy);
    this.#secret = new Uint8Array(secret);
    this.#sid = new Uint8Array(sid);
    this.#label = ascii(label);
  }

  #block(): Uint8Array {
    if (Number.isNaN(this.#counter)) throw new CovaultError("mpc/invariant", "The tape has been erased.");
    return TH("hedge", this.#entropy, this.#secret, this.#sid, this.#label, u32(this.#counter++));
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) out.set(this.#block().subarray(0, Math.min(32, length - at)), at);
    return out;
  }

  /** Uniform mod q up to a bias of 2^-128. */
  scalar(): Scalar {
    return fromBytesMod(this.#block());
  }

  nonzeroScalar(): Scalar {
    for (;;) {
      const s = this.scalar();
      if (!isZero(s)) return s;
    }
  }

  /** The end: whoever finds the seed finds every nonce. */
  erase(): void {
    this.#entropy.fill(0);
    this.#secret.fill(0);
    this.#counter = Number.NaN;
  }
}
