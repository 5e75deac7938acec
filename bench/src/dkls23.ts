// The DKLs23 protocols as the benchmarks run them.
import { randomBytes } from "node:crypto";
import {
  type KeyShare,
  keygenMachine,
  onlineMachine,
  presignMachine,
  refreshMachine,
  sessionNonce,
  signBatchMachine,
  signMachine,
} from "@covault/mpc/dkls23";
import { type ShareIndex, shareIndex } from "@covault/mpc/protocol";
import { type Run, runAll } from "./all-parties.ts";

function nonceOf(indices: readonly ShareIndex[]): Uint8Array {
  return sessionNonce(new Map(indices.map((index) => [index, randomBytes(32)])));
}

/** Runs a `t`-of-`n` key generation with the indices 1 to n. */
export function keygen(t: number, n: number): Run<{ share: KeyShare }> {
  const indices = Array.from({ length: n }, (_, k) => shareIndex(k + 1));
  const members = indices.map((index) => ({ index, idpk: randomBytes(32) }));
  const nonce = nonceOf(indices);
  return runAll(indices.map((self) => ({ self, machine: keygenMachine({ self, threshold: t, members, nonce }) })));
}

/** Lets the first t holders sign a random digest. */
export function sign(shares: readonly KeyShare[]) {
  const signing = shares.slice(0, shares[0]?.record.threshold);
  const signers = signing.map((share) => share.record.self);
  const setup = { signers, digest: randomBytes(32), tweak: new Uint8Array(32), nonce: nonceOf(signers), burned: [] };
  return runAll(signing.map((share) => ({ self: share.record.self, machine: signMachine({ ...setup, share }) })));
}

/** Lets the first t holders sign `count` random digests in one session. */
export function signBatch(shares: readonly KeyShare[], count: number) {
  const signing = shares.slice(0, shares[0]?.record.threshold);
  const signers = signing.map((share) => share.record.self);
  const items = Array.from({ length: count }, () => ({ digest: randomBytes(32), tweak: new Uint8Array(32) }));
  const setup = { signers, items, nonce: nonceOf(signers), burned: [] };
  return runAll(signing.map((share) => ({ self: share.record.self, machine: signBatchMachine({ ...setup, share }) })));
}

/** Lets all holders refresh. */
export function refresh(shares: readonly KeyShare[]): Run<{ share: KeyShare }> {
  const indices = shares.map((share) => share.record.self);
  const members = indices.map((index) => ({ index, idpk: randomBytes(32) }));
  const nonce = nonceOf(indices);
  return runAll(shares.map((share) => ({ self: share.record.self, machine: refreshMachine({ share, members, nonce, epochNumber: 1 }) })));
}

/** Makes a signature from presignatures of the first t holders. Only the online step is timed. */
export function online(shares: readonly KeyShare[]) {
  const signing = shares.slice(0, shares[0]?.record.threshold);
  const signers = signing.map((share) => share.record.self);
  const setup = { signers, tweak: new Uint8Array(32), nonce: nonceOf(signers), burned: [] };
  const made = runAll(signing.map((share) => ({ self: share.record.self, machine: presignMachine({ ...setup, share }) })));
  const { epoch } = (signing[0] as KeyShare).record;
  const id = (made.outputs[0] as { id: Uint8Array }).id;
  const request = { id, signers, epoch, digest: randomBytes(32), tweak: new Uint8Array(32), intent: randomBytes(32) };
  const started = performance.now();
  const run = runAll(
    signing.map((share, seat) => ({
      self: share.record.self,
      machine: onlineMachine((made.outputs[seat] as { presignature: Uint8Array }).presignature, request),
    })),
  );
  // The time to open the presignature is a part of it.
  return { ...run, totalMs: performance.now() - started };
}
