// The drills of docs/operations.md for pairs and shares, on the whole system: a burned pair is
// cleared at both ends and renewed, a restored party signs again by itself while another holder is
// away, and a share that was deleted is repaired. The key stays in its epoch through all of it.
import { execFileSync } from "node:child_process";
import { recoverAddress } from "viem";
import { afterAll, expect, it } from "vitest";
import type { Store } from "../packages/party/src/index.ts";
import { openDatabase } from "../packages/service-kit/src/sql/database.ts";
import { openSqlStore, schemaOf } from "../services/server-party/src/store/sql-store.ts";
import { cleanUp, covault, preparedDataDir, type System, startSystem } from "./system.ts";

const digest = `0x${"5b".repeat(32)}` as const;
const [one, two, three] = ["server-party-1", "server-party-2", "server-party-3"] as const;
const endsWithinMs = 60_000;

interface Account {
  readonly id: string;
  readonly addresses: { readonly evm: string };
  readonly keys: readonly { readonly key_id: string; readonly scheme: string; readonly epoch: number }[];
}

afterAll(cleanUp);

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
async function done(system: System, { id }: Account, kind: string, body: object) {
  const session = await ended(system, await system.call("POST", `/api/v1/accounts/${id}/${kind}`, body));
  expect(session.status, JSON.stringify(session)).toBe("completed");
  return session.result;
}
/** Has two parties sign, and no other. */
async function choose(system: System, { id }: Account, parties: readonly string[]): Promise<void> {
  const chosen = await system.call("PUT", `/api/v1/accounts/${id}/signing-configuration`, { parties, required: parties });
  expect(chosen.status, JSON.stringify(chosen.body)).toBe(200);
}
const sign = (system: System, { id }: Account, body: object = {}) =>
  system.call("POST", `/api/v1/accounts/${id}/sign`, { digest, ...body });
async function signs(system: System, account: Account): Promise<void> {
  const signed = await sign(system, account, { scheme: "ecdsa-secp256k1" });
  expect(signed.status, JSON.stringify(signed.body)).toBe(200);
  expect(await recoverAddress({ hash: digest, signature: signed.body.signature.hex })).toBe(account.addresses.evm);
}
/** Works on the stores of parties while the system is stopped. */
async function onStores<T>(
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
async function started(): Promise<{ dataDir: string; account: Account; keyId: Uint8Array }> {
  const dataDir = await preparedDataDir();
  const system = await startSystem({ dataDir });
  const made = await system.call("POST", "/api/v1/accounts", { user_id: "drill", schemes: ["ecdsa-secp256k1", "schnorr-bip340"] });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const account: Account = made.body;
  await choose(system, account, [one, two]);
  await signs(system, account);
  expect(await system.end("SIGINT")).toBe(0);
  return { dataDir, account, keyId: new Uint8Array(Buffer.from(account.keys[0]!.key_id.slice(2), "hex")) };
}
/** The pair of two holders, as the store of one of them has it. */
async function pairAt(store: Store, keyId: Uint8Array, partner: number) {
  const held = await store.committedShare(keyId);
  const pair = held && (await store.pairs(keyId, held.epoch)).find((found) => found.partner === partner);
  if (held === undefined || pair === undefined) throw new Error("the store has no such pair");
  return { name: { keyId, epoch: held.epoch, partner }, pair };
}

it("a burned pair signs again once it is cleared at both ends and renewed, and not before", async () => {
  const { dataDir, account, keyId } = await started();
  const ends = [
    [one, 2],
    [two, 1],
  ] as const;
  // What a failed check leaves in the stores of both ends.
  await onStores(dataDir, async (storeOf) => {
    for (const [partyId, partner] of ends) {
      const store = await storeOf(partyId);
      const { name, pair } = await pairAt(store, keyId, partner);
      const zero = new Uint8Array(32);
      await store.burn(name.epoch, [{ partner, pairId: pair.pairId, reason: "mpc/ot-check-failed", sid: zero, digest: zero }]);
    }
  });
  const burned = await startSystem({ dataDir });
  const refused = await sign(burned, account, { scheme: "ecdsa-secp256k1" });
  expect([refused.status, refused.body.code]).toEqual([502, "account/session-failed"]);
  expect(refused.body.message).toContain("covault pair clear");
  const uncleared = await burned.call("POST", `/api/v1/accounts/${account.id}/renew`, { parties: [one, two] });
  expect([uncleared.status, uncleared.body.code]).toEqual([409, "account/pair-uncleared"]);
  await burned.end("SIGINT");

  // The operator of one end alone cannot clear it for both.
  const clears = (partyId: string, partner: string) =>
    execFileSync(process.execPath, [covault, "pair", "clear", partyId, account.keys[0]!.key_id, partner], {
      env: { PATH: process.env.PATH, DATA_DIR: dataDir },
    });
  clears(one, two);
  const half = await startSystem({ dataDir });
  const still = await half.call("POST", `/api/v1/accounts/${account.id}/renew`, { parties: [one, two] });
  expect([still.body.code, still.body.message]).toEqual(["account/pair-uncleared", expect.stringContaining(`operator of ${two} has not`)]);
  await half.end("SIGINT");
  clears(two, one);

  const system = await startSystem({ dataDir });
  expect(await done(system, account, "renew", { parties: [one, two] })).toMatchObject({ epoch: 0, generation: 1, renewed: [one, two] });
  await signs(system, account);
  await system.end("SIGINT");
}, 240_000);

it("a party whose store was restored signs again by itself while the third holder is away, and its other pair follows", async () => {
  const { dataDir, account, keyId } = await started();
  // The party refuses what was asked for up to a minute from now. Where the operator's clock is a
  // minute behind, nobody has to wait.
  const behind = encodeURIComponent("const { now } = Date; Date.now = () => now() - 60_000;");
  execFileSync(process.execPath, ["--import", `data:text/javascript,${behind}`, covault, "party", "restored", two, "--yes"], {
    env: { PATH: process.env.PATH, DATA_DIR: dataDir },
  });
  const system = await startSystem({ dataDir, env: { EMBEDDED_PARTIES: `${one},${two}` } });
  const before = performance.now();
  await signs(system, account);
  expect(performance.now() - before).toBeLessThan(20_000);
  // It signs at once from then on.
  await signs(system, account);
  await system.end("SIGINT");

  const whole = await startSystem({ dataDir });
  await choose(whole, account, [two, three]);
  await signs(whole, account);
  await whole.end("SIGINT");
  await onStores(dataDir, async (storeOf) => {
    for (const [partyId, partner] of [
      [two, 1],
      [two, 3],
      [three, 2],
    ] as const)
      expect((await pairAt(await storeOf(partyId), keyId, partner)).pair).toMatchObject({ generation: 1, status: "committed" });
    expect((await pairAt(await storeOf(one), keyId, 3)).pair.generation).toBe(0);
  });
}, 240_000);

it("a key whose holders were all restored a moment ago signs by itself, once they take what is asked for", async () => {
  const { dataDir, account } = await started();
  // The holders refuse what is asked for up to a minute after the operator's clock, which is
  // behind. The first renewals come too early.
  const behind = encodeURIComponent("const { now } = Date; Date.now = () => now() - 30_000;");
  for (const party of [one, two, three])
    execFileSync(process.execPath, ["--import", `data:text/javascript,${behind}`, covault, "party", "restored", party, "--yes"], {
      env: { PATH: process.env.PATH, DATA_DIR: dataDir },
    });
  const system = await startSystem({ dataDir });
  await signs(system, account);
  await system.end("SIGINT");
}, 240_000);

it("a share whose row was deleted is repaired by the others, for every scheme, and the party signs", async () => {
  const { dataDir, account } = await started();
  await onStores(dataDir, async (_, sql) => {
    const schema = schemaOf(two);
    for (const table of ["pairs", "generations", "shares"]) await sql(`DELETE FROM "${schema}"."${table}"`);
  });
  const system = await startSystem({ dataDir });
  const refused = await system.call("POST", `/api/v1/accounts/${account.id}/refresh`, { key: "ecdsa-secp256k1" });
  expect([refused.status, refused.body.code]).toEqual([409, "account/share-lost"]);
  for (const key of ["schnorr-bip340", "ecdsa-secp256k1"])
    expect(await done(system, account, "repair", { party_id: two, key })).toMatchObject({ epoch: 0, repaired: two });
  expect((await sign(system, account, { scheme: "schnorr-bip340" })).status).toBe(200);
  // Its pairs are lost with the share, and are made anew for the signature.
  await signs(system, account);
  const { body: shown } = await system.call("GET", `/api/v1/accounts/${account.id}/keys`);
  expect(shown.keys.map(({ epoch }: { epoch: number }) => epoch)).toEqual([0, 0]);
  const held = await system.call("POST", `/api/v1/accounts/${account.id}/repair`, { party_id: two, key: "ecdsa-secp256k1" });
  expect([held.status, held.body.code]).toEqual([409, "account/share-held"]);
  await system.end("SIGINT");
}, 240_000);

it("a session that waits for a holder that is gone is aborted, and a reshare without that holder begins at once", async () => {
  const { dataDir, account } = await started();
  const system = await startSystem({ dataDir, env: { EMBEDDED_PARTIES: `${one},${two}` } });
  const waits = await system.call("POST", `/api/v1/accounts/${account.id}/refresh`, { key: "ecdsa-secp256k1" });
  expect(waits.status).toBe(202);
  const asked = { leave_out: [three], force: "2-of-2", key: "ecdsa-secp256k1" };
  expect((await system.call("POST", `/api/v1/accounts/${account.id}/reshare`, asked)).body.code).toBe("account/lifecycle-running");
  const aborted = await system.call("POST", `/api/v1/sessions/${waits.body.session_id}/abort`);
  expect([aborted.status, aborted.body.status]).toEqual([200, "failed"]);
  expect(await done(system, account, "reshare", asked)).toMatchObject({ scheme: "ecdsa-secp256k1" });
  await system.end("SIGINT");
}, 240_000);
