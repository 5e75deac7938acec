// Whether the whole key has been in one place: it came in by an import, or went out by an export. A record says so for good, and so do those of
// every later generation; it is each holder's own knowledge, and no part of what a session agrees on.
import { type Suite, suiteOfCode } from "../suite/index.ts";

/** By code. */
const exposures = { imported: 1, exported: 2 } as const;
export type Exposure = keyof typeof exposures;

/** The first byte of stored records and contexts: the code of the suite, and above it the exposure's. */
export const schemeByte = ({ code }: Suite, exposed: Exposure | undefined): number =>
  code + 16 * (exposed === undefined ? 0 : exposures[exposed]);

/** Throws `RangeError`. */
export function readSchemeByte(byte: number): { readonly suite: Suite; readonly exposed: Exposure | undefined } {
  const code = byte >> 4;
  const exposed = (Object.keys(exposures) as Exposure[]).find((name) => exposures[name] === code);
  if (code !== 0 && exposed === undefined) throw new RangeError(`exposure ${code} is unknown`);
  return { suite: suiteOfCode(byte & 15), exposed };
}
