// The FROST protocols as the benchmarks run them.
import { randomBytes } from "node:crypto";
import { type FrostKeyShare, frostKeygenMachine, frostSignMachine, type Scheme, sessionNonce } from "@covault/mpc/frost";
import { type ShareIndex, shareIndex } from "@covault/mpc/protocol";
import { type Run, runAll } from "./all-parties.ts";

function nonceOf(indices: readonly ShareIndex[]): Uint8Array {
  return sessionNonce(new Map(indices.map((index) => [index, randomBytes(32)])));
}

/** Runs a `t`-of-`n` key generation with the indices 1 to n. */
export function keygen(scheme: Scheme, t: number, n: number): Run<{ share: FrostKeyShare }> {
  const indices = Array.from({ length: n }, (_, k) => shareIndex(k + 1));
  const members = indices.map((index) => ({ index, idpk: randomBytes(32) }));
  const nonce = nonceOf(indices);
  return runAll(indices.map((self) => ({ self, machine: frostKeygenMachine(scheme, { self, threshold: t, members, nonce }) })));
}

/** Lets the first t holders sign 32 random bytes. */
export function sign(shares: readonly FrostKeyShare[]) {
  const signing = shares.slice(0, shares[0]?.record.threshold);
  const signers = signing.map((share) => share.record.self);
  const setup = { signers, message: randomBytes(32), nonce: nonceOf(signers) };
  return runAll(signing.map((share) => ({ self: share.record.self, machine: frostSignMachine({ ...setup, share }) })));
}
