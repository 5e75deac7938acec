import { memoryRevocation, type Revocation } from "@covault/service-kit/messages";
import { describe, expect, it } from "vitest";
import { at, keygenPlan, opened, rid, running, signPlan, started, t0 } from "../test/given.ts";
import { joinTokens } from "./join-token.ts";
import { revocableTokens } from "./revoked-tokens.ts";
import type { StoredEvent, TimedEvent } from "./session/events.ts";
import { fold } from "./session/evolve.ts";

const revoked = { code: "coordinator/token-revoked" };
const invitation = (attempt = 1, sessionId = "ses_1") => ({ sessionId, partyId: "p1", attempt, rid: rid(attempt) });
const stored = (...events: TimedEvent[]) => events.map((event, seq) => ({ ...event, seq }) as StoredEvent);

function setup(revocation: Revocation | undefined = undefined) {
  let now = t0;
  const nowMs = () => now;
  const away: unknown[] = [];
  const store = revocation ?? memoryRevocation({ monotonicMs: nowMs });
  const replica = () =>
    revocableTokens({
      tokens: joinTokens("a key for tests, 32 characters or more", nowMs),
      revocation: store,
      nowMs,
      monotonicMs: nowMs,
      onAway: (error) => away.push(error),
    });
  return { one: replica(), other: replica(), away, advance: (ms: number) => (now += ms) };
}

describe("revoked join tokens", () => {
  it("[CO36] a used token is refused at every replica, and another one of the same invitation is not", async () => {
    const { one, other } = setup();
    const [used, next] = [await one.issue(invitation(), 60_000), await one.issue(invitation(), 60_000)];
    expect(await other.verify(used, invitation())).toBe(true);
    await one.used(used);
    for (const replica of [one, other]) {
      await expect(replica.verify(used, invitation())).rejects.toMatchObject(revoked);
      expect(await replica.verify(next, invitation())).toBe(true);
    }
  });
  it("[CO36] is remembered as long as the token lasts, and no longer", async () => {
    const kept: number[] = [];
    const { one, advance } = setup({
      revoke: async (_id, ttlMs) => void kept.push(ttlMs),
      isRevoked: async () => false,
      close: async () => {},
    });
    const token = await one.issue(invitation(), 60_000);
    advance(20_000);
    await one.used(token);
    expect(kept).toEqual([40_000]);
  });
  it.each([
    ["fails", running(signPlan, 1, [1, 2]), at(9, "AttemptFailed", { attempt: 1, code: "x/y", silent: [], disputes: [], retryAtMs: t0 })],
    ["brings the result", running(signPlan, 1, [1, 2]), at(9, "Completed", { attempt: 1, signature: "ab" })],
    [
      "ends with its session",
      running(signPlan, 1, [1, 2]),
      at(9, "SessionFailed", { code: "coordinator/expired", message: "", parties: [] }),
    ],
    ["is abandoned", running(keygenPlan, 1, [1, 2, 3]), at(9, "Abandoned", { abandonment: "eA==" })],
  ])("[CO36] the tokens of an attempt that %s are refused; those of other attempts and sessions are not", async (_how, history, end) => {
    const { one, other } = setup();
    const token = await one.issue(invitation(), 60_000);
    await one.ended(stored(end), fold([...history, end]));
    await expect(other.verify(token, invitation())).rejects.toMatchObject(revoked);
    for (const elsewhere of [invitation(2), invitation(1, "ses_2")])
      expect(await other.verify(await one.issue(elsewhere, 60_000), elsewhere)).toBe(true);
  });
  it("[CO36] an attempt that follows at once keeps its tokens", async () => {
    const { one } = setup();
    const failed = at(1, "AttemptFailed", { attempt: 1, code: "x/y", silent: [], disputes: [], retryAtMs: t0 });
    const events = [failed, started(2, [1, 2], 1)];
    await one.ended(stored(...events), fold([opened(signPlan), started(1, [1, 2]), ...events]));
    expect(await one.verify(await one.issue(invitation(2), 60_000), invitation(2))).toBe(true);
  });
  it.each([
    ["fails", () => Promise.reject(new Error("away"))],
    ["does not answer", () => new Promise<never>(() => {})],
  ])("[CO37] a store that %s holds up no join for long, is told of once, and asked again later", async (_how, never) => {
    let asked = 0;
    const ask = () => {
      asked++;
      return never();
    };
    const { one, away, advance } = setup({ revoke: ask, isRevoked: ask, close: async () => {} });
    const token = await one.issue(invitation(), 60_000);
    const before = performance.now();
    for (let n = 0; n < 20; n++) expect(await one.verify(token, invitation())).toBe(true);
    await one.used(token);
    expect(performance.now() - before).toBeLessThan(2_000);
    expect([asked, away.length]).toEqual([1, 1]);
    advance(5_000);
    await one.verify(token, invitation());
    expect([asked, away.length]).toEqual([2, 2]);
  });
});
