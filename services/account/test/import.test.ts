// These tests make accounts of keys that exist in one place, as callers ask for it. The coordinator
// is one made by hand, which deals what a test wants.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import { digest, testSystem } from "./system.ts";
import { certificate, jointKey, recipientOf } from "./trust.ts";

const system = await testSystem({ allowImport: true });
const { coordinator } = system;
const { behaviour } = coordinator;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const key = jointKey("imported");
const sealed = "5b".repeat(82);
const body = {
  ...{ user_id: "comes", scheme: "ecdsa-secp256k1", party_id: "server-party-2", recipient: "09".repeat(32) },
  ...{ public_key: hex(key.publicKey), sealed_key: sealed },
};
const ask = (asked: object = body, headers?: Record<string, string>) => system.call("POST", "/api/v1/accounts/import", asked, headers);
const offered = (query = "?party_id=server-party-2") => system.call("GET", `/api/v1/import-recipient${query}`);

describe("an import", () => {
  it("201: an account of that very key, which signs, and says for good that it was imported", async () => {
    const {
      status,
      body: made,
      headers,
    } = await ask({ ...body, name: "old wallet", threshold_t: 2, threshold_n: 3, chain_code: "cc".repeat(32) });
    expect([status, headers.get("location")]).toEqual([201, `/api/v1/accounts/${made.id}`]);
    expect(made).toMatchObject({ status: "active", public_key: `0x${hex(key.publicKey)}`, name: "old wallet" });
    const [shown] = (await system.call("GET", `/api/v1/accounts/${made.id}/keys`)).body.keys;
    expect([shown.exposed, shown.chain_code]).toEqual(["imported", `0x${"cc".repeat(32)}`]);
    const { body: signed } = await system.call("POST", `/api/v1/accounts/${made.id}/sign`, { digest });
    const signature = Buffer.from(`${signed.signature.r.slice(2)}${signed.signature.s.slice(2)}`, "hex");
    expect(secp256k1.verify(signature, Buffer.from(digest, "hex"), key.publicKey, { prehash: false })).toBe(true);
    const session = (await system.call("GET", `/api/v1/sessions/${made.keygen_session_id}`)).body;
    expect([session.kind, session.status, session.parties.length]).toEqual(["import", "completed", 3]);
    const refreshed = (await system.call("POST", `/api/v1/accounts/${made.id}/refresh`, {})).body;
    expect((await system.call("GET", `/api/v1/sessions/${refreshed.session_id}`)).body.status).toBe("completed");
    expect((await system.call("GET", `/api/v1/accounts/${made.id}/keys`)).body.keys[0].exposed).toBe("imported");
  });

  it("names the importer, carries what is sealed as it came, and draws a chain code where none is given", async () => {
    const { body: made } = await ask();
    const { action } = coordinator.sessions.get(made.keygen_session_id)?.intent ?? {};
    if (action?.case !== "import") throw new Error("it imports nothing");
    const { keygen, importer, sealedKey, recipient, chain } = action.value;
    expect(keygen?.members.find(({ shareIndex }) => shareIndex === importer)?.partyId).toBe("server-party-2");
    expect([hex(sealedKey), hex(recipient), chain.length]).toEqual([sealed, "09".repeat(32), 32]);
    const other = (await ask()).body;
    const again = coordinator.sessions.get(other.keygen_session_id)?.intent.action;
    expect(again?.case === "import" && hex(again.value.chain)).not.toBe(hex(chain));
  });

  it("403 where ALLOW_IMPORT is off, which is the default", async () => {
    await system.restart({ allowImport: false });
    const before = coordinator.seen.length;
    for (const { status, body: said } of [await ask(), await offered()]) expect([status, said.code]).toEqual([403, "account/import-off"]);
    expect(coordinator.seen.slice(before)).toEqual([]);
    await system.restart({ allowImport: true });
  });

  it.each<[string, object, string]>([
    ["a public key of another scheme", { scheme: "eddsa-ed25519" }, "http/bad-request"],
    ["a public key that is none", { public_key: "00".repeat(33) }, "http/bad-request"],
    ["a sealed key of another length", { sealed_key: "5b".repeat(81) }, "http/bad-request"],
    ["a threshold of one", { threshold_t: 1 }, "account/bad-threshold"],
    ["a private key beside it", { private_key: "11".repeat(32) }, "http/bad-request"],
    ["two schemes", { schemes: ["ecdsa-secp256k1"] }, "http/bad-request"],
  ])("400 for %s", async (_name, change, code) => {
    const { status, body: said } = await ask({ ...body, ...change });
    expect([status, said.code]).toEqual([400, code]);
  });

  it("refuses a party that the roster does not have", async () => {
    const { status, body: said } = await ask({ ...body, party_id: "server-party-99" });
    expect([status, said.code]).toEqual([403, "trust/unknown-party"]);
  });

  it("fails when another key comes out than the one to import, and shows no address", async () => {
    behaviour.keygen = (signedIntent) => certificate(signedIntent, jointKey("another"));
    const { status, body: said } = await ask();
    expect([status, said.code]).toEqual([502, "account/bad-result"]);
  });

  it("of one Idempotency-Key is one, and another sealed key with it is a conflict", async () => {
    const headers = { "idempotency-key": "import-1" };
    const [one, same] = [await ask(body, headers), await ask(body, headers)];
    expect(same.body.id).toBe(one.body.id);
    expect((await ask({ ...body, sealed_key: "5c".repeat(82) }, headers)).body.code).toBe("account/idempotency-conflict");
  });
});

describe("a key to seal an import to", () => {
  it("is that of a party which takes imports, as it has signed it", async () => {
    behaviour.recipients = (partyId, nonce) =>
      partyId === "server-party-2"
        ? recipientOf(partyId, nonce)
        : recipientOf(partyId, nonce, { x25519: new Uint8Array(), code: "party/import-refused" });
    const { status, body: given } = await offered();
    expect([status, given.party_id, given.recipient]).toEqual([200, "server-party-2", `0x${"09".repeat(32)}`]);
    const { status: refused, body: said } = await offered("?party_id=server-party-1");
    expect([refused, said.code, said.message]).toEqual([
      403,
      "party/import-refused",
      "server-party-1 takes no import (party/import-refused).",
    ]);
  });

  it("is asked of the party that the caller names, and of no other", async () => {
    const asked: string[] = [];
    behaviour.recipients = (partyId, nonce) => {
      asked.push(partyId);
      return recipientOf(partyId, nonce);
    };
    const { status, body: said } = await offered("");
    expect([status, said.code, said.message]).toEqual([400, "http/bad-request", expect.stringContaining("party_id")]);
    expect((await offered("?party_id=stranger")).body.message).toBe("The roster has no party stranger.");
    expect(asked).toEqual([]);
    expect((await offered()).body.party_id).toBe("server-party-2");
    expect(asked).toEqual(["server-party-2"]);
    behaviour.recipients = () => undefined;
    expect((await offered()).body.message).toBe("server-party-2 is not connected, so nothing can be sealed to it.");
  });

  it("is none that another party, or nobody, has signed for this question", async () => {
    for (const lie of [
      (partyId: string) => recipientOf(partyId, new Uint8Array(32)),
      (_: string, nonce: Uint8Array) => recipientOf("stranger", nonce),
      (partyId: string, nonce: Uint8Array) => ({ ...recipientOf("stranger", nonce, { partyId }), signer: partyId }),
      (partyId: string, nonce: Uint8Array) => recipientOf(partyId, nonce, { expiresAtMs: 1n }),
    ]) {
      behaviour.recipients = lie;
      expect((await offered()).body.code).toBe("party/import-refused");
    }
  });
});
