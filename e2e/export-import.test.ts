// A key leaves one system as a whole and comes into another one, as docs/exports.md and
// docs/imports.md tell it: with the commands, on the whole system, and checked by another library.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { hexToBytes } from "@noble/curves/utils.js";
import { privateKeyToAddress } from "viem/accounts";
import { afterAll, expect, it } from "vitest";
import { cleanUp, covault, newDataDir, preparedDataDir, type System, startSystem } from "./system.ts";

afterAll(cleanUp, 120_000);

const place = newDataDir();
function run(system: System | undefined, ...args: string[]) {
  const env = system === undefined ? {} : { COVAULT_URL: system.accountUrl, MPC_API_KEY: system.apiKey() };
  const { status, stdout, stderr } = spawnSync(process.execPath, [covault, ...args, "--json"], {
    cwd: place,
    encoding: "utf8",
    env: { PATH: process.env.PATH ?? "", ...env },
  });
  return { status, stderr, json: stdout === "" ? undefined : JSON.parse(stdout) };
}
const keys = async (system: System, id: string) => (await system.call("GET", `/api/v1/accounts/${id}/keys`)).body.keys;
const signs = async (system: System, id: string, publicKey: string) => {
  const digest = "ab".repeat(32);
  const { status, body } = await system.call("POST", `/api/v1/accounts/${id}/sign`, { digest });
  expect(status, JSON.stringify(body)).toBe(200);
  const signature = hexToBytes(`${body.signature.r.slice(2)}${body.signature.s.slice(2)}`);
  return secp256k1.verify(signature, hexToBytes(digest), hexToBytes(publicKey.slice(2)), { prehash: false });
};

it("an exported key is the account's, and imported it signs as an account of another system", async () => {
  const keyFile = join(place, "recipient.key");
  const { json: made } = run(undefined, "backup", "key", keyFile);
  const first = await startSystem({ dataDir: await preparedDataDir(), env: { ALLOW_EXPORT: "true", EXPORT_RECIPIENTS: made.public_key } });
  const account = (await first.call("POST", "/api/v1/accounts", { user_id: "leaves" })).body;
  const folder = join(place, "exported");
  const stranger = run(first, "export", account.id, "--recipient", "5a".repeat(32), "--reason", "theft", "--out", folder);
  expect([stranger.status, JSON.parse(stranger.stderr).code]).toEqual([2, "account/export-refused"]);
  expect((await keys(first, account.id))[0].exposed).toBeNull();
  const exported = run(first, "export", account.id, "--recipient", made.public_key, "--reason", "leaving", "--out", folder);
  expect(exported, exported.stderr).toMatchObject({ status: 0, json: { status: "completed", kind: "export" } });
  expect(readdirSync(folder).length).toBeGreaterThanOrEqual(2);
  expect((await keys(first, account.id))[0].exposed).toBe("exported");
  expect(await signs(first, account.id, account.public_key)).toBe(true);
  expect(await first.end("SIGINT")).toBe(0);

  const out = join(place, "private.json");
  const joined = run(undefined, "recover-key", folder, "--key", keyFile, "--i-know-this-ends-threshold-protection", "--out", out);
  expect(joined, joined.stderr).toMatchObject({ status: 0 });
  const { private_key } = JSON.parse(readFileSync(out, "utf8"));
  expect(privateKeyToAddress(`0x${private_key}`)).toBe(account.addresses.evm);
  expect(first.output()).not.toContain(private_key);

  const second = await startSystem({ dataDir: await preparedDataDir(), env: { ALLOW_IMPORT: "true", IMPORT_ALLOWED: "true" } });
  const plain = join(place, "private.hex");
  writeFileSync(plain, `${private_key}\n`, { mode: 0o600 });
  const { roster, rootKey } = rosterOf(second);
  const common = ["import", plain, "--user", "comes", "--party", "server-party-2", "--roster", roster];
  const wrongRoot = run(second, ...common, "--root-key", "ab".repeat(32));
  expect([wrongRoot.status, wrongRoot.json]).toEqual([expect.any(Number), undefined]);
  expect(wrongRoot.status).not.toBe(0);
  const imported = run(second, ...common, "--root-key", rootKey);
  expect(imported, imported.stderr).toMatchObject({ status: 0, json: { status: "active", public_key: account.public_key } });
  expect((await keys(second, imported.json.id))[0].exposed).toBe("imported");
  expect(await signs(second, imported.json.id, account.public_key)).toBe(true);
  expect(await second.end("SIGINT")).toBe(0);
  expect(second.output()).not.toContain(private_key);
  // The whole key is in no file of either system.
  for (const { dataDir } of [first, second])
    for (const bytes of filesBelow(dataDir))
      expect(bytes.includes(Buffer.from(private_key, "hex")) || bytes.includes(private_key)).toBe(false);
}, 300_000);

/**
 * The signed roster of an embedded system, and the public key that signed it, as docs/imports.md
 * has them.
 */
function rosterOf({ dataDir }: System): { roster: string; rootKey: string } {
  const { json } = run(undefined, "keys", "public", join(dataDir, "secrets/root_key"));
  return { roster: join(dataDir, "roster"), rootKey: json.public_key };
}

function filesBelow(folder: string): Buffer[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [readFileSync(path)] : [];
  });
}
