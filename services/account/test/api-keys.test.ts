// These tests use API keys that an operator makes beside the running service.
import { memoryRateLimit } from "@covault/service-kit/messages";
import { beforeAll, describe, expect, it } from "vitest";
import { embeddedDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { type ApiKeyRequest, type ApiKeys, openApiKeys } from "../src/index.ts";
import { rowKeys, testSystem } from "./system.ts";

const system = await testSystem();
const limited = await testSystem({}, embeddedDatabase, [], undefined, { store: memoryRateLimit(), callsPerMinute: 3 });
const request: ApiKeyRequest = { tenantId: "default", label: "billing", expiresAt: null, newTenant: false };
let now = Date.now();
let keys: ApiKeys;
beforeAll(async () => {
  await system.createAccount({ user_id: "alice" });
  keys = await openApiKeys(system.database, rowKeys, () => now);
});

const status = async (secret: string) => (await system.call("GET", "/api/v1/accounts", undefined, { "x-api-key": secret })).status;
const listed = async (id: string) => (await keys.list()).find((key) => key.id === id);

it("each key has a limit of its own, also beside another one of its tenant and the configured one", async () => {
  const made = await openApiKeys(limited.database, rowKeys);
  const [one, two] = [(await made.create(request)).secret, (await made.create(request)).secret];
  const calls = async (secret?: string) => {
    const answers = [];
    for (let call = 0; call < 5; call++)
      answers.push((await limited.call("GET", "/api/v1/accounts", undefined, secret === undefined ? {} : { "x-api-key": secret })).status);
    return answers;
  };
  for (const secret of [one, two, undefined]) expect(await calls(secret)).toEqual([200, 200, 200, 429, 429]);
});

describe("covault api-key", () => {
  it("makes a key that the running service takes, and stores nothing of it but its hash", async () => {
    const { key, secret } = await keys.create(request);
    expect(secret).toMatch(/^covault_[0-9a-f]{64}$/);
    expect(await status(secret)).toBe(200);
    expect(await listed(key.id)).toEqual({ ...key, status: "active", tenantId: "default", label: "billing" });
    const rows = JSON.stringify(
      (await system.db.selectFrom("api_keys").selectAll().execute()).map((row) => Object.values(row).map(String)),
    );
    expect(rows).not.toContain(secret.slice(8));
    expect((await keys.create(request)).secret).not.toBe(secret);
  });

  it("revokes it: 401 from the next call on, once and for all", async () => {
    const { key, secret } = await keys.create(request);
    expect(await status(secret)).toBe(200);
    const revoked = await keys.revoke(key.id);
    expect(await status(secret)).toBe(401);
    now += 5_000;
    expect(await keys.revoke(key.id)).toEqual(revoked);
    expect(await listed(key.id)).toMatchObject({ status: "revoked", revokedAt: revoked.revokedAt });
  });

  it("makes a key that ends by itself", async () => {
    const { key, secret } = await keys.create({ ...request, expiresAt: new Date(Date.now() + 600) });
    expect(await status(secret)).toBe(200);
    await expect.poll(() => status(secret), { timeout: 5_000 }).toBe(401);
    now = Date.now() + 1_000;
    expect(await listed(key.id)).toMatchObject({ status: "expired" });
  });

  it("keeps tenants apart, and makes one only when told to", async () => {
    const shop = { ...request, tenantId: "shop" };
    await expect(keys.create(shop)).rejects.toMatchObject({ code: "account/unknown-tenant" });
    const { secret } = await keys.create({ ...shop, newTenant: true });
    const seen = (key: string) => system.call("GET", "/api/v1/accounts", undefined, { "x-api-key": key });
    expect((await seen(secret)).body.accounts).toEqual([]);
    expect((await seen((await keys.create(request)).secret)).body.accounts).toHaveLength(1);
    expect(await status((await keys.create(shop)).secret)).toBe(200);
    const before = await keys.list();
    await expect(keys.create({ ...shop, newTenant: true })).rejects.toMatchObject({ code: "account/tenant-exists" });
    await expect(keys.create({ ...request, newTenant: true })).rejects.toMatchObject({ code: "account/tenant-exists" });
    expect(await keys.list()).toEqual(before);
    await expect(keys.revoke("key_0")).rejects.toMatchObject({ code: "account/unknown-api-key" });
  });

  it("shows a row that somebody altered as such, and revokes it no more than the service believes it", async () => {
    const { key, secret } = await keys.create(request);
    await system.db.updateTable("api_keys").set({ tenant_id: "shop" }).where("api_key_id", "=", key.id).execute();
    expect(await listed(key.id)).toMatchObject({ status: "altered" });
    await expect(keys.revoke(key.id)).rejects.toMatchObject({ code: "account/altered-row" });
    expect(await status(secret)).toBe(500);
  });

  it("does nothing under a ROW_KEY that the database was not written with", async () => {
    await expect(openApiKeys(system.database, { current: new Uint8Array(32).fill(7), also: [] })).rejects.toMatchObject({
      code: "account/wrong-row-key",
    });
  });
});
