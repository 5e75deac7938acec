import { recoverAddress } from "viem";
import { expect, it } from "vitest";
import { digest, testSystem } from "../../../test/system.ts";

const system = await testSystem();
const account = (await system.createAccount()).body;
const sign = (hash: string, headers?: Record<string, string>) =>
  system.call("POST", `/api/v1/accounts/${account.id}/sign`, { digest: hash }, headers);

it("answers with a signature that viem leads back to the account's EVM address", async () => {
  const { status, body } = await sign(`0x${digest}`);
  expect(status).toBe(200);
  expect(body).toEqual({
    session_id: expect.stringMatching(/^ses_/),
    keygen_session_id: account.keygen_session_id,
    digest: `0x${digest}`,
    message: `0x${digest}`,
    signature: {
      r: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      s: expect.stringMatching(/^0x[0-7][0-9a-f]{63}$/),
      recovery_id: expect.any(Number),
      hex: expect.stringMatching(/^0x[0-9a-f]{130}$/),
    },
    signatures: [
      {
        index: 0,
        key_id: account.keys[0].key_id,
        scheme: "ecdsa-secp256k1",
        path: "m",
        public_key: account.public_key,
        taproot: false,
        address: account.addresses.evm,
        digest: `0x${digest}`,
        message: `0x${digest}`,
        hex: body.signature.hex,
      },
    ],
  });
  const { r, s, recovery_id: recoveryId, hex } = body.signature;
  expect(hex).toBe(`${r}${s.slice(2)}${(27 + recoveryId).toString(16)}`);
  expect(await recoverAddress({ hash: `0x${digest}`, signature: hex })).toBe(account.addresses.evm);
});

it.each(["", "0x", "0X"])("takes a digest in capitals after %j, and shows it in its one form", async (prefix) => {
  const { status, body } = await sign(prefix + "AB".repeat(32));
  expect([status, body.digest]).toEqual([200, `0x${digest}`]);
});

it("takes the digest as message, too, and knows both for the same request", async () => {
  const headers = { "idempotency-key": "payment-by-another-name" };
  const path = `/api/v1/accounts/${account.id}/sign`;
  const one = await system.call("POST", path, { message: digest }, headers);
  expect([one.status, one.body.digest, one.body.message]).toEqual([200, `0x${digest}`, `0x${digest}`]);
  expect((await system.call("POST", path, { digest }, headers)).body).toEqual(one.body);
});

it("asks for the account's parties in its order of preference, with those it requires", async () => {
  const parties = ["server-party-3", "server-party-1"];
  await system.call("PUT", `/api/v1/accounts/${account.id}/signing-configuration`, { parties, required: ["server-party-1"] });
  const { body } = await sign(digest);
  const action = system.coordinator.sessions.get(body.session_id)?.intent.action;
  expect(action?.case === "sign" && action.value).toMatchObject({ eligible: parties, required: ["server-party-1"] });
});

it("answers a repeated request with the first signature, and two at once with the same one", async () => {
  const headers = { "idempotency-key": "payment-1" };
  const [one, two] = await Promise.all([sign(digest, headers), sign(digest, headers)]);
  await system.restart();
  const three = await sign(`0x${digest}`, headers);
  expect(one.status).toBe(200);
  expect([two.body, three.body]).toEqual([one.body, one.body]);
  expect(system.coordinator.sessions.get(one.body.session_id)?.opened).toBe(1);
});

it("takes hold of the running session when a request is repeated after a restart", async () => {
  const headers = { "idempotency-key": "payment-crash" };
  const { sign: make } = system.coordinator.behaviour;
  let begun = (): void => {};
  const running = new Promise<void>((done) => {
    begun = done;
  });
  system.coordinator.behaviour.sign = () => {
    begun();
    return undefined;
  };
  const before = new Set(system.coordinator.sessions.keys());
  const cut = sign(digest, headers).catch(() => undefined);
  await running;
  await system.restart();
  await cut;
  system.coordinator.behaviour.sign = make;
  const [sessionId] = [...system.coordinator.sessions.keys()].filter((id) => !before.has(id));
  system.coordinator.finish();
  const { status, body } = await sign(digest, headers);
  expect([status, body.session_id]).toEqual([200, sessionId]);
});

it("opens a session that was stored but never reached the coordinator", async () => {
  const headers = { "idempotency-key": "payment-lost" };
  system.coordinator.behaviour.down = 503;
  expect((await sign(digest, headers)).status).toBe(503);
  system.coordinator.behaviour.down = undefined;
  expect((await sign(digest, headers)).status).toBe(200);
});
