// These tests claim an idempotency key. A claim lives as long as its process is at work, and no
// longer than one claim's length after its death.
import { expect, it, vi } from "vitest";
import { storeOf, testSystem } from "../../test/system.ts";
import { type AccountContext, defaultTiming } from "../context.ts";
import { hashBody, once, type Work } from "./once.ts";

const claimMs = 900;
const system = await testSystem({ timing: { claimMs, candidatesGraceMs: 10_000 } });
const { behaviour } = system.coordinator;
const claimOf = (key: string) =>
  system.db.selectFrom("idempotency").select(["session_id", "renewals"]).where("key", "=", key).executeTakeFirst();

it("is nobody else's while the first request is at work, however long that takes", async () => {
  const { candidates } = behaviour;
  behaviour.candidates = [];
  const headers = { "idempotency-key": "slow" };
  const requests = [1, 2].map(() => system.createAccount({ user_id: "slow" }, headers));
  await vi.waitFor(async () => expect(await claimOf("slow")).toMatchObject({ session_id: expect.stringMatching(/^ses_/) }), {
    timeout: 20_000,
  });
  const { session_id } = (await claimOf("slow")) as NonNullable<Awaited<ReturnType<typeof claimOf>>>;
  // Each renewal comes a third of a claim's length after the one before. So five of them take
  // longer than a claim that is not renewed would last.
  await vi.waitFor(async () => expect((await claimOf("slow"))?.renewals).toBeGreaterThan(4), { timeout: 20_000 });
  expect((await claimOf("slow"))?.session_id).toBe(session_id);
  behaviour.candidates = candidates;
  const [one, two] = await Promise.all(requests);
  expect([one?.status, one?.body.keygen_session_id, two?.body]).toEqual([201, session_id, one?.body]);
});

it("is not taken over when its process, long silent, makes the resource just then", async () => {
  const made: string[] = [];
  let wake = (): void => {};
  const asleep = new Promise<void>((done) => {
    wake = done;
  });
  /** Makes a request in a process for which claims of others are over after so long. */
  const store = storeOf(system.db);
  const request = (id: string, lengthMs: number, { before, find }: { before: Promise<void>; find: Work<string, string>["find"] }) =>
    once<string, string>(
      {
        store,
        timing: { ...defaultTiming, claimMs: lengthMs },
        nowMs: Date.now,
        newId: () => id,
        signal: new AbortController().signal,
      } as Partial<AccountContext> as AccountContext,
      { tenantId: "default", route: "POST /of/the/test", key: "raced", bodyHash: hashBody([]) },
      {
        async begin(sessionId, claim) {
          await before;
          if (claim !== undefined && !(await store.claims.renew(claim))) return undefined;
          made.push(sessionId);
          return sessionId;
        },
        find,
        mayRepeat: () => false,
        finish: async (sessionId) => sessionId,
      },
    );
  const first = request("ses_first", 60_000, { before: asleep, find: async () => undefined });
  await vi.waitFor(async () => expect(await claimOf("raced")).toMatchObject({ session_id: "ses_first" }));
  const second = request("ses_second", 0, {
    before: Promise.resolve(),
    async find(sessionId) {
      if (made.length > 0) return sessionId;
      // The session is looked for and not found. Before the request acts on that, it is there.
      wake();
      await first;
      return undefined;
    },
  });
  expect(await Promise.all([first, second])).toEqual(["ses_first", "ses_first"]);
  expect(made).toEqual(["ses_first"]);
});
