// Randomness from a seed. The same test twice is the same run. A failing test prints its seed.
import { sha256, utf8 } from "@covault/crypto";
import type { Entropy } from "@covault/party";

export interface Seeded extends Entropy {
  /** Gives a number from 0 to bound - 1. */
  below(bound: number): number;
  /** Gives another stream of the same seed. */
  fork(label: string): Seeded;
}

/** Gives the randomness of a seed. */
export function seeded(seed: string): Seeded {
  let counter = 0;
  const block = (): Uint8Array => sha256(utf8(`${seed}/${counter++}`));
  const bytes = (length: number): Uint8Array => {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) out.set(block().subarray(0, Math.min(32, length - at)), at);
    return out;
  };
  return {
    bytes,
    below: (bound) => new DataView(bytes(4).buffer).getUint32(0) % bound,
    fork: (label) => seeded(`${seed}/${label}`),
  };
}
