// The ciphersuites by name and by code.
import { oneOf } from "../../protocol/encoding/inputs.ts";
import { ed25519 } from "./ed25519.ts";
import type { Suite } from "./suite.ts";
import { taproot } from "./taproot.ts";

export { ed25519 } from "./ed25519.ts";
export type { Element, Group, Scalar } from "./group.ts";
export { messageBytesMax, type Suite } from "./suite.ts";
export { taproot } from "./taproot.ts";

export type Scheme = Suite["scheme"];

export const suites: Readonly<Record<Scheme, Suite>> = { "eddsa-ed25519": ed25519, "schnorr-bip340": taproot };

export const schemes = Object.keys(suites) as Scheme[];

/** Throws `mpc/bad-setup` for a name that is not typed. */
export const suiteOf = (scheme: Scheme): Suite => suites[oneOf(...schemes)(scheme, "scheme")];

/** Throws `RangeError`; readers of stored bytes turn it into their own error. */
export function suiteOfCode(code: number): Suite {
  const suite = Object.values(suites).find((each) => each.code === code);
  if (suite === undefined) throw new RangeError(`suite ${code} is unknown`);
  return suite;
}
