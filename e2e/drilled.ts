// What the drills of pairs.test.ts and shares.test.ts have in common: the account that they begin
// with, and what they ask of a system and of the parties' stores.
import { cpSync } from "node:fs";
import { recoverAddress } from "viem";
import { expect } from "vitest";
import type { Store } from "../packages/party/src/index.ts";
import { openDatabase } from "../packages/service-kit/src/sql/database.ts";
import { openSqlStore } from "../services/server-party/src/store/sql-store.ts";
import { newDataDir, preparedDataDir, type System, startSystem } from "./system.ts";

const digest = `0x${"5b".repeat(32)}` as const;
export const [one, two, three] = ["server-party-1", "server-party-2", "server-party-3"] as const;
const endsWithinMs = 60_000;

export interface Account {
  readonly id: string;
  readonly addresses: { readonly evm: string };
  readonly keys: readonly { readonly key_id: string; readonly scheme: string; readonly epoch: number }[];
}

async function ended(system: System, begun: { readonly status: number; readonly body: { readonly session_id: string } }) {
  expect(begun.status, JSON.stringify(begun.body)).toBe(202);
  const deadline = performance.now() + endsWithinMs;
  for (;;) {
    const { body: session } = await system.call("GET", `/api/v1/sessions/${begun.body.session_id}`);
    if (session.status === "completed" || session.status === "failed") return session;
    expect(performance.now(), JSON.stringify(session)).toBeLessThan(deadline);
    await new Promise((wake) => setTimeout(wake, 200));
  }
}
/** Asks for a further epoch, a renewal or a repair, and gives its result. */
export async function done(system: System, { id }: Account, kind: string, body: object) {
  const session = await ended(system, await system.call("POST", `/api/v1/accounts/${id}/${kind}`, body));
  expect(session.status, JSON.stringify(session)).toBe("completed");
  return session.result;
}
/** Has two parties sign, and no other. */
export async function choose(system: System, { id }: Account, parties: readonly string[]): Promise<void> {
  const chosen = await system.call("PUT", `/api/v1/accounts/${id}/signing-configuration`, { parties, required: parties });
  expect(chosen.status, JSON.stringify(chosen.body)).toBe(200);
}
export const sign = (system: System, { id }: Account, body: object = {}) =>
  system.call("POST", `/api/v1/accounts/${id}/sign`, { digest, ...body });
export async function signs(system: System, account: Account): Promise<void> {
  const signed = await sign(system, account, { scheme: "ecdsa-secp256k1" });
  expect(signed.status, JSON.stringify(signed.body)).toBe(200);
  expect(await recoverAddress({ hash: digest, signature: signed.body.signature.hex })).toBe(account.addresses.evm);
}
/** Works on the stores of parties while the system is stopped. */
export async function onStores<T>(
  dataDir: string,
  act: (storeOf: (partyId: string) => Promise<Store>, sql: (text: string) => Promise<unknown>) => Promise<T>,
) {
  const database = await openDatabase({ kind: "pglite", dir: dataDir });
  try {
    return await act(
      async (partyId) => (await openSqlStore(database, partyId)).store,
      (text) => database.pool.query(text),
    );
  } finally {
    await database.close();
  }
}
export interface Started {
  readonly dataDir: string;
  readonly account: Account;
  readonly keyId: Uint8Array;
}
/**
 * Makes an account with two keys that has signed, and stops the system. Each call of what it gives
 * lays the data folder out once more, so that every drill begins there.
 */
export async function startedOnce(): Promise<() => Started> {
  const dataDir = await preparedDataDir();
  const system = await startSystem({ dataDir });
  const made = await system.call("POST", "/api/v1/accounts", { user_id: "drill", schemes: ["ecdsa-secp256k1", "schnorr-bip340"] });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const account: Account = made.body;
  await choose(system, account, [one, two]);
  await signs(system, account);
  expect(await system.end("SIGINT")).toBe(0);
  const keyId = new Uint8Array(Buffer.from(account.keys[0]!.key_id.slice(2), "hex"));
  return () => {
    const copy = newDataDir();
    cpSync(dataDir, copy, { recursive: true });
    return { dataDir: copy, account, keyId };
  };
}
/** The pair of two holders, as the store of one of them has it. */
export async function pairAt(store: Store, keyId: Uint8Array, partner: number) {
  const held = await store.committedShare(keyId);
  const pair = held && (await store.pairs(keyId, held.epoch)).find((found) => found.partner === partner);
  if (held === undefined || pair === undefined) throw new Error("the store has no such pair");
  return { name: { keyId, epoch: held.epoch, partner }, pair };
}
