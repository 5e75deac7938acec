// This file has the ciphersuites by name.
import { oneOf } from "../../protocol/encoding/inputs.ts";
import { ed25519 } from "./ed25519.ts";
import type { Suite } from "./suite.ts";
import { taproot } from "./taproot.ts";

export type { Element, Group, Scalar } from "../../group/group.ts";
export { ed25519 } from "./ed25519.ts";
export { messageBytesMax, type Suite } from "./suite.ts";
export { taproot } from "./taproot.ts";

export type Scheme = Suite["scheme"];

export const suites: Readonly<Record<Scheme, Suite>> = { "eddsa-ed25519": ed25519, "schnorr-bip340": taproot };

export const schemes = Object.keys(suites) as Scheme[];

/** Gives the suite of a scheme. Throws `mpc/bad-setup` for a name that is no scheme. */
export const suiteOf = (scheme: Scheme): Suite => suites[oneOf(...schemes)(scheme, "scheme")];
