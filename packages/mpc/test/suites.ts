// This file has every suite that key generation runs with, of both families, and keys of each.
import type { DkgSuite, Family, Share } from "../src/dkg/index.ts";
import { dkls23 } from "../src/dkls23/key-share.ts";
import type { Scheme } from "../src/frost/index.ts";
import { frost } from "../src/frost/key-share.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { makeKey as makeFrostKey } from "./frost/cast.ts";
import { makeKey } from "./simulation.ts";

export const families = [dkls23, frost] as unknown as readonly Family[];
export const dkgSuites: readonly DkgSuite[] = families.flatMap(({ suites }) => suites);

export const familyOf = (suite: DkgSuite): Family => families.find(({ suites }) => suites.includes(suite)) as Family;

/** Gives the shares of a t-of-n key of this suite. */
export const makeKeyOf = (suite: DkgSuite, parties: readonly number[], t: number, seed: string): ReadonlyMap<ShareIndex, Share> =>
  suite.scheme === "ecdsa-secp256k1" ? makeKey(parties, t, seed) : makeFrostKey(suite.scheme as Scheme, parties, t, seed);
