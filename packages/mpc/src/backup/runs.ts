// One run of the cut and choose has a random r, its element R = r B, and r sealed to the recipient
// by hashed ElGamal. Everything follows from a seed of 16 bytes, so an opened run is its seed.

import type { Element, Scalar } from "../frost/suite/index.ts";
import { u16 } from "../kernel/bytes.ts";
import * as point from "../kernel/point.ts";
import * as scalar from "../kernel/scalar.ts";
import { type Opened, TH } from "./statement.ts";

export const SEED_BYTES = 16;

/** What both sides know of a run before the challenge. */
export interface Cover {
  readonly R: Element;
  /** The point ρ G, compressed, 33 bytes. */
  readonly E: Uint8Array;
  /** The scalar r xor a mask that follows from ρ P, 32 bytes. */
  readonly c: Uint8Array;
}

export interface Run extends Cover {
  readonly seed: Uint8Array;
  /** The scalar r. It is secret until the run is opened, and for ever if the run stays closed. */
  readonly r: Scalar;
}

export function runOf({ group, P }: Opened, label: Uint8Array, k: number, seed: Uint8Array): Run {
  const derive = (tag: "nonce/0" | "nonce/1" | "ephemeral"): Uint8Array => TH(tag, label, u16(k), seed);
  const r = group.reduce(Uint8Array.of(...derive("nonce/0"), ...derive("nonce/1")));
  const ephemeral = scalar.fromBytesMod(derive("ephemeral"));
  const E = point.encode33(point.mulBase(ephemeral));
  return { seed, r, R: group.mulBase(r), E, c: masked(label, k, E, point.mul(P, ephemeral), r) };
}

/** Gives `value` xor the mask of the run. The same function seals and opens. */
export function masked(label: Uint8Array, k: number, E: Uint8Array, shared: point.Point, value: Uint8Array): Uint8Array {
  const mask = TH("mask", label, u16(k), E, point.encode33(shared));
  return value.map((byte, i) => byte ^ (mask[i] as number));
}

/** Gives the challenge, which is a hash of every run's R, E and c. */
export function challengeOf({ group }: Opened, label: Uint8Array, covers: readonly Cover[]): Uint8Array {
  const encoded = group.encode(covers.map(({ R }) => R));
  return TH("challenge", label, ...covers.map(({ E, c }, k) => TH("run", u16(k), encoded[k] as Uint8Array, E, c)));
}
