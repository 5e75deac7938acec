import { CovaultError } from "@covault/errors";
import { makeLogger } from "@covault/service-kit/run";
import { LiveRoster } from "@covault/trust";
import { describe, expect, it } from "vitest";
import { apiKey, auditSeed, rowKeys, testSystem } from "../../test/system.ts";
import { initiator, root, roster, rosterOf } from "../../test/trust.ts";
import { startAccount } from "../index.ts";

const system = await testSystem();
const { behaviour, sessions, abandoned } = system.coordinator;

/**
 * Gives an account whose keygen is cut off by the end of the process, while the coordinator is at
 * work on it.
 */
async function cutOff(userId: string, meanwhile: () => void): Promise<{ id: string; keygen_session_id: string }> {
  let begun = (): void => {};
  const running = new Promise<void>((done) => {
    begun = done;
  });
  const { keygen } = behaviour;
  behaviour.keygen = () => {
    begun();
    return undefined;
  };
  const cut = system.createAccount({ user_id: userId }).catch(() => undefined);
  await running;
  const [account] = (await system.call("GET", `/api/v1/accounts?user_id=${userId}`)).body.accounts;
  expect(account.status).toBe("creating");
  behaviour.keygen = keygen;
  const stopped = system.service().stop();
  meanwhile();
  await stopped;
  await cut;
  await system.restart();
  await system.service().reconciled;
  return account;
}

const read = async (id: string) => (await system.call("GET", `/api/v1/accounts/${id}`)).body;

describe("accounts that a crash left creating are settled at the next start", () => {
  it("a certificate at the coordinator: active", async () => {
    const { id } = await cutOff("done", () => system.coordinator.finish());
    expect(await read(id)).toMatchObject({ status: "active", addresses: { evm: expect.any(String) } });
  });

  it("failed at the coordinator: failed and abandoned", async () => {
    const { id, keygen_session_id: sessionId } = await cutOff("failed", () => {
      behaviour.fail = { code: "coordinator/no-progress", message: "Nobody moved." };
      system.coordinator.finish();
    });
    expect(await read(id)).toMatchObject({ status: "failed", public_key: null, error: { code: "account/session-failed" } });
    expect(abandoned.has(sessionId)).toBe(true);
  });

  it("unknown to the coordinator: failed", async () => {
    const { id } = await cutOff("unknown", () => sessions.clear());
    expect(await read(id)).toMatchObject({ status: "failed" });
  });

  it("a certificate that does not verify: failed and abandoned", async () => {
    const { id, keygen_session_id: sessionId } = await cutOff("forged", () => {
      behaviour.keygen = () => new Uint8Array(3);
      system.coordinator.finish();
    });
    expect(await read(id)).toMatchObject({ status: "failed", error: { code: "account/bad-result" } });
    expect(abandoned.has(sessionId)).toBe(true);
  });

  it("the coordinator away: still creating, and settled by the start after", async () => {
    const { id } = await cutOff("away", () => {
      behaviour.down = 503;
      system.coordinator.finish();
    });
    expect((await read(id)).status).toBe("creating");
    behaviour.down = undefined;
    await system.restart();
    await system.service().reconciled;
    expect((await read(id)).status).toBe("active");
  });
});

it("one altered row keeps no other account from being settled", async () => {
  const { id: altered } = await cutOff("altered", () => {
    behaviour.down = 503;
    system.coordinator.finish();
  });
  behaviour.down = undefined;
  const rename = (name: string | null) => system.db.updateTable("accounts").set({ name }).where("account_id", "=", altered).execute();
  await rename("mallory");
  const { id } = await cutOff("beside", () => system.coordinator.finish());
  expect(await read(id)).toMatchObject({ status: "active" });
  expect((await read(altered)).code).toBe("account/altered-row");
  await rename(null);
  await system.restart();
  await system.service().reconciled;
  expect((await read(altered)).status).toBe("active");
});

it("an abandonment that the coordinator did not get is sent at the next start, once", async () => {
  behaviour.fail = { code: "mpc/bad-proof", message: "no" };
  behaviour.losesAbandonments = true;
  await system.createAccount({ user_id: "late" });
  const [{ keygen_session_id: sessionId }] = (await system.call("GET", "/api/v1/accounts?user_id=late")).body.accounts;
  expect(abandoned.has(sessionId)).toBe(false);
  behaviour.losesAbandonments = false;
  await system.restart();
  await system.service().reconciled;
  expect(abandoned.delete(sessionId)).toBe(true);
  await system.restart();
  await system.service().reconciled;
  expect(abandoned.has(sessionId)).toBe(false);
});

describe("the service does not start", () => {
  const options = {
    config: { port: 0, apiKey, coordinatorUrl: system.coordinator.url },
    database: system.database,
    logger: makeLogger({ name: "test", level: "silent" }),
    rowKeys,
    auditKeys: { seed: auditSeed },
  };
  const refusal = (start: Promise<unknown>): Promise<unknown> =>
    start.catch((error: unknown) => error instanceof CovaultError && error.code);

  it("with an INITIATOR_KEY that is not in the roster", async () => {
    const trust = { roster: new LiveRoster(roster(), root.publicKey), initiator: { id: "account", seed: new Uint8Array(32).fill(1) } };
    expect(await refusal(startAccount({ ...options, ...trust }))).toBe("account/bad-initiator-key");
  });

  it("with an older roster than it has gone by, nor with another one of the same serial", async () => {
    const start = (serial: bigint, without: string[] = []) => {
      const trust = {
        roster: new LiveRoster(rosterOf({ serial, without }), root.publicKey),
        initiator: { id: initiator.id, seed: initiator.seed },
      };
      return startAccount({ ...options, ...trust });
    };
    await (await start(3n)).stop();
    expect(await refusal(start(2n))).toBe("trust/roster-not-newer");
    expect(await refusal(start(3n, ["server-party-4"]))).toBe("trust/roster-not-newer");
    await (await start(3n)).stop();
  });
});
