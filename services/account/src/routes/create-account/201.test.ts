import { fromBinary } from "@bufbuild/protobuf";
import { openIntent } from "@covault/trust";
import { SignedSchema } from "@covault/wire";
import { expect, it } from "vitest";
import { apiKey, testSystem } from "../../../test/system.ts";
import { initiator, parties } from "../../../test/trust.ts";

const system = await testSystem();

it("answers with the account, its key taken from the certificate", async () => {
  const { status, body, headers } = await system.createAccount();
  expect(status).toBe(201);
  const publicKey = `0x${Buffer.from(system.coordinator.keyOf(body.keygen_session_id).publicKey).toString("hex")}`;
  expect(body).toEqual({
    id: expect.stringMatching(/^acc_[0-9a-z]{26}$/),
    user_id: "user123",
    name: null,
    status: "active",
    scheme: "ecdsa-secp256k1",
    threshold_t: 2,
    threshold_n: 3,
    public_key: publicKey,
    addresses: {
      evm: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/),
      tron: expect.stringMatching(/^T\w{33}$/),
      bitcoin_p2wpkh: expect.stringMatching(/^bc1q\w{38}$/),
    },
    keys: [{ key_id: expect.stringMatching(/^0x[0-9a-f]{64}$/), scheme: "ecdsa-secp256k1", public_key: publicKey, epoch: 0 }],
    keygen_session_id: expect.stringMatching(/^ses_[0-9a-z]{26}$/),
    parties: parties.slice(0, 3).map(({ id }, at) => ({ party_id: id, role: "persistent", share_index: at + 1 })),
    error: null,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  });
  expect(headers.get("location")).toBe(`/api/v1/accounts/${body.id}`);
});

it("gives the threshold and the name that were asked for", async () => {
  const { status, body } = await system.createAccount({ user_id: "u", name: "savings", threshold_t: 3, threshold_n: 4 });
  expect(status).toBe(201);
  expect(body).toMatchObject({ name: "savings", threshold_t: 3, threshold_n: 4 });
  expect(body.parties).toHaveLength(4);
});

it("sends an intent that the parties can verify, with identity keys from the roster", async () => {
  const { body } = await system.createAccount();
  const sent = system.coordinator.sessions.get(body.keygen_session_id);
  const signed = fromBinary(SignedSchema, sent?.signedIntent ?? new Uint8Array());
  const { intent, kind } = openIntent(signed, (id) => (id === "account" ? [initiator.publicKey] : []), Date.now());
  expect(kind).toBe("keygen");
  expect(intent).toMatchObject({ tenantId: "default", accountId: body.id, sessionId: body.keygen_session_id });
  const { action } = intent;
  expect(action.case === "keygen" && action.value.members.map(({ idpk }) => Buffer.from(idpk).toString("hex"))).toEqual(
    parties.slice(0, 3).map(({ publicKey }) => Buffer.from(publicKey).toString("hex")),
  );
  expect(action.case === "keygen" && action.value.initiators).toEqual(["account"]);
});

it("stores account and intent before the coordinator hears of the session", async () => {
  const { keygen } = system.coordinator.behaviour;
  let release = (): void => {};
  const looked = new Promise<void>((done) => {
    release = done;
  });
  system.coordinator.behaviour.keygen = () => {
    release();
    return undefined;
  };
  const creating = system.createAccount({ user_id: "early" });
  await looked;
  const stored = (await system.call("GET", "/api/v1/accounts?user_id=early")).body.accounts;
  expect(stored).toMatchObject([{ status: "creating", public_key: null, addresses: {} }]);
  system.coordinator.behaviour.keygen = keygen;
  system.coordinator.finish();
  expect((await creating).status).toBe(201);
});

it("answers a repeated request with the first account, and two at once with the same one", async () => {
  const headers = { "idempotency-key": "order-1" };
  const [one, two] = await Promise.all([system.createAccount(undefined, headers), system.createAccount(undefined, headers)]);
  const three = await system.createAccount(undefined, headers);
  expect(one.status).toBe(201);
  expect([two.body, three.body]).toEqual([one.body, one.body]);
});

it("takes hold of the running keygen when a request is repeated after a restart", async () => {
  const headers = { "idempotency-key": "order-crash" };
  const { keygen } = system.coordinator.behaviour;
  let begun = (): void => {};
  const running = new Promise<void>((done) => {
    begun = done;
  });
  system.coordinator.behaviour.keygen = () => {
    begun();
    return undefined;
  };
  const cut = system.createAccount({ user_id: "crash" }, headers).catch(() => undefined);
  await running;
  await system.restart();
  await cut;
  system.coordinator.behaviour.keygen = keygen;
  const again = system.createAccount({ user_id: "crash" }, headers);
  system.coordinator.finish();
  await system.service().reconciled;
  expect((await again).status).toBe(201);
  expect((await system.call("GET", "/api/v1/accounts?user_id=crash")).body.accounts).toHaveLength(1);
});

it("prints no API key in its log, at debug level", () => {
  expect(system.log.join("\n")).not.toContain(apiKey);
});
