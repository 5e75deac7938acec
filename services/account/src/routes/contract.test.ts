// These tests bring about, for every route of the contract, every status that the route documents
// and that a caller can cause, in the shape that it documents. The test system holds each answer of
// every test to the contract, and here none is left out.
import { createHash } from "node:crypto";
import { accountApi, act, network, payloadKind, routes, schemeName } from "@covault/api/account";
import { networkNames } from "@covault/chains";
import { kindNames, messageBytesMax, payloadKindNames, schemeNames } from "@covault/trust";
import { describe, expect, it } from "vitest";
import { kind } from "../../../../packages/api/src/shapes.ts";
import { digest, testSystem } from "../../test/system.ts";
import { holdingOf, jointKey, lost, recipient } from "../../test/trust.ts";

const system = await testSystem({ allowExport: true, allowImport: true });
const account = (await system.createAccount()).body;
const signed = (await system.call("POST", `/api/v1/accounts/${account.id}/sign`, { digest })).body;
system.coordinator.behaviour.fail = { code: "mpc/bad-proof", message: "no" };
await system.createAccount({ user_id: "failed" });
const [failed] = (await system.call("GET", "/api/v1/accounts?user_id=failed")).body.accounts;

type Id = keyof typeof routes;
const ids = Object.keys(routes) as Id[];
const bodies: Partial<Record<Id, object>> = {
  createAccount: { user_id: "u" },
  addKey: { scheme: "eddsa-ed25519" },
  sign: { digest },
  setSigningConfiguration: { parties: ["server-party-1", "server-party-2"] },
  refresh: { key: "ecdsa-secp256k1" },
  reshare: { key: "ecdsa-secp256k1" },
  recover: { key: "ecdsa-secp256k1", party_id: "server-party-2" },
  renew: { key: "ecdsa-secp256k1", parties: ["server-party-1", "server-party-2"] },
  repair: { key: "ecdsa-secp256k1", party_id: "server-party-2" },
  importAccount: {
    ...{ user_id: "u", scheme: "ecdsa-secp256k1", party_id: "server-party-1", recipient: "5a".repeat(32), sealed_key: "5b".repeat(82) },
    public_key: Buffer.from(jointKey("imported").publicKey).toString("hex"),
  },
  exportKey: { key: "ecdsa-secp256k1", recipient: createHash("sha256").update(recipient).digest("hex"), reason: "leaving" },
  createBackups: { key: "ecdsa-secp256k1" },
};
/** What a route has to be told in its query. */
const queries: Partial<Record<Id, string>> = { getImportRecipient: "party_id=server-party-1" };
/** Routes that answer before their session has ended. */
const launching: readonly Id[] = ["refresh", "reshare", "recover", "renew", "repair", "exportKey"];
/** The first field by which another request of the same kind differs, beside its key. */
const others: Partial<Record<Id, object>> = {
  recover: { party_id: "server-party-1" },
  renew: { parties: ["server-party-1", "server-party-3"] },
  repair: { party_id: "server-party-1" },
};
const withBody = ids.filter((id) => bodies[id] !== undefined);

function ask(id: Id, more: { of?: string; query?: string; body?: unknown; headers?: Record<string, string> } = {}) {
  const { method, path } = routes[id];
  // A share that is there is not repaired.
  const { behaviour } = system.coordinator;
  if (id === "repair") behaviour.holds = (party, question) => holdingOf(party, question, party === "server-party-2" ? lost : {});
  const session = id === "abortSession" ? signed.session_id : account.keygen_session_id;
  const at = path.replace("{id}", more.of ?? (path.includes("sessions") ? session : account.id));
  const query = [queries[id], more.query].filter((part) => part !== undefined).join("&");
  return system.call(method, query === "" ? at : `${at}?${query}`, "body" in more ? more.body : bodies[id], more.headers);
}
const documented = (status: number): Id[] => ids.filter((id) => status in routes[id].answers);

describe("every route", () => {
  it.each(ids)("%s succeeds, and refuses a parameter that it does not know, no key, and a wrong key", async (id) => {
    const statuses = [
      (await ask(id)).status,
      (await ask(id, { query: "verbose=1" })).status,
      (await ask(id, { headers: { "x-api-key": "" } })).status,
      (await ask(id, { headers: { "x-api-key": "wrong-key-0123456789" } })).status,
    ];
    expect(statuses).toEqual([Number(Object.keys(routes[id].answers).find((status) => status.startsWith("2"))), 400, 401, 401]);
  });

  it.each(documented(404))("%s answers 404 for what is not there", async (id) => {
    expect((await ask(id, { of: "nothing" })).status).toBe(404);
  });

  it("abortSession answers 409 for a keygen", async () => {
    expect((await ask("abortSession", { of: account.keygen_session_id })).status).toBe(409);
  });

  it.each(documented(409).filter((id) => id !== "createAccount" && id !== "importAccount" && id !== "abortSession"))(
    "%s answers 409 for an account that is not active",
    async (id) => {
      expect((await ask(id, { of: failed.id })).status).toBe(409);
    },
  );

  it.each(withBody)("%s answers 400, 413 and 415 for bodies that it does not take", async (id) => {
    const json = { "content-type": "application/json" };
    expect((await ask(id, { body: "{", headers: json })).status).toBe(400);
    expect((await ask(id, { body: { ...bodies[id], more: 1 } })).body.errors).toEqual([{ pointer: "/more", message: "unknown field" }]);
    expect((await ask(id, { body: JSON.stringify("x".repeat(600_000)) })).status).toBe(413);
    expect((await ask(id, { headers: { "content-type": "text/plain" }, body: "x" })).status).toBe(415);
  });

  it.each(launching)(
    "%s answers 502 when the coordinator refuses, 503 while it is away, and 409 for another body under one key",
    async (id) => {
      const { behaviour } = system.coordinator;
      const headers = { "idempotency-key": `contract-${id}` };
      behaviour.refuses = { status: 400, code: "trust/bad-roster" };
      expect((await ask(id, { headers })).status).toBe(502);
      behaviour.refuses = undefined;
      const other = { ...bodies[id], ...(others[id] ?? { key: "eddsa-ed25519" }) };
      expect((await ask(id, { body: other, headers })).status).toBe(409);
      behaviour.down = 503;
      const away = await ask(id);
      expect([away.status, away.headers.get("retry-after")]).toEqual([503, expect.anything()]);
    },
  );

  it.each(withBody.filter((id) => 503 in routes[id].answers && 502 in routes[id].answers && !launching.includes(id)))(
    "%s answers 502 when the parties fail, 503 while the coordinator is away, and 409 for another body under one key",
    async (id) => {
      // A scheme that the account has no key of yet.
      const body = id === "addKey" ? { scheme: "schnorr-bip340" } : bodies[id];
      const headers = { "idempotency-key": `contract-${id}` };
      system.coordinator.behaviour.fail = { code: "mpc/bad-proof", message: "no" };
      const lost = await ask(id, { body, headers });
      expect([lost.status, lost.body.session_id]).toEqual([502, expect.stringMatching(/^ses_/)]);
      system.coordinator.behaviour.fail = undefined;
      const other = {
        createAccount: { user_id: "v" },
        importAccount: { ...bodies.importAccount, user_id: "v" },
        addKey: bodies.addKey,
        sign: { digest: "cd".repeat(32) },
      };
      expect((await ask(id, { body: other[id as keyof typeof other], headers })).status).toBe(409);
      system.coordinator.behaviour.down = 503;
      const away = await ask(id, { body: id === "addKey" ? body : bodies[id] });
      expect([away.status, away.headers.get("retry-after")]).toEqual([503, expect.anything()]);
    },
  );

  it.each(documented(422))("%s answers 422 for a message that could be a transaction", async (id) => {
    const { status, body } = await ask(id, { body: { ...bodies.addKey, message: `01000001${"ab".repeat(64)}00` } });
    expect([status, body.code]).toEqual([422, "action/transaction-as-message"]);
  });

  it("answers problem+json to callers that ask for it, and JSON to all others, with the same fields", async () => {
    const typeFor = async (accept: string) => (await ask("getAccount", { of: "nothing", headers: { accept } })).headers.get("content-type");
    for (const accept of ["application/problem+json", "application/json, Application/Problem+JSON;q=0.5"])
      expect([accept, await typeFor(accept)]).toEqual([accept, "application/problem+json; charset=utf-8"]);
    for (const accept of ["", "*/*", "application/json", "application/problem+json;q=0", "application/problem+xml"])
      expect([accept, await typeFor(accept)]).toEqual([accept, "application/json; charset=utf-8"]);
  });

  it("refuses callers from elsewhere with 403", async () => {
    await system.restart({ allowedIps: ["192.0.2.0/24"] });
    for (const id of ids) expect([id, (await ask(id)).status]).toEqual([id, 403]);
    await system.restart();
  });

  it("has answered every status that it documents, but for a limit of calls and a fault of the service", () => {
    // 500 and 503 are brought about in 500.test.ts and bad-network.test.ts, and 429 in service-kit.
    const left = ids.flatMap((id) =>
      Object.keys(routes[id].answers)
        .filter((status) => !["429", "500", "503"].includes(status) && !system.answered.has(`${id} ${status}`))
        .map((status) => `${id} ${status}`),
    );
    expect(left).toEqual([]);
  });
});

describe("the description", () => {
  it("is served as it follows from the contract, with the page of errors that they refer to", async () => {
    const { body } = await system.call("GET", "/openapi.json");
    const operations = Object.values(body.paths as Record<string, Record<string, { operationId: string }>>).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(operations.sort()).toEqual(Object.keys(accountApi.routes).sort());
    const { type } = (await ask("getAccount", { of: "nothing" })).body;
    const page = await (await fetch(`${system.service().url}${type}`)).text();
    expect(page).toContain(`id="${type.split("#")[1]}"`);
  });
});

describe("the words of the contract", () => {
  it("are those of what they name", () => {
    expect(schemeName.options).toEqual(schemeNames);
    expect(kind.options).toEqual(kindNames);
    expect(network.options).toEqual(networkNames);
    expect(payloadKind.options).toEqual(payloadKindNames);
    expect(act.options).toContain("session.completed");
    expect(routes.sign.body.shape.message.meta()?.description).toContain(`${messageBytesMax} bytes`);
  });
});
