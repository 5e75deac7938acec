// A claimed idempotency key: as long as its process is at work, and no longer than one claim after its death.
import { expect, it, vi } from "vitest";
import { testSystem } from "../../test/system.ts";
import { type AccountContext, defaultTiming } from "../context.ts";
import { hashBody, once, type Work } from "./once.ts";

const claimMs = 900;
const system = await testSystem({ timing: { claimMs, candidatesGraceMs: 10_000 } });
const { behaviour } = system.coordinator;
const claimOf = (key: string) =>
  system.db.selectFrom("idempotency").select(["resource_id", "renewals"]).where("key", "=", key).executeTakeFirst();

it("is nobody else's while the first request is at work, however long that takes", async () => {
  const { candidates } = behaviour;
  behaviour.candidates = [];
  const headers = { "idempotency-key": "slow" };
  const requests = [1, 2].map(() => system.createAccount({ user_id: "slow" }, headers));
  await vi.waitFor(async () => expect(await claimOf("slow")).toMatchObject({ resource_id: expect.stringMatching(/^acc_/) }), {
    timeout: 20_000,
  });
  const { resource_id } = (await claimOf("slow")) as NonNullable<Awaited<ReturnType<typeof claimOf>>>;
  // Each a third of a claim after the one before: longer than any claim that is not renewed.
  await vi.waitFor(async () => expect((await claimOf("slow"))?.renewals).toBeGreaterThan(4), { timeout: 20_000 });
  expect((await claimOf("slow"))?.resource_id).toBe(resource_id);
  behaviour.candidates = candidates;
  const [one, two] = await Promise.all(requests);
  expect([one?.status, one?.body.id, two?.body]).toEqual([201, resource_id, one?.body]);
});

it("is not taken over when its process, long silent, makes the resource just then", async () => {
  const made: string[] = [];
  let wake = (): void => {};
  const asleep = new Promise<void>((done) => {
    wake = done;
  });
  /** A request in a process for which claims of others are over after so long. */
  const request = (id: string, lengthMs: number, { before, state }: { before: Promise<void>; state: Work<string>["state"] }) =>
    once<string>(
      {
        db: system.db,
        timing: { ...defaultTiming, claimMs: lengthMs },
        nowMs: Date.now,
        signal: new AbortController().signal,
      } as AccountContext,
      { tenantId: "default", route: "POST /of/the/test", key: "raced", bodyHash: hashBody([]) },
      {
        newId: () => id,
        async begin(resourceId, guard) {
          await before;
          await system.db.transaction().execute(guard);
          made.push(resourceId);
        },
        finish: async (resourceId) => resourceId,
        state,
      },
    );
  const first = request("acc_first", 60_000, { before: asleep, state: async () => "absent" });
  await vi.waitFor(async () => expect(await claimOf("raced")).toMatchObject({ resource_id: "acc_first" }));
  const second = request("acc_second", 0, {
    before: Promise.resolve(),
    async state() {
      if (made.length > 0) return "there";
      // Looked for and not found; before that is acted upon, it is there.
      wake();
      await first;
      return "absent";
    },
  });
  expect(await Promise.all([first, second])).toEqual(["acc_first", "acc_first"]);
  expect(made).toEqual(["acc_first"]);
});
