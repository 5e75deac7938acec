// An exposure says that the whole key has been in one place: it came in by an import, or went out
// by an export. A record says so for good, and so do the records that its holder gets in every
// later generation. An exposure is each holder's own knowledge, and no part of what a session
// agrees on. A newcomer knows what it is told with the key (from the signed intent), or nothing.

import { oneOf, optional, type Read } from "./inputs.ts";

/** The exposures, with their codes. */
const exposures = { imported: 1, exported: 2 } as const;
export type Exposure = keyof typeof exposures;
export const exposure: Read<Exposure | undefined> = optional(oneOf("imported", "exported"));

/**
 * Gives a code of 4 bits, with the exposure's above it. Of a key that never was in one place it is
 * the code itself.
 */
export const exposedByte = (code: number, exposed: Exposure | undefined): number =>
  code + 16 * (exposed === undefined ? 0 : exposures[exposed]);

/**
 * Splits the byte again. Throws `RangeError`, which readers of stored bytes turn into their own
 * error.
 */
export function readExposedByte(byte: number): { readonly code: number; readonly exposed: Exposure | undefined } {
  const above = byte >> 4;
  const exposed = (Object.keys(exposures) as Exposure[]).find((name) => exposures[name] === above);
  if (above !== 0 && exposed === undefined) throw new RangeError(`exposure ${above} is unknown`);
  return { code: byte & 15, exposed };
}
