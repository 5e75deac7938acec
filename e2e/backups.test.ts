// Sealed backups on the whole system, as docs/operations.md tells it: a recipient's key is made
// offline, parties seal to it after a keygen and after a refresh, the account service is told, and
// the files alone give the key back.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { privateKeyToAddress } from "viem/accounts";
import { afterAll, expect, it } from "vitest";
import { cleanUp, covault, newDataDir, preparedDataDir, type System, startSystem } from "./system.ts";

const withinMs = 60_000;
afterAll(cleanUp);

function offline(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [covault, ...args, "--json"], { cwd: newDataDir(), encoding: "utf8" });
  return { status, stderr, json: stdout === "" ? undefined : JSON.parse(stdout) };
}

/** Asks until all three holders have sealed their shares of this epoch. */
async function backedUp(system: System, id: string, epoch: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const { status, body } = await system.call("POST", `/api/v1/accounts/${id}/backups`, {});
    expect(status, JSON.stringify(body)).toBe(200);
    const [key] = body.keys;
    const sealed = key.parties.filter(({ copies }: { copies: object[] }) => copies.length === 1);
    if (key.epoch === epoch && key.backed_up && sealed.length === 3) return;
    expect(performance.now(), JSON.stringify(body)).toBeLessThan(deadline);
    await pause(200);
  }
}

it("are made, checked, replaced by a refresh, and joined to the account's private key", async () => {
  const [dataDir, place] = [await preparedDataDir(), newDataDir()];
  const keyFile = join(place, "recipient.key");
  const { json: made } = offline("backup", "key", keyFile);
  const folder = join(place, "backups");
  const system = await startSystem({ dataDir, env: { BACKUP_RECIPIENTS: made.public_key, BACKUP_DIR: folder } });
  const account = (await system.call("POST", "/api/v1/accounts", { user_id: "backups" })).body;
  await backedUp(system, account.id, 0);
  expect((await system.call("GET", `/api/v1/accounts/${account.id}/keys`)).body.keys[0].backed_up).toBe(true);
  // The first start has made an account of its own as well.
  const ofKey = (): string[] => readdirSync(folder).filter((name) => name.startsWith(account.keys[0].key_id.slice(2)));
  const first = ofKey();
  expect(first).toHaveLength(3);
  const paths = (): string[] => ofKey().map((name) => join(folder, name));
  expect(offline("backup", "check", ...paths())).toMatchObject({
    status: 0,
    json: { keys: [{ account_id: account.id, backed_up: true }] },
  });

  const begun = await system.call("POST", `/api/v1/accounts/${account.id}/refresh`, {});
  expect(begun.status, JSON.stringify(begun.body)).toBe(202);
  const deadline = performance.now() + withinMs;
  while ((await system.call("GET", `/api/v1/sessions/${begun.body.session_id}`)).body.status !== "completed") {
    expect(performance.now()).toBeLessThan(deadline);
    await pause(200);
  }
  await backedUp(system, account.id, 1);
  const second = ofKey();
  expect(second).toHaveLength(3);
  expect(second.filter((name) => first.includes(name))).toEqual([]);
  expect(await system.end("SIGINT")).toBe(0);

  const { status, json } = offline("backup", "check", ...paths());
  expect([status, json.faults, json.keys[0].epochs.map((epoch: { epoch_number: number }) => epoch.epoch_number)]).toEqual([0, [], [1]]);
  const out = join(place, "private.json");
  const joined = offline("recover-key", ...paths(), "--key", keyFile, "--i-know-this-ends-threshold-protection", "--out", out);
  expect(joined, joined.stderr).toMatchObject({ status: 0 });
  const { private_key, account_id } = JSON.parse(readFileSync(out, "utf8"));
  expect([privateKeyToAddress(`0x${private_key}`), account_id]).toEqual([account.addresses.evm, account.id]);
  // Neither the private key nor the recipient's is anywhere in what the system said.
  const { secret_key } = JSON.parse(readFileSync(keyFile, "utf8"));
  for (const secret of [private_key, secret_key]) expect(system.output()).not.toContain(secret);
});
