// The drills of docs/operations.md for shares, on the whole system: a share that was deleted is
// repaired in its epoch, and a holder that is gone is left out.
import { afterAll, beforeAll, expect, it } from "vitest";
import { schemaOf } from "../services/server-party/src/store/sql-store.ts";
import { done, one, onStores, type Started, sign, signs, startedOnce, three, two } from "./drilled.ts";
import { cleanUp, startSystem } from "./system.ts";

afterAll(cleanUp);
let started: () => Started;
beforeAll(async () => {
  started = await startedOnce();
}, 120_000);

it("a share whose row was deleted is repaired by the others, for every scheme, and the party signs", async () => {
  const { dataDir, account } = started();
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
  const { dataDir, account } = started();
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
