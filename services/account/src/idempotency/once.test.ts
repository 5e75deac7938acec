// A claimed idempotency key: as long as its process is at work, and no longer than one claim after its death.
import { expect, it, vi } from "vitest";
import { testSystem } from "../../test/system.ts";

const claimMs = 900;
const system = await testSystem({ timing: { claimMs, candidatesGraceMs: 10_000 } });
const { behaviour } = system.coordinator;
const claimOf = (key: string) =>
  system.db.selectFrom("idempotency").select(["resource_id", "claimed_until"]).where("key", "=", key).executeTakeFirst();

it("is nobody else's while the first request is at work, however long that takes", async () => {
  const { candidates } = behaviour;
  behaviour.candidates = [];
  const headers = { "idempotency-key": "slow" };
  const requests = [1, 2].map(() => system.createAccount({ user_id: "slow" }, headers));
  await vi.waitFor(async () => expect(await claimOf("slow")).toMatchObject({ resource_id: expect.stringMatching(/^acc_/) }), {
    timeout: 20_000,
  });
  const { resource_id, claimed_until } = (await claimOf("slow")) as NonNullable<Awaited<ReturnType<typeof claimOf>>>;
  await vi.waitFor(
    async () => expect((await claimOf("slow"))?.claimed_until.getTime()).toBeGreaterThan(claimed_until.getTime() + claimMs),
    { timeout: 20_000 },
  );
  expect((await claimOf("slow"))?.resource_id).toBe(resource_id);
  behaviour.candidates = candidates;
  const [one, two] = await Promise.all(requests);
  expect([one?.status, one?.body.id, two?.body]).toEqual([201, resource_id, one?.body]);
});
