// Every field of every message is told with the lies of this file.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import type { Layout } from "../src/protocol/encoding/layout.ts";
import { bytesFrom } from "./simulation.ts";

/** What a field holds. A list is a sequence of 64-byte points or 32-byte scalars. */
export type Kind = "bytes" | "points" | "scalars" | "proof";
export const lies = ["flip", "other", "zero", "non-canonical", "replay"] as const;
export type Lie = (typeof lies)[number];

export interface Target {
  readonly field: string;
  readonly kind: Kind;
  readonly layout: Layout<string>;
}

/** Gives `body` with one field changed. `old` is the same message of an earlier session. */
export function tell(lie: Lie, { field, kind, layout }: Target, body: Uint8Array, old: Uint8Array, seed: string): Uint8Array {
  const names = Object.keys(layout);
  const at = names.slice(0, names.indexOf(field)).reduce((sum, name) => sum + (layout[name] as number), 0);
  const length = layout[field] as number;
  if (length === 0) throw new Error(`${field} is absent from this message`);
  const random = bytesFrom(`${seed}/${lie}/${field}`);
  const lied = body.slice();
  const view = lied.subarray(at, at + length);
  const point = kind === "points" || kind === "proof";
  if (lie === "flip") {
    const bit = ((random[0] as number) * 256 + (random[1] as number)) % (8 * length);
    view[bit >> 3] = (view[bit >> 3] as number) ^ (1 << (bit & 7));
  } else if (lie === "other") view.set(point ? pointFrom(random) : kind === "scalars" ? scalarFrom(random) : random.subarray(0, length));
  else if (lie === "zero") view.fill(0);
  else if (lie === "non-canonical") view.fill(255, 0, point ? 64 : 32);
  else view.set(old.subarray(at, at + length));
  return lied;
}

const pointFrom = (seed: Uint8Array): Uint8Array => secp256k1.getPublicKey(seed, false).slice(1);
const scalarFrom = (seed: Uint8Array): Uint8Array => seed.map((byte, k) => (k === 0 ? byte & 127 : byte));

/** These are the lies about a whole body. */
export const truncated = (body: Uint8Array): Uint8Array => body.slice(0, -1);
export const extended = (body: Uint8Array): Uint8Array => Uint8Array.from([...body, 0]);

/**
 * Gives the names of every field of the layouts, which must all have rows, so that none is
 * forgotten.
 */
export function fieldsOf(layouts: readonly Layout<string>[]): string[] {
  return layouts.flatMap((layout, k) => Object.keys(layout).map((name) => `R${k + 1}.${name}`));
}
