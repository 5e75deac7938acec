// Databases of earlier releases: the account service starts on them, believes their rows, and goes on with what they left open.
import { createHash } from "node:crypto";
import { makeLogger } from "@covault/service-kit";
import { recoverAddress } from "viem";
import { expect } from "vitest";
import { releasesContract } from "../../../packages/service-kit/test/releases-contract.ts";
import { startAccount } from "../src/index.ts";
import { coordinatorKey, fakeCoordinator } from "./fake-coordinator.ts";
import { initiator, root, roster } from "./trust.ts";

const key = "api-key-of-the-tests";
const digest = `0x${createHash("sha256").update("one").digest("hex")}` as const;

await releasesContract({
  schema: "account",
  folder: new URL("../", import.meta.url),
  async use(database) {
    const coordinator = await fakeCoordinator();
    const service = await startAccount({
      config: { port: 0, apiKey: key, coordinatorUrl: coordinator.url, coordinatorApiKey: coordinatorKey },
      database,
      roster: { signed: roster(), rootKey: root.publicKey },
      initiator: { id: initiator.id, seed: initiator.seed },
      logger: makeLogger({ name: "test", level: "silent" }),
    });
    const call = async (path: string, apiKey = key, body?: object, idempotencyKey = "") => {
      const headers = { "x-api-key": apiKey, ...(body && { "content-type": "application/json", "idempotency-key": idempotencyKey }) };
      const response = await fetch(
        `${service.url}/api/v1${path}`,
        body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers },
      );
      // biome-ignore lint/suspicious/noExplicitAny: read as a caller without types would.
      return { status: response.status, body: (await response.json()) as any };
    };
    const account = async (user: string) => (await call(`/accounts?user_id=${user}`)).body.accounts[0];
    try {
      await service.settled;
      const alice = await account("alice");
      expect(alice).toMatchObject({ status: "active", threshold_t: 2, threshold_n: 3 });
      const signed = await call(`/accounts/${alice.id}/sign`, key, { message: digest }, "sign-one");
      expect([signed.status, await recoverAddress({ hash: digest, signature: signed.body.signature.hex })]).toEqual([
        200,
        alice.addresses.evm,
      ]);
      // Signed then, not now: the coordinator was not asked for it.
      expect(coordinator.seen.filter((request) => request === "POST /api/v1/sessions")).toEqual([]);
      const configuration = await call(`/accounts/${alice.id}/signing-configuration`);
      expect(configuration.body.required).toEqual(["server-party-1"]);
      expect((await call("/accounts", key, { user_id: "alice", name: "of alice" }, "create-alice")).body.id).toBe(alice.id);
      expect((await account("bob")).error.code).toBe("account/session-failed");
      for (const user of ["carol", "dave"]) expect(await account(user), user).toMatchObject({ status: "failed" });
      expect(await call("/accounts", "live api key of the tests")).toEqual({ status: 200, body: { accounts: [], next_cursor: null } });
      expect((await call("/accounts", "revoked api key of the tests")).status).toBe(401);
    } finally {
      await service.stop();
      await coordinator.stop();
    }
  },
});
