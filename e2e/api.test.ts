// The API as a user would type it, against the real services.
import { createPublicKey, randomBytes, verify } from "node:crypto";
import { errorBody } from "@covault/api";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { hexToBytes } from "@noble/curves/utils.js";
import { recoverAddress } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runGeneratedClient } from "./generated/run.ts";
import { runSigningDocument, signingDocument, withoutCurl } from "./signing-document.ts";
import { cleanUp, preparedDataDir, type System, startSystem } from "./system.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ dataDir: await preparedDataDir(), env: { LOG_LEVEL: "debug" } });
}, 90_000);
afterAll(async () => {
  await system?.end("SIGTERM");
  cleanUp();
});

const digest = () => `0x${randomBytes(32).toString("hex")}` as `0x${string}`;
const key = "/api/v1/accounts";
const half = secp256k1.Point.Fn.ORDER / 2n;

describe("first light", () => {
  it("makes a key, signs, has it verified by OpenSSL and says how to do it again", () => {
    const output = system.output();
    for (const line of [
      "round 1:",
      "round 2:",
      "round 3:",
      "commit certificate complete",
      "verified by OpenSSL",
      "curl -X POST",
      "key ",
      "(EVM)",
    ])
      expect(output).toContain(line);
  });
});

describe("accounts", () => {
  it("creates a 2-of-3 account and signs a digest that recovers to its EVM address", async () => {
    const created = await system.call("POST", key, { user_id: "user123", name: "Ada" });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      user_id: "user123",
      status: "active",
      scheme: "ecdsa-secp256k1",
      threshold_t: 2,
      threshold_n: 3,
      name: "Ada",
    });
    expect(created.body.public_key).toMatch(/^0x0[23][0-9a-f]{64}$/);
    expect(created.body.addresses.evm).toMatch(/^0x[0-9a-fA-F]{40}$/);
    expect(created.body.parties.map((party: { party_id: string }) => party.party_id)).toEqual([
      "server-party-1",
      "server-party-2",
      "server-party-3",
    ]);

    for (const message of [digest(), digest().slice(2)]) {
      const signed = await system.call("POST", `${key}/${created.body.id}/sign`, { message });
      expect(signed.status).toBe(200);
      const { signature } = signed.body;
      const hash = (message.startsWith("0x") ? message : `0x${message}`) as `0x${string}`;
      expect(await recoverAddress({ hash, signature: signature.hex })).toBe(created.body.addresses.evm);
      expect(BigInt(signature.s) <= half).toBe(true);
      expect([0, 1]).toContain(signature.recovery_id);
      expect(signature.hex).toBe(`${signature.r}${signature.s.slice(2)}${(27 + signature.recovery_id).toString(16)}`);
      const compact = hexToBytes(signature.r.slice(2) + signature.s.slice(2));
      expect(secp256k1.verify(compact, hexToBytes(hash.slice(2)), hexToBytes(created.body.public_key.slice(2)), { prehash: false })).toBe(
        true,
      );
      expect(signed.body.keygen_session_id).toBe(created.body.keygen_session_id);
    }

    const session = await system.call("GET", `/api/v1/sessions/${created.body.keygen_session_id}`);
    expect(session.body).toMatchObject({ kind: "keygen", status: "completed", threshold_t: 2, threshold_n: 3 });
    expect(session.body.events.length).toBeGreaterThan(5);
    const shown = await system.call("GET", `${key}/${created.body.id}`);
    expect(shown.body).toEqual(created.body);
  });

  it("takes another t and n, up to the parties there are", async () => {
    const created = await system.call("POST", key, { user_id: "u-3-3", threshold_t: 3, threshold_n: 3 });
    expect(created.body).toMatchObject({ threshold_t: 3, threshold_n: 3 });
    const message = digest();
    const signed = await system.call("POST", `${key}/${created.body.id}/sign`, { message });
    expect(await recoverAddress({ hash: message, signature: signed.body.signature.hex })).toBe(created.body.addresses.evm);
    const tooMany = await system.call("POST", key, { user_id: "u-3-5", threshold_t: 3, threshold_n: 5 });
    expect(tooMany.status).toBe(400);
    expect(tooMany.body.message).toContain("threshold_n");
  });

  it("lists by user with a cursor", async () => {
    for (let k = 0; k < 3; k++) expect((await system.call("POST", key, { user_id: "lister" })).status).toBe(201);
    const first = await system.call("GET", `${key}?user_id=lister&limit=2`);
    expect(first.body.accounts).toHaveLength(2);
    const rest = await system.call("GET", `${key}?user_id=lister&limit=2&cursor=${first.body.next_cursor}`);
    expect(rest.body.accounts).toHaveLength(1);
    expect(new Set([...first.body.accounts, ...rest.body.accounts].map((account) => account.id)).size).toBe(3);
  });

  it("repeats the first answer under an Idempotency-Key and refuses another body under it", async () => {
    const header = { "Idempotency-Key": "create-1" };
    const [one, two] = await Promise.all([
      system.call("POST", key, { user_id: "twice" }, header),
      system.call("POST", key, { user_id: "twice" }, header),
    ]);
    expect(two.body).toEqual(one.body);
    expect((await system.call("POST", key, { user_id: "other" }, header)).status).toBe(409);
    const message = digest();
    const signHeader = { "Idempotency-Key": "sign-1" };
    const signed = await system.call("POST", `${key}/${one.body.id}/sign`, { message }, signHeader);
    const again = await system.call("POST", `${key}/${one.body.id}/sign`, { message }, signHeader);
    expect(again.body).toEqual(signed.body);
  });

  it("signs many digests at once, every one valid", async () => {
    const { body: account } = await system.call("POST", key, { user_id: "busy" });
    const messages = Array.from({ length: 12 }, digest);
    const answers = await Promise.all(messages.map((message) => system.call("POST", `${key}/${account.id}/sign`, { message })));
    for (const [k, answer] of answers.entries())
      expect(await recoverAddress({ hash: messages[k] as `0x${string}`, signature: answer.body.signature.hex })).toBe(
        account.addresses.evm,
      );
  });
});

it.skipIf(withoutCurl)(signingDocument, () => runSigningDocument(system.accountUrl, system.apiKey()));

it("a client generated from /openapi.json compiles in strict mode, and its signature verifies", async () => {
  expect(await runGeneratedClient(system.accountUrl, system.apiKey())).toEqual({ verified: true, refused: "account/not-found", wrong: 3 });
});

describe("bad input", () => {
  const cases: [string, string, string, unknown, number, string][] = [
    ["an unknown account", "GET", `${key}/acc_00000000000000000000000000`, undefined, 404, ""],
    ["a sign for an unknown account", "POST", `${key}/acc_00000000000000000000000000/sign`, { message: `0x${"11".repeat(32)}` }, 404, ""],
    ["an unknown session", "GET", "/api/v1/sessions/ses_00000000000000000000000000", undefined, 404, ""],
    ["a missing user_id", "POST", key, {}, 400, "user_id"],
    ["t above n", "POST", key, { user_id: "x", threshold_t: 4, threshold_n: 3 }, 400, "threshold"],
    ["t of 1", "POST", key, { user_id: "x", threshold_t: 1, threshold_n: 3 }, 400, "threshold_t"],
    ["n of 21", "POST", key, { user_id: "x", threshold_t: 2, threshold_n: 21 }, 400, "threshold_n"],
    ["broken JSON", "POST", key, "{", 400, ""],
    ["a bad limit", "GET", `${key}?limit=0`, undefined, 400, "limit"],
    ["an unknown route", "GET", "/api/v1/nothing", undefined, 404, ""],
  ];
  it.each(cases)("answers %s with the one shape of a refusal", async (_, method, path, body, status, field) => {
    const answer = await system.call(method, path, body);
    expect(answer.status).toBe(status);
    expect(errorBody.parse(answer.body)).toEqual(answer.body);
    expect(answer.body.status).toBe(status);
    expect(answer.body.message).toContain(field);
    expect(JSON.stringify(answer.body)).not.toMatch(/\.js:|\bat .*\(/);
  });

  it("names the field of a bad digest", async () => {
    const { body: account } = await system.call("POST", key, { user_id: "digests" });
    for (const message of ["", "0x", "0x1234", "zz".repeat(32), `0x${"11".repeat(33)}`, 7, null]) {
      const answer = await system.call("POST", `${key}/${account.id}/sign`, { message });
      expect(answer.status).toBe(400);
      expect(answer.body.message).toContain("message");
    }
  });

  it.each([
    ["no", undefined],
    ["an empty", ""],
    ["a wrong", "wrong"],
    ["a very long", "x".repeat(10_000)],
  ])("refuses %s API key with 401 on every guarded port", async (_, apiKey) => {
    for (const url of [`${system.accountUrl}${key}`, `${system.coordinatorUrl}/api/v1/parties`]) {
      const response = await fetch(url, { headers: apiKey === undefined ? {} : { "x-api-key": apiKey } });
      expect(response.status).toBe(401);
    }
  });

  it("needs no key for health, docs and the OpenAPI document", async () => {
    for (const path of ["/health", "/health/live", "/health/ready", "/docs", "/openapi.json"])
      expect((await fetch(system.accountUrl + path)).status).toBe(200);
    const openapi = (await (await fetch(`${system.accountUrl}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, unknown>;
    };
    expect(openapi.openapi).toMatch(/^3\.1/);
    expect(Object.keys(openapi.paths)).toEqual(
      expect.arrayContaining(["/api/v1/accounts", "/api/v1/accounts/{id}/sign", "/api/v1/sessions/{id}"]),
    );
  });
});

describe("logs", () => {
  it("hold no secret of the data folder at debug level", async () => {
    const { readdirSync, readFileSync, statSync } = await import("node:fs");
    const { join } = await import("node:path");
    const folder = join(system.dataDir, "secrets");
    const output = system.output().toLowerCase();
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(folder, name)).isFile());
    expect(files.length).toBeGreaterThan(4);
    for (const name of files) {
      const value = readFileSync(join(folder, name), "utf8").trim().toLowerCase();
      expect(output.includes(value), `${name} is in the log`).toBe(false);
      expect(statSync(join(folder, name)).mode & 0o077, `${name} is readable by others`).toBe(0);
    }
  });
});

// A second library that shares no code with noble: OpenSSL takes the message, not the digest.
it("makes signatures that OpenSSL accepts", async () => {
  const { body: account } = await system.call("POST", key, { user_id: "openssl" });
  const message = randomBytes(50);
  const { createHash } = await import("node:crypto");
  const signed = await system.call("POST", `${key}/${account.id}/sign`, { message: createHash("sha256").update(message).digest("hex") });
  const spki = Buffer.concat([
    Buffer.from("3036301006072a8648ce3d020106052b8104000a032200", "hex"),
    Buffer.from(account.public_key.slice(2), "hex"),
  ]);
  const compact = Buffer.from(signed.body.signature.r.slice(2) + signed.body.signature.s.slice(2), "hex");
  expect(
    verify("sha256", message, { key: createPublicKey({ key: spki, format: "der", type: "spki" }), dsaEncoding: "ieee-p1363" }, compact),
  ).toBe(true);
});
