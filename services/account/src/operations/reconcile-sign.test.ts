import { expect, it } from "vitest";
import { digest, testSystem } from "../../test/system.ts";

const signTtlMs = 200;
const system = await testSystem({ timing: { signTtlMs } });
const { behaviour } = system.coordinator;
const account = (await system.createAccount()).body;

/**
 * Gives the session of a signature that its caller stops waiting for when the service dies.
 * `meanwhile` happens to the coordinator after that.
 */
async function cutOff(meanwhile: () => void): Promise<string> {
  const { sign } = behaviour;
  const begun = new Promise<void>((done) => {
    behaviour.sign = () => {
      done();
      return undefined;
    };
  });
  const before = new Set(system.coordinator.sessions.keys());
  const cut = system.call("POST", `/api/v1/accounts/${account.id}/sign`, { message: digest }).catch(() => undefined);
  await begun;
  const [sessionId] = [...system.coordinator.sessions.keys()].filter((id) => !before.has(id));
  behaviour.sign = sign;
  await system.restart();
  await cut;
  await system.service().reconciled;
  expect((await stored(sessionId ?? "")).status).toBe("open");
  meanwhile();
  return sessionId ?? "";
}
const stored = (id: string) =>
  system.db.selectFrom("sessions").select(["status", "signature", "failure_code"]).where("session_id", "=", id).executeTakeFirstOrThrow();

/** Gives the session when its intent is over and the service has looked. */
async function settled(id: string) {
  const { expires_at } = await system.db.selectFrom("sessions").select("expires_at").where("session_id", "=", id).executeTakeFirstOrThrow();
  await expect.poll(() => Date.now(), { timeout: 5_000 }).toBeGreaterThan(expires_at.getTime());
  await system.restart();
  await system.service().reconciled;
  return stored(id);
}

it("a signature that nobody waits for gets its result", async () => {
  const id = await cutOff(() => system.coordinator.finish());
  expect(await settled(id)).toMatchObject({ status: "completed", signature: expect.any(Uint8Array) });
});

it("one that never reached the coordinator fails", async () => {
  const id = await cutOff(() => system.coordinator.sessions.clear());
  expect(await settled(id)).toMatchObject({ status: "failed", failure_code: "account/session-failed" });
});

it("one that the coordinator works on still, and one that it cannot be asked about, stay open", async () => {
  const id = await cutOff(() => {});
  expect(await settled(id)).toMatchObject({ status: "open" });
  behaviour.down = 503;
  expect(await settled(id)).toMatchObject({ status: "open" });
  behaviour.down = undefined;
  system.coordinator.finish();
  expect(await settled(id)).toMatchObject({ status: "completed" });
});

it("one whose row was altered keeps no other from its outcome", async () => {
  const altered = await cutOff(() => {});
  const id = await cutOff(() => system.coordinator.finish());
  const values = { intent: Buffer.from([0]), expires_at: new Date(0) };
  await system.db.updateTable("sessions").set(values).where("session_id", "=", altered).execute();
  expect(await settled(id)).toMatchObject({ status: "completed" });
  expect(await stored(altered)).toMatchObject({ status: "open" });
});

it("more rows that cannot be settled than are read at once keep no other from its outcome", async () => {
  const id = await cutOff(() => system.coordinator.finish());
  const row = await system.db.selectFrom("sessions").selectAll().where("session_id", "=", id).executeTakeFirstOrThrow();
  const stuck = Array.from({ length: 120 }, (_, n) => ({
    ...row,
    session_id: `ses_stuck${n}`,
    intent: Buffer.from([0]),
    expires_at: new Date(0),
  }));
  await system.db.insertInto("sessions").values(stuck).execute();
  expect(await settled(id)).toMatchObject({ status: "completed" });
});
