// These tests make accounts with keys of several schemes, together (all or none) or one after the
// other, and check their keys and addresses.
import { bip32Child, parseExtendedKey, schemeNames } from "@covault/trust";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { publicKeyToAddress } from "viem/accounts";
import { describe, expect, it } from "vitest";
import { digest, otherTenantKey, testSystem } from "./system.ts";

const system = await testSystem();
const { behaviour, sessions, abandoned } = system.coordinator;
const [ecdsa, eddsa, bip340] = schemeNames;
const path = (id: string, rest = "") => `/api/v1/accounts/${id}${rest}`;
const get = async (id: string, rest = "") => (await system.call("GET", path(id, rest))).body;
const addKey = (id: string, scheme: string, headers?: Record<string, string>) =>
  system.call("POST", path(id, "/keys"), { scheme }, headers);
const ofUser = async (userId: string) => (await system.call("GET", `/api/v1/accounts?user_id=${userId}`)).body.accounts;
/** Gives the sessions of an account at the coordinator, by the scheme that they make a key of. */
const keygens = (accountId: string) =>
  [...sessions.values()].flatMap(({ intent }) =>
    intent.accountId === accountId && intent.action.case === "keygen" ? [{ scheme: intent.action.value.scheme, intent }] : [],
  );

describe("POST /accounts with schemes", () => {
  it("makes a key of each, one after the other, held by the same parties", async () => {
    const { status, body } = await system.createAccount({ user_id: "all", schemes: [bip340, ecdsa, eddsa] });
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: "active", scheme: bip340, keys: [bip340, ecdsa, eddsa].map((scheme) => ({ scheme, epoch: 0 })) });
    expect(body.public_key).toBe(body.keys[0].public_key);
    expect(Object.keys(body.addresses).sort()).toEqual(["bitcoin_p2tr", "bitcoin_p2wpkh", "evm", "solana", "tron"]);
    const made = keygens(body.id);
    expect(made.map(({ scheme }) => scheme)).toEqual([bip340, ecdsa, eddsa]);
    const members = made.map(({ intent }) => intent.action.case === "keygen" && intent.action.value.members.map(({ partyId }) => partyId));
    expect(new Set(members.map(String)).size).toBe(1);
    expect(await get(body.id)).toEqual(body);
  });

  it("takes one scheme by its own field, and keeps to ECDSA where none is named", async () => {
    expect((await system.createAccount({ user_id: "one", scheme: eddsa })).body).toMatchObject({
      scheme: eddsa,
      addresses: { solana: expect.any(String) },
    });
    expect((await system.createAccount({ user_id: "one" })).body.scheme).toBe(ecdsa);
  });

  it.each([{ scheme: "rsa" }, { schemes: [] }, { schemes: [ecdsa, ecdsa] }, { scheme: ecdsa, schemes: [eddsa] }, { schemes: eddsa }])(
    "400: %j",
    async (what) => {
      const { status, body } = await system.createAccount({ user_id: "wrong", ...what });
      expect([status, body.message]).toEqual([400, expect.stringContaining("scheme")]);
      expect(await ofUser("wrong")).toEqual([]);
    },
  );

  it("leaves no key usable when a later one fails, and tells the parties that that one will never commit", async () => {
    const { keygen } = behaviour;
    let times = 0;
    behaviour.keygen = (intent, key) => (++times < 3 ? keygen(intent, key) : new Uint8Array(3));
    const { status, body } = await system.createAccount({ user_id: "two-of-three", schemes: [ecdsa, eddsa, bip340] });
    expect([status, body.code]).toEqual([502, "account/bad-result"]);
    const [account] = await ofUser("two-of-three");
    expect(account).toMatchObject({ status: "failed", public_key: null, addresses: {}, keys: [], error: { code: "account/bad-result" } });
    expect((await system.call("POST", path(account.id, "/sign"), { digest })).status).toBe(409);
    expect((await addKey(account.id, bip340)).status).toBe(409);
    const made = keygens(account.id).map(({ intent }) => intent.sessionId);
    expect(made.map((id) => abandoned.has(id))).toEqual([false, false, true]);
    for (const [at, expected] of ["completed", "completed", "failed"].entries())
      expect((await system.call("GET", `/api/v1/sessions/${made[at]}`)).body.status).toBe(expected);
  });

  it("goes on after a crash between two keygens, for the caller that asks again and for nobody", async () => {
    const headers = { "idempotency-key": "all-or-none" };
    const wanted = { user_id: "crashed", schemes: [eddsa, ecdsa] };
    const { keygen } = behaviour;
    let begun = (): void => {};
    for (const asksAgain of [true, false]) {
      const running = new Promise<void>((done) => {
        begun = done;
      });
      let times = 0;
      behaviour.keygen = (intent, key) => {
        if (++times === 1) return keygen(intent, key);
        begun();
        return undefined;
      };
      const cut = system.createAccount(wanted, asksAgain ? headers : {}).catch(() => undefined);
      await running;
      const before = (await ofUser("crashed")).at(-1);
      expect(before).toMatchObject({ status: "creating", keys: [], public_key: null });
      await system.restart();
      await cut;
      behaviour.keygen = keygen;
      system.coordinator.finish();
      if (asksAgain) expect((await system.createAccount(wanted, headers)).body).toMatchObject({ id: before.id, status: "active" });
      await system.service().reconciled;
      await expect.poll(async () => (await get(before.id)).status).toBe("active");
      expect((await get(before.id)).keys).toHaveLength(2);
    }
  });

  it("makes another account under the same key once parties that were missing are back", async () => {
    const headers = { "idempotency-key": "gone-for-the-second" };
    const wanted = { user_id: "gone", schemes: [ecdsa, eddsa] };
    const { keygen } = behaviour;
    behaviour.keygen = (intent, key) => {
      behaviour.fail = { code: "coordinator/parties-missing", message: "gone", parties: ["server-party-3"] };
      return keygen(intent, key);
    };
    expect((await system.createAccount(wanted, headers)).status).toBe(503);
    Object.assign(behaviour, { keygen, fail: undefined });
    const { status, body } = await system.createAccount(wanted, headers);
    expect([status, body.keys?.length]).toEqual([201, 2]);
    expect((await system.createAccount(wanted, headers)).body).toEqual(body);
  });
});

describe("POST /accounts/{id}/keys", () => {
  it("adds a key of a further scheme, once for one idempotency key, and nothing else of the account changes", async () => {
    const account = (await system.createAccount({ user_id: "more" })).body;
    const headers = { "idempotency-key": "more-1" };
    const [one, two] = await Promise.all([addKey(account.id, eddsa, headers), addKey(account.id, eddsa, headers)]);
    expect([one.status, two.body]).toEqual([201, one.body]);
    expect(one.body).toMatchObject({ scheme: eddsa, xpub: null, epoch: 0, keygen_session_id: expect.stringMatching(/^ses_/) });
    const { key_id, scheme, public_key, epoch } = one.body;
    const grown = await get(account.id);
    const { solana, ...others } = grown.addresses;
    expect([others, solana]).toEqual([account.addresses, one.body.addresses.solana]);
    expect(grown).toEqual({ ...account, addresses: grown.addresses, keys: [...account.keys, { key_id, scheme, public_key, epoch }] });
    expect((await get(account.id, "/keys")).keys.map((key: { keygen_session_id: string }) => key.keygen_session_id)).toEqual([
      account.keygen_session_id,
      one.body.keygen_session_id,
    ]);
    await system.restart();
    expect((await addKey(account.id, eddsa, headers)).body).toEqual(one.body);
  });

  it("409: a second key of a scheme, also while a first one is made; 404: another tenant's account", async () => {
    const { id } = (await system.createAccount({ user_id: "twice" })).body;
    expect((await addKey(id, ecdsa)).body.code).toBe("account/key-exists");
    const answers = await Promise.all([addKey(id, bip340), addKey(id, bip340), addKey(id, bip340)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    for (const { body } of answers.filter(({ status }) => status === 409))
      expect(["account/key-exists", "account/lifecycle-running"]).toContain(body.code);
    expect((await get(id)).keys).toHaveLength(2);
    expect((await addKey(id, eddsa, { "x-api-key": otherTenantKey })).status).toBe(404);
  });

  it("leaves an active account as it is when the further key fails, which may be asked for again", async () => {
    const account = (await system.createAccount({ user_id: "stays" })).body;
    behaviour.fail = { code: "mpc/bad-proof", message: "no" };
    behaviour.losesAbandonments = true;
    expect((await addKey(account.id, bip340)).status).toBe(502);
    expect(await get(account.id)).toEqual(account);
    const [, failed] = keygens(account.id).map(({ intent }) => intent.sessionId);
    expect(abandoned.has(failed ?? "")).toBe(false);
    Object.assign(behaviour, { fail: undefined, losesAbandonments: false });
    await system.restart();
    await system.service().reconciled;
    expect(abandoned.has(failed ?? "")).toBe(true);
    expect((await addKey(account.id, bip340)).status).toBe(201);
  });

  it("gets its key although the account was changed meanwhile", async () => {
    const { id } = (await system.createAccount({ user_id: "changed" })).body;
    const { keygen } = behaviour;
    let begun = (): void => {};
    const running = new Promise<void>((done) => {
      begun = done;
    });
    behaviour.keygen = () => {
      begun();
      return undefined;
    };
    const adding = addKey(id, eddsa);
    await running;
    const configuration = { parties: ["server-party-2", "server-party-1"], required: [] };
    expect((await system.call("PUT", path(id, "/signing-configuration"), configuration)).status).toBe(200);
    behaviour.keygen = keygen;
    system.coordinator.finish();
    expect((await adding).status).toBe(201);
    expect(await get(id, "/signing-configuration")).toEqual(configuration);
  });

  it("500: a further key that was taken away, or given by another's row, is noticed", async () => {
    const { id } = (await system.createAccount({ user_id: "robbed", schemes: [ecdsa, eddsa] })).body;
    const keys = await system.db.selectFrom("keys").selectAll().where("account_id", "=", id).execute();
    const further = keys.find(({ scheme }) => scheme === eddsa);
    if (further === undefined) throw new Error("no further key");
    const epochs = await system.db.selectFrom("epochs").selectAll().where("key_id", "=", further.key_id).execute();
    const stranger = (await system.createAccount({ user_id: "stranger", schemes: [eddsa] })).body;
    await system.db.deleteFrom("epochs").where("key_id", "=", further.key_id).execute();
    await system.db.deleteFrom("keys").where("key_id", "=", further.key_id).execute();
    for (const rest of ["", "/keys", "/addresses"]) expect((await get(id, rest)).code).toBe("account/altered-row");
    await system.db.updateTable("keys").set({ account_id: id }).where("account_id", "=", stranger.id).execute();
    expect((await get(id)).code).toBe("account/altered-row");
    await system.db.updateTable("keys").set({ account_id: stranger.id }).where("account_id", "=", id).where("scheme", "=", eddsa).execute();
    await system.db.insertInto("keys").values(further).execute();
    await system.db.insertInto("epochs").values(epochs).execute();
    expect((await get(id)).status).toBe("active");
  });
});

describe("GET /accounts/{id}/addresses", () => {
  it("answers with the children of every key, which follow from what GET keys shows", async () => {
    const { id, addresses } = (await system.createAccount({ user_id: "paid", schemes: [ecdsa, eddsa, bip340] })).body;
    const { keys } = await get(id, "/keys");
    const xpub = keys.find(({ scheme }: { scheme: string }) => scheme === ecdsa).xpub;
    expect(Buffer.from(parseExtendedKey(xpub).publicKey).toString("hex")).toBe(keys[0].public_key.slice(2));
    expect(await get(id, "/addresses")).toEqual({ network: "mainnet", addresses: [{ path: "m", ...addresses }] });
    const evmAt = (child: string) => {
      const { publicKey, chain } = parseExtendedKey(xpub);
      const { publicKey: ofChild } = bip32Child(publicKey, chain, child);
      return publicKeyToAddress(`0x${secp256k1.Point.fromBytes(ofChild).toHex(false)}`);
    };
    const range = await get(id, "/addresses?path=m/0&from=5&count=3&network=regtest");
    expect(range.addresses.map((one: { path: string; evm: string }) => [one.path, one.evm])).toEqual(
      ["m/0/5", "m/0/6", "m/0/7"].map((child) => [child, evmAt(child)]),
    );
    for (const one of range.addresses) {
      expect(one).toMatchObject({ bitcoin_p2wpkh: expect.stringMatching(/^bcrt1q/), bitcoin_p2tr: expect.stringMatching(/^bcrt1p/) });
      expect(await get(id, `/addresses?path=${one.path}&network=regtest`)).toEqual({ network: "regtest", addresses: [one] });
    }
    expect(new Set(range.addresses.map(({ solana }: { solana: string }) => solana)).size).toBe(3);
  });

  it.each([
    ["path=m/0'", "hardened"],
    ["path=x", "path"],
    [`path=m${"/1".repeat(17)}`, "steps"],
    [`path=m${"/1".repeat(16)}&count=1`, "steps"],
    ["from=2147483647&count=2", "path"],
    ["count=101", "count"],
    ["network=moon", "network"],
  ])("400: ?%s", async (query, named) => {
    const { id } = (await ofUser("paid"))[0];
    const { status, body } = await system.call("GET", path(id, `/addresses?${query}`));
    expect([status, body.message]).toEqual([400, expect.stringContaining(named)]);
  });
});
