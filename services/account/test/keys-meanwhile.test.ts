// These tests store a key by another request between the two reads of this one: the account, and
// then its keys. The row is not reported as altered.
import { schemeNames } from "@covault/trust";
import { beforeEach, expect, it } from "vitest";
import { digest, testSystem } from "./system.ts";

const [ecdsa, eddsa, bip340] = schemeNames;
/** Runs once, right before the next read of an account's keys. */
let meanwhile: (() => Promise<unknown>) | undefined;
const system = await testSystem({}, undefined, [], (step, act) => {
  const first = meanwhile;
  if (step.port !== "store.keys" || step.method !== "list" || first === undefined) return act(...step.args);
  meanwhile = undefined;
  return first().then(() => act(...step.args));
});
const call = (method: string, rest: string, body?: object) => system.call(method, `/api/v1/accounts/${id}${rest}`, body);
let id = "";

beforeEach(async () => {
  id = (await system.createAccount()).body.id;
  meanwhile = async () => expect((await call("POST", "/keys", { scheme: eddsa })).status).toBe(201);
});

it("the account's keys are shown with the new one", async () => {
  const { status, body } = await call("GET", "/keys");
  expect([status, body.keys.map(({ scheme }: { scheme: string }) => scheme)]).toEqual([200, [ecdsa, eddsa]]);
});

it.each([
  ["the account is shown", "GET", "", undefined, 200],
  ["a signature is made", "POST", "/sign", { digest }, 200],
  ["another key is made", "POST", "/keys", { scheme: bip340 }, 201],
  ["the same key is refused as there already", "POST", "/keys", { scheme: eddsa }, 409],
] as const)("%s", async (_, method, rest, body, status) => {
  expect(await call(method, rest, body)).toMatchObject({ status });
  expect(meanwhile).toBeUndefined();
});

it("a key that is taken out is still an altered row", async () => {
  meanwhile = () =>
    system.db
      .deleteFrom("epochs")
      .execute()
      .then(() => system.db.deleteFrom("keys").execute());
  expect(await call("GET", "/keys")).toMatchObject({ status: 500, body: { code: "account/altered-row" } });
});
