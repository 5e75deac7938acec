// These tests change the roster under a running account service: which parties are chosen, which
// sign, which key asks, and what an operator is told.
import { rosterTable } from "@covault/service-kit/sql";
import { beforeEach, expect, it, vi } from "vitest";
import { partyAccounts } from "../src/index.ts";
import { digest, rowKeys, testSystem } from "./system.ts";
import { identity, initiator, rosterOf } from "./trust.ts";

const system = await testSystem();
const { coordinator, roster } = system;
let serial = 1n;
const change = (changes: Omit<Parameters<typeof rosterOf>[0], "serial"> = {}) => {
  serial += 1n;
  return roster.replace(rosterOf({ serial, ...changes }));
};
beforeEach(() => void change());
const sign = (id: string) => system.call("POST", `/api/v1/accounts/${id}/sign`, { digest });
const eligible = (sessionId: string) => {
  const action = coordinator.sessions.get(sessionId)?.intent.action;
  return action?.case === "sign" ? action.value.eligible : undefined;
};
const account = async (body: object = { user_id: "user", threshold_t: 2, threshold_n: 3 }): Promise<{ id: string }> => {
  const { status, body: created } = await system.createAccount(body);
  expect(status, JSON.stringify(created)).toBe(201);
  return created;
};
const lines = (text: string) => system.log.filter((line) => line.includes(text)).map((line) => JSON.parse(line));
async function listed(partyId: string) {
  const found = [];
  const options = { database: system.database, secretRowKeys: rowKeys, roster: roster.current, initiator: { id: "account", keysAlso: [] } };
  for await (const one of partyAccounts(options, partyId)) found.push(one);
  return found;
}

it("a removed party is asked for no signature, its accounts sign on, and what it acknowledged still opens", async () => {
  const { id } = await account();
  expect(eligible((await sign(id)).body.session_id)).toEqual(["server-party-1", "server-party-2", "server-party-3"]);
  await change({ without: ["server-party-3"] });
  const { status, body } = await sign(id);
  expect([status, eligible(body.session_id)]).toEqual([200, ["server-party-1", "server-party-2"]]);
  const shown = (await system.call("GET", `/api/v1/accounts/${id}`)).body;
  expect(shown.parties.map(({ party_id }: { party_id: string }) => party_id)).toContain("server-party-3");
  expect(shown.addresses.evm).toMatch(/^0x/);
  await change();
  expect(eligible((await sign(id)).body.session_id)).toHaveLength(3);
});

it("a party with another identity key signs on, and its account is refreshed only after its recovery", async () => {
  const { id } = await account();
  system.log.length = 0;
  await change({ succeeded: ["server-party-3"] });
  const { status, body } = await sign(id);
  expect([status, eligible(body.session_id)]).toEqual([200, ["server-party-1", "server-party-2", "server-party-3"]]);
  expect(lines("the roster has removed a party")).toEqual([]);
  const refused = await system.call("POST", `/api/v1/accounts/${id}/refresh`, {});
  expect([refused.status, refused.body.code]).toEqual([409, "account/holders-removed"]);
  expect(refused.body.message).toContain("Not in the roster with that identity key: server-party-3.");
});

it("a removed party is no member of a new key, whatever the coordinator proposes, and one that is added is", async () => {
  await change({ without: ["server-party-1"] });
  // A coordinator that has not heard of the new roster, or lies, still proposes the party.
  expect((await system.createAccount()).body).toMatchObject({ code: "account/parties-missing" });
  coordinator.behaviour.candidates = ["server-party-2", "server-party-3", "server-party-4"];
  const { id } = await account();
  const members = async (of: string) =>
    (await system.call("GET", `/api/v1/accounts/${of}`)).body.parties.map(({ party_id }: { party_id: string }) => party_id);
  expect(await members(id)).toEqual(["server-party-2", "server-party-3", "server-party-4"]);
  expect((await system.createAccount({ user_id: "four", threshold_t: 2, threshold_n: 4 })).body.code).toBe("account/bad-threshold");
  await change();
  coordinator.behaviour.candidates = ["server-party-1", "server-party-2", "server-party-3", "server-party-4"];
  const four = await account({ user_id: "four", threshold_t: 2, threshold_n: 4 });
  expect(await members(four.id)).toHaveLength(4);
});

it("an account with too few holders left, or that requires a removed one, says so and stores no session", async () => {
  const { id } = await account();
  await change({ without: ["server-party-2", "server-party-3"] });
  const refused = await sign(id);
  expect([refused.status, refused.body.code]).toEqual([409, "account/holders-removed"]);
  expect(refused.body.message).toContain("server-party-2, server-party-3");
  await change();
  const configuration = { parties: ["server-party-1", "server-party-2", "server-party-3"], required: ["server-party-3"] };
  await system.call("PUT", `/api/v1/accounts/${id}/signing-configuration`, configuration);
  await change({ without: ["server-party-3"] });
  const required = await sign(id);
  expect([required.body.code, required.body.hint]).toEqual([
    "account/holders-removed",
    expect.stringContaining("another signing configuration"),
  ]);
  const further = await system.call("POST", `/api/v1/accounts/${id}/keys`, { scheme: "eddsa-ed25519" });
  expect([further.status, further.body.code]).toEqual([409, "account/holders-removed"]);
  await system.call("PUT", `/api/v1/accounts/${id}/signing-configuration`, { parties: ["server-party-1", "server-party-2"] });
  expect((await sign(id)).status).toBe(200);
});

it("the accounts of a removed party are listed with what is left of each, and counted in the log at once", async () => {
  const before = (await listed("server-party-2")).length;
  const [on, stuck, other] = [await account(), await account({ user_id: "stuck", threshold_t: 3, threshold_n: 3 }), await account()];
  await system.call("PUT", `/api/v1/accounts/${other.id}/signing-configuration`, { parties: ["server-party-1", "server-party-2"] });
  await change({ without: ["server-party-2"] });
  const found = await listed("server-party-2");
  expect(found).toHaveLength(before + 3);
  const of = (id: string) => found.find(({ accountId }) => accountId === id);
  const left = ["server-party-1", "server-party-3"];
  expect(of(on.id)).toMatchObject({
    verdict: "signs",
    threshold: 2,
    left,
    removed: ["server-party-2"],
    signers: { parties: left },
    userId: "user",
  });
  expect(of(stuck.id)).toMatchObject({ verdict: "blocked", threshold: 3, left });
  expect(of(other.id)).toMatchObject({ verdict: "reconfigure", left });
  const all = (verdict: string) => found.filter((one) => "verdict" in one && one.verdict === verdict).length;
  const counts = { sign_on: all("signs"), need_configuration: all("reconfigure"), cannot_sign: 1, altered: 0 };
  await vi.waitFor(() => expect(lines("removed a party").at(-1)).toMatchObject({ party_id: "server-party-2", ...counts }));
});

it("a key that the roster retires under the service asks for nothing more, and the log says it before any caller asks", async () => {
  const { id } = await account();
  const coming = identity("account, later");
  await change({ initiatorKeys: [{ key: initiator.publicKey }, { key: coming.publicKey }] });
  expect((await sign(id)).status).toBe(200);
  await change({ initiatorKeys: [{ key: initiator.publicKey, retiredAtMs: BigInt(Date.now()) }, { key: coming.publicKey }] });
  expect(lines("has retired the key")).toHaveLength(1);
  const refused = await sign(id);
  expect([refused.status, refused.body.code]).toEqual([500, "account/bad-initiator-key"]);
  // What the former key founded is still read.
  expect((await system.call("GET", `/api/v1/accounts/${id}`)).status).toBe(200);
});

it("nothing is decided while another replica has gone beyond the roster; what is there is still read, and no row counts as altered", async () => {
  const { id } = await account();
  serial += 1n;
  await rosterTable(system.database, "account").raise({ serial, digest: new Uint8Array(32) });
  expect(await roster.lookAgain()).toBe(true);
  expect(await sign(id)).toMatchObject({ status: 503, body: { code: "trust/roster-behind" } });
  expect(await system.createAccount()).toMatchObject({ status: 503, body: { code: "trust/roster-behind" } });
  expect(await system.call("GET", `/api/v1/accounts/${id}`)).toMatchObject({ status: 200, body: { id } });
  expect(await system.call("GET", "/health/ready")).toMatchObject({ status: 503, body: { checks: { roster: "failed" } } });
  await change();
  expect((await sign(id)).status).toBe(200);
});
