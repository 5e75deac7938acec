// What a release's system has lived through before its databases are kept, and what every later
// version must still do on them: give the same answers, sign with every key, and take each key on
// to its next epoch.
import { setTimeout as pause } from "node:timers/promises";
import { ed25519 } from "@noble/curves/ed25519.js";
import { schnorr } from "@noble/curves/secp256k1.js";
import { recoverAddress } from "viem";
import { expect } from "vitest";
import type { Answer } from "../system.ts";

export type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

export interface KeptAccount {
  readonly id: string;
  readonly scheme: string;
  readonly public_key: string;
  readonly addresses: Readonly<Record<string, string>>;
  readonly epoch: number;
}
/** A request that was answered, with a key under which it is answered alike for ever. */
export interface KeptRequest {
  readonly path: string;
  readonly body: unknown;
  readonly key: string;
  readonly status: number;
  readonly answer: unknown;
}
export interface Life {
  readonly accounts: readonly KeptAccount[];
  readonly requests: readonly KeptRequest[];
}

const digest = `0x${"a5".repeat(32)}`;
const schemes = ["ecdsa-secp256k1", "eddsa-ed25519", "schnorr-bip340"] as const;
const sessionEndsWithinMs = 90_000;
const restoredWithinMs = 120_000;

/**
 * Makes a key of every scheme, signs with each, and takes each on by a refresh. The first one has a
 * pair that is renewed, and is reshared.
 */
export async function live(call: Call): Promise<Life> {
  const requests: KeptRequest[] = [];
  const ask = async (path: string, body: unknown, key: string, expected: number): Promise<Answer> => {
    const { status, body: answer } = await call("POST", path, body, { "idempotency-key": key });
    expect(status, JSON.stringify(answer)).toBe(expected);
    // An account that is asked for again is shown as it is by then.
    requests.push({ path, body, key, status, answer: status === 201 ? { id: answer.id } : answer });
    return { status, body: answer };
  };
  const ids: string[] = [];
  for (const scheme of schemes) {
    const { body } = await ask("/api/v1/accounts", { user_id: "kept", name: `A key for ${scheme}`, scheme }, `account-${scheme}`, 201);
    ids.push(body.id);
    await ask(`/api/v1/accounts/${body.id}/sign`, { message: digest }, `first-${scheme}`, 200);
    await ends(call, await ask(`/api/v1/accounts/${body.id}/refresh`, {}, `refresh-${scheme}`, 202));
    await ask(`/api/v1/accounts/${body.id}/sign`, { message: digest, derivation_path: "m/0/5" }, `second-${scheme}`, 200);
  }
  const [first] = ids;
  await ends(call, await ask(`/api/v1/accounts/${first}/renew`, { parties: ["server-party-1", "server-party-3"] }, "renew", 202));
  await ask(`/api/v1/accounts/${first}/sign`, { message: digest }, "renewed", 200);
  const smaller = { leave_out: ["server-party-2"], threshold_n: 2, force: "2-of-2" };
  await ends(call, await ask(`/api/v1/accounts/${first}/reshare`, smaller, "reshare", 202));
  return { accounts: await Promise.all(ids.map((id) => shown(call, id))), requests: requests.filter(({ status }) => status !== 202) };
}

/** Holds a system that was started on what a release left to all that it left. */
export async function goesOn(call: Call, { accounts, requests }: Life): Promise<void> {
  for (const kept of accounts) expect(await shown(call, kept.id)).toEqual(kept);
  for (const { path, body, key, status, answer } of requests) {
    const again = await call("POST", path, body, { "idempotency-key": key });
    expect([path, again.status, again.body]).toEqual([path, status, expect.objectContaining(answer as object)]);
  }
  for (const kept of accounts) {
    await signs(call, kept);
    await ends(call, await call("POST", `/api/v1/accounts/${kept.id}/refresh`, {}));
    expect(await shown(call, kept.id)).toEqual({ ...kept, epoch: kept.epoch + 1 });
    await signs(call, kept);
  }
}

/**
 * Asks for a signature, and verifies it by a library that is not ours. Parties that were restored
 * refuse what is asked for in their first minute, so that it is asked for again.
 */
async function signs(call: Call, { id, scheme, public_key, addresses }: KeptAccount): Promise<void> {
  const deadline = performance.now() + restoredWithinMs;
  let { status, body } = await call("POST", `/api/v1/accounts/${id}/sign`, { message: digest });
  while (status === 502 && performance.now() < deadline) {
    await pause(1_000);
    ({ status, body } = await call("POST", `/api/v1/accounts/${id}/sign`, { message: digest }));
  }
  expect(status, JSON.stringify(body)).toBe(200);
  const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.slice(2), "hex"));
  const { hex } = body.signature;
  if (scheme === "ecdsa-secp256k1")
    expect(await recoverAddress({ hash: digest as `0x${string}`, signature: hex as `0x${string}` })).toBe(addresses.evm);
  else {
    const { verify } = scheme === "eddsa-ed25519" ? ed25519 : schnorr;
    expect(verify(bytes(hex), bytes(digest), bytes(public_key)), scheme).toBe(true);
  }
}

async function shown(call: Call, id: string): Promise<KeptAccount> {
  const { body } = await call("GET", `/api/v1/accounts/${id}`);
  const { body: keys } = await call("GET", `/api/v1/accounts/${id}/keys`);
  const [{ scheme, public_key, epoch }] = keys.keys;
  return { id, scheme, public_key, addresses: body.addresses, epoch };
}

async function ends(call: Call, { status, body }: Answer): Promise<void> {
  expect(status, JSON.stringify(body)).toBe(202);
  const deadline = performance.now() + sessionEndsWithinMs;
  for (;;) {
    const { body: session } = await call("GET", `/api/v1/sessions/${body.session_id}`);
    if (session.status === "completed") return;
    expect(["open", "running", "staged"], JSON.stringify(session)).toContain(session.status);
    expect(performance.now(), JSON.stringify(session)).toBeLessThan(deadline);
    await pause(200);
  }
}
