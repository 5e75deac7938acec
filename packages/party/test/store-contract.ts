// What every Store promises, as one suite. It runs on the memory adapter and on the SQL adapter.
// Each title starts with its rule's id.
import { describe, expect, it } from "vitest";
import type { StoredBackup } from "../src/ports/backups.ts";
import { type Burn, type CheckedPair, type CheckStart, strikesMax, strikesReason } from "../src/ports/check-notes.ts";
import type { LeaseMark, Tenure } from "../src/ports/lease.ts";
import { type NewPair, type NewRenewal, type PairName, renewalRunsMax, type StoredPair } from "../src/ports/pairs.ts";
import type { NewRelease } from "../src/ports/releases.ts";
import type { IntentClaim, NewSession, NewShare, ShareName, Store } from "../src/ports/store.ts";
import { leaseContract } from "./lease-contract.ts";
import { repairedContract } from "./repaired-contract.ts";

const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
const a: Tenure = { name: "instance/a", fence: 1 };
const b: Tenure = { name: "instance/b", fence: 2 };
/** The lease of an instance, taken anew. Any former holder has lost it. */
async function tenureOf(store: Store, name: string): Promise<Tenure> {
  const run = `run-${++runs}`;
  const before = await store.takeLease(name, run);
  const { fence } = before.taken ? before : await store.takeLease(name, run, before);
  return { name, fence };
}
let runs = 0;

const claim = (over: Partial<IntentClaim> = {}): IntentClaim => ({
  intentId: fill(1),
  sessionId: "ses_1",
  issuedAtMs: 1_000,
  forgetAfterMs: 61_000,
  generation: 0,
  attempt: 1,
  rid: fill(0x11),
  attemptsMax: 8,
  ...over,
});
const session = (over: Partial<NewSession> = {}): NewSession => ({
  rid: fill(0x11),
  sessionId: "ses_1",
  intentId: fill(1),
  context: fill(2, 10),
  state: fill(3, 40),
  outbox: [
    { to: 2, bytes: fill(0x42, 5) },
    { to: 3, bytes: fill(0x43, 6) },
  ],
  expiresAtMs: 61_000,
  ...over,
});
const share = (over: Partial<NewShare> = {}): NewShare => ({
  keyId: fill(0xa1),
  epoch: fill(0xe0),
  epochNumber: 0,
  scheme: "ecdsa-secp256k1",
  sessionId: "ses_1",
  intentId: fill(1),
  record: fill(5, 200),
  secret: fill(6, 60),
  intent: fill(7, 300),
  ack: fill(8, 100),
  ...over,
});
const epoch = fill(0xe0);
/** The id of a pair of this key and epoch, by their first bytes. */
const idOf = (of: Pick<PairName, "keyId" | "epoch">, partner: number, generation = 0): Uint8Array =>
  fill(0x77)
    .fill(of.keyId[0] ?? 0, 0, 1)
    .fill(of.epoch[0] ?? 0, 1, 2)
    .fill(partner, 2, 3)
    .fill(generation, 3, 4);
/** The pairs of a new epoch with these partners. */
const pairs = (of: Pick<PairName, "keyId" | "epoch">, partners: readonly number[] = [2, 3]): readonly NewPair[] =>
  partners.map((partner) => ({ partner, pairId: idOf(of, partner), state: fill(0x70 + partner, 99) }));
/** Those pairs as a store has them at first. */
const fresh = ({ keyId, epoch }: Pick<PairName, "keyId" | "epoch">, partners: readonly number[] = [2, 3]): readonly StoredPair[] =>
  pairs({ keyId, epoch }, partners).map((pair) => ({
    ...{ keyId, epoch, generation: 0, status: "committed", ...pair },
    ...{ burn: undefined, cleared: false, strikes: 0 },
  }));
const pair = (partner: number, generation = 0): CheckedPair => ({
  partner,
  pairId: idOf({ keyId: fill(0xa1), epoch }, partner, generation),
});
const burn = (partner: number, reason = "mpc/ot-check-failed", generation = 0): Burn => ({
  ...pair(partner, generation),
  ...{ reason, sid: fill(9), digest: fill(10) },
});
/** The partners whose present pair with the key of `share()` is burned. */
async function burned(store: Store, of: Uint8Array = epoch): Promise<readonly number[]> {
  return (await store.pairs(fill(0xa1), of)).filter((each) => each.burn !== undefined).map(({ partner }) => partner);
}
/** The strikes of those pairs, where there are any. */
async function strikes(store: Store): Promise<ReadonlyMap<number, number>> {
  const struck = (await store.pairs(fill(0xa1), epoch)).filter((each) => each.strikes > 0);
  return new Map(struck.map((each) => [each.partner, each.strikes]));
}
const chain = [fill(0xcc, 50)];
/** The name of the share of `share()`, or of one of another epoch or intent. */
const named = (over: Partial<ShareName> = {}): ShareName => ({ keyId: fill(0xa1), epoch, intentId: fill(1), ...over });

/** Brings the store to a staged share of session ses_1, and gives the fence. */
async function staged(store: Store, partners?: readonly number[]): Promise<number> {
  await store.claimIntent(claim());
  const fence = (await store.openSession(session(), a)) as number;
  expect(await store.stageShare(share(), pairs(share(), partners), { rid: fill(0x11), fence })).toBe(true);
  return fence;
}
/** Brings the store to a share that signs, with pairs with 2, 3, 4 and 5. */
async function signing(store: Store): Promise<Store> {
  await staged(store, [2, 3, 4, 5]);
  await store.commitShare(named(), chain);
  return store;
}

/** The store, whose chains are judged against what it holds, unless a test says against what. */
function judging(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== "function") return value;
      return async (...args: unknown[]): Promise<unknown> => {
        if (!["commitShare", "leaveEpoch", "keepRepaired"].includes(String(name)) || args.length > 2)
          return Reflect.apply(value, target, args);
        return Reflect.apply(value, target, [...args, await target.lastCertificate((args[0] as ShareName).keyId)]);
      };
    },
  });
}

/** `newStore` gives an empty store each time. */
export function storeContract(name: string, newStore: () => Promise<Store>): void {
  const makeStore = async () => judging(await newStore());
  leaseContract(name, newStore);
  repairedContract(name, makeStore);
  describe(`Store contract: ${name}`, () => {
    it("[ST1] claims an attempt once: a second claim of the same rid is known, whoever asks", async () => {
      const store = await makeStore();
      const answers = await Promise.all([store.claimIntent(claim()), store.claimIntent(claim()), store.claimIntent(claim())]);
      expect([...answers].sort()).toEqual(["known", "known", "new"]);
    });

    it("[ST2] allows further attempts of one intent up to the limit, each number once", async () => {
      const store = await makeStore();
      for (let attempt = 1; attempt <= 3; attempt++)
        expect(await store.claimIntent(claim({ attempt, rid: fill(0x20 + attempt), attemptsMax: 3 }))).toBe("new");
      expect(await store.claimIntent(claim({ attempt: 2, rid: fill(0x50), attemptsMax: 3 }))).toBe("replayed");
      expect(await store.claimIntent(claim({ attempt: 4, rid: fill(0x51), attemptsMax: 3 }))).toBe("replayed");
      expect(await store.claimIntent(claim({ attempt: 2, rid: fill(0x22), attemptsMax: 3 }))).toBe("known");
    });

    it("[ST3] refuses another intent for the same session", async () => {
      const store = await makeStore();
      await store.claimIntent(claim());
      expect(await store.claimIntent(claim({ intentId: fill(0x99), attempt: 2, rid: fill(0x30) }))).toBe("replayed");
    });

    it("[ST29] gives the first signature of an intent, and its attempt, to every later claim of it", async () => {
      const store = await makeStore();
      const signed = { attempt: 1, signature: fill(0x55, 65) };
      await store.claimIntent(claim());
      await store.finishIntent(fill(1), signed);
      await store.finishIntent(fill(1), { attempt: 2, signature: fill(0x66, 65) });
      expect(await store.claimIntent(claim({ attempt: 2, rid: fill(0x31) }))).toEqual(signed);
      expect(await store.claimIntent(claim())).toEqual(signed);
      expect(await store.claimIntent(claim({ intentId: fill(0x99), attempt: 2, rid: fill(0x30) }))).toBe("replayed");
    });

    it("[ST30] says beforehand what a claim would be answered, and claims nothing by that", async () => {
      const store = await makeStore();
      for (let k = 0; k < 2; k++) expect(await store.peekIntent(claim())).toBe("new");
      expect(await store.claimIntent(claim())).toBe("new");
      expect(await store.peekIntent(claim())).toBe("known");
      expect(await store.peekIntent(claim({ rid: fill(0x50) }))).toBe("replayed");
      expect(await store.peekIntent(claim({ attempt: 2, rid: fill(0x50) }))).toBe("new");
      expect(await store.peekIntent(claim({ attempt: 2, rid: fill(0x50), attemptsMax: 1 }))).toBe("replayed");
      expect(await store.peekIntent(claim({ intentId: fill(0x99) }))).toBe("replayed");
      await store.finishIntent(fill(1), { attempt: 1, signature: fill(0x55, 65) });
      expect(await store.peekIntent(claim({ attempt: 2, rid: fill(0x50) }))).toEqual({ attempt: 1, signature: fill(0x55, 65) });
      expect(await store.peekIntent(claim({ generation: 1 }))).toBe("behind");
      await store.markRestored({ seen: 0, generation: 1, refuseUpToMs: 2_000 });
      expect(await store.peekIntent(claim())).toBe("restored");
    });

    it("[ST4] remembers an intent until it may be forgotten, not longer", async () => {
      const store = await makeStore();
      await store.claimIntent(claim());
      await store.prune(61_000);
      expect(await store.claimIntent(claim())).toBe("known");
      await store.prune(61_001);
      expect(await store.claimIntent(claim())).toBe("new");
    });

    it("[ST5] opens a session once, and gives back the exact bytes of its outbox", async () => {
      const store = await makeStore();
      expect(await store.openSession(session(), a)).toBeTypeOf("number");
      expect(await store.openSession(session(), b)).toBeUndefined();
      expect(await store.outbox(fill(0x11), 1, 2)).toEqual(fill(0x42, 5));
      expect(await store.outbox(fill(0x11), 1, 3)).toEqual(fill(0x43, 6));
      expect(await store.outbox(fill(0x11), 2, 2)).toBeUndefined();
      expect(await store.outbox(fill(0x12), 1, 2)).toBeUndefined();
      expect(await store.runningSessions()).toEqual([{ rid: fill(0x11), expiresAtMs: 61_000, tenure: a }]);
    });

    it("[ST6] writes rounds in order, each once, and keeps earlier outboxes", async () => {
      const store = await makeStore();
      const rid = fill(0x11);
      const fence = (await store.openSession(session(), a)) as number;
      const second = [{ to: 2, bytes: fill(0x52, 7) }];
      expect(await store.saveRound(rid, fence, 3, fill(4, 41), second)).toBe(false);
      expect(await store.saveRound(rid, fence, 2, fill(4, 41), second)).toBe(true);
      expect(await store.saveRound(rid, fence, 2, fill(0xff, 41), [{ to: 2, bytes: fill(0xff, 7) }])).toBe(false);
      expect(await store.outbox(rid, 2, 2)).toEqual(fill(0x52, 7));
      expect(await store.outbox(rid, 1, 2)).toEqual(fill(0x42, 5));
      const stored = await store.claimSession(rid, a);
      expect(stored).toMatchObject({ round: 2, state: fill(4, 41), context: fill(2, 10), sessionId: "ses_1", expiresAtMs: 61_000 });
    });

    it("[ST7] leaves a session to the instance that runs it while that has its lease; a claim raises the fence and shuts the former one out", async () => {
      const store = await makeStore();
      const rid = fill(0x11);
      const [one, other] = [await tenureOf(store, "instance/a"), await tenureOf(store, "instance/b")];
      const first = (await store.openSession(session(), one)) as number;
      expect(await store.runningSessions()).toEqual([{ rid, expiresAtMs: 61_000, tenure: one }]);
      expect(await store.claimSession(rid, other)).toBeUndefined();
      await tenureOf(store, "instance/a");
      const taken = await store.claimSession(rid, other);
      expect(taken?.fence).toBeGreaterThan(first);
      expect(await store.saveRound(rid, first, 2, fill(4), [])).toBe(false);
      expect(await store.abortSession(rid, first)).toBe(false);
      expect(await store.stageShare(share(), pairs(share()), { rid, fence: first })).toBe(false);
      expect(await store.share(fill(0xa1), epoch)).toBeUndefined();
      expect(await store.saveRound(rid, taken?.fence as number, 2, fill(4), [])).toBe(true);
      expect((await store.claimSession(rid, other))?.round).toBe(2);
      expect(await store.claimSession(rid, one)).toBeUndefined();
    });

    it("[ST8] gives a session to whoever names the last renewal of its instance, and not after the next one", async () => {
      const store = await makeStore();
      const rid = fill(0x11);
      const other = await tenureOf(store, "instance/b");
      const seen = await store.takeLease("instance/a", "run");
      const one = { name: seen.name, fence: seen.fence };
      await store.openSession(session(), one);
      const renewed = await store.takeLease("instance/a", "run");
      expect(await store.claimSession(rid, other, seen)).toBeUndefined();
      expect(await store.claimSession(rid, other, renewed)).toMatchObject({ rid, round: 1 });
      // Its lease is still its own. It lost the session, and not its checks.
      expect(await store.takeLease("instance/a", "run")).toMatchObject({ fence: seen.fence, taken: true });
    });

    it("[ST34] fixes what a round is answered with, for that round, under the fence", async () => {
      const store = await makeStore();
      const rid = fill(0x11);
      const fence = (await store.openSession(session(), a)) as number;
      expect(await store.fixInputs(rid, fence, 2, fill(7))).toBe("lost");
      expect(await store.fixInputs(rid, fence, 1, fill(7))).toBe("fixed");
      expect(await store.fixInputs(rid, fence, 1, fill(7))).toBe("fixed");
      expect(await store.fixInputs(rid, fence, 1, fill(8))).toBe("changed");
      const next = (await store.claimSession(rid, a))?.fence as number;
      expect(await store.fixInputs(rid, fence, 1, fill(7))).toBe("lost");
      expect(await store.fixInputs(rid, next, 1, fill(8))).toBe("changed");
      expect(await store.saveRound(rid, next, 2, fill(4), [])).toBe(true);
      expect(await store.fixInputs(rid, next, 2, fill(8))).toBe("fixed");
      await store.abortSession(rid, next);
      expect(await store.fixInputs(rid, next, 2, fill(8))).toBe("lost");
    });

    it("[ST9] an aborted session is gone but its rid stays known", async () => {
      const store = await makeStore();
      const rid = fill(0x11);
      const fence = (await store.openSession(session(), a)) as number;
      expect(await store.abortSession(rid, fence)).toBe(true);
      expect(await store.abortSession(rid, fence)).toBe(false);
      expect(await store.runningSessions()).toEqual([]);
      expect(await store.claimSession(rid, a)).toBeUndefined();
      expect(await store.outbox(rid, 1, 2)).toBeUndefined();
      expect(await store.openSession(session(), a)).toBeUndefined();
      expect(await store.saveRound(rid, fence, 2, fill(4), [])).toBe(false);
    });

    it("[ST10] staging ends the session and the intent, keeps the outbox, and makes nothing usable", async () => {
      const store = await makeStore();
      await staged(store);
      expect(await store.runningSessions()).toEqual([]);
      expect(await store.outbox(fill(0x11), 1, 2)).toEqual(fill(0x42, 5));
      expect(await store.claimIntent(claim({ attempt: 2, rid: fill(0x31) }))).toBe("replayed");
      expect(await store.committedShare(fill(0xa1))).toBeUndefined();
      expect(await store.shareOfIntent(fill(1))).toEqual({ ...share(), status: "staged" });
      expect(await store.sharesOfSession("ses_1")).toEqual([{ ...share(), status: "staged" }]);
      expect([await store.shareOfIntent(fill(2)), await store.sharesOfSession("ses_2")]).toEqual([undefined, []]);
      expect(await store.stagedShares()).toHaveLength(1);
      expect(await store.pairs(fill(0xa1), epoch)).toEqual(fresh({ keyId: fill(0xa1), epoch: epoch }));
    });

    it("[ST11] never stages over an existing share, and refuses attempts of a finished intent", async () => {
      const store = await makeStore();
      await staged(store);
      expect(await store.openSession(session({ rid: fill(0x12) }), a)).toBeUndefined();
      const other = session({ rid: fill(0x13), sessionId: "ses_2", intentId: fill(0x21) });
      const fence = (await store.openSession(other, a)) as number;
      const again = share({ sessionId: "ses_2", intentId: fill(0x21), secret: fill(0xee, 60) });
      expect(await store.stageShare(again, pairs(again), { rid: fill(0x13), fence })).toBe(false);
      expect((await store.share(fill(0xa1), epoch))?.secret).toEqual(fill(6, 60));
      expect(await store.pairs(fill(0xa1), epoch)).toEqual(fresh({ keyId: fill(0xa1), epoch: epoch }));
    });

    it("[ST23] of two attempts of one intent that run at once only one stages a share", async () => {
      const store = await makeStore();
      await store.claimIntent(claim());
      const first = (await store.openSession(session(), a)) as number;
      const second = (await store.openSession(session({ rid: fill(0x12) }), b)) as number;
      expect(await store.stageShare(share(), pairs(share()), { rid: fill(0x11), fence: first })).toBe(true);
      const other = share({ keyId: fill(0xa2), epoch: fill(0xe5) });
      expect(await store.stageShare(other, pairs(other), { rid: fill(0x12), fence: second })).toBe(false);
      // Neither is anything written when it would be the same key.
      expect(
        await store.stageShare(share({ epoch: fill(0xe5) }), pairs({ keyId: fill(0xa1), epoch: fill(0xe5) }), {
          rid: fill(0x12),
          fence: second,
        }),
      ).toBe(false);
      expect((await store.runningSessions()).map(({ rid }) => rid)).toEqual([fill(0x12)]);
      expect(await store.outbox(fill(0x12), 1, 2)).toEqual(fill(0x42, 5));
      expect(await store.share(fill(0xa2), fill(0xe5))).toBeUndefined();
      expect((await store.shareOfIntent(fill(1)))?.keyId).toEqual(fill(0xa1));
    });

    it("[ST12] a certificate commits the share, erases the outboxes, and committing again changes nothing", async () => {
      const store = await makeStore();
      await staged(store);
      expect(await store.certificates(fill(0xa1))).toEqual([]);
      expect(await store.commitShare(named({ epoch: fill(0xe1) }), [fill(1)])).toBe("unknown");
      expect(await store.commitShare(named(), chain)).toBe("committed");
      expect(await store.commitShare(named(), [fill(0xdd, 50)])).toBe("committed");
      expect(await store.committedShare(fill(0xa1))).toEqual({ ...share(), status: "committed" });
      expect(await store.certificates(fill(0xa1))).toEqual(chain);
      expect(await store.certificates(fill(0xa2))).toEqual([]);
      expect(await store.stagedShares()).toEqual([]);
      expect(await store.outbox(fill(0x11), 1, 2)).toBeUndefined();
    });

    it("[ST13] a newer epoch's certificate supersedes the old share and erases its secrets; the old one signs until then", async () => {
      const store = await makeStore();
      await staged(store);
      await store.commitShare(named(), chain);
      const next = session({ rid: fill(0x14), sessionId: "ses_2", intentId: fill(0x22) });
      const fence = (await store.openSession(next, a)) as number;
      const renewed = share({ epoch: fill(0xe1), epochNumber: 1, sessionId: "ses_2", intentId: fill(0x22) });
      expect(await store.stageShare(renewed, pairs(renewed), { rid: fill(0x14), fence })).toBe(true);
      expect((await store.committedShare(fill(0xa1)))?.epochNumber).toBe(0);
      expect(await store.pairs(fill(0xa1), epoch)).toEqual(fresh({ keyId: fill(0xa1), epoch: epoch }));
      const longer = [...chain, fill(0xcd, 60)];
      expect(await store.commitShare(named({ epoch: fill(0xe1), intentId: fill(0x22) }), longer)).toBe("committed");
      expect((await store.committedShare(fill(0xa1)))?.epochNumber).toBe(1);
      const old = await store.share(fill(0xa1), epoch);
      expect(old).toMatchObject({ status: "superseded", secret: new Uint8Array(0) });
      expect(await store.pairs(fill(0xa1), epoch)).toEqual([]);
      expect(await store.commitShare(named(), chain)).toBe("superseded");
      expect((await store.committedShare(fill(0xa1)))?.epochNumber).toBe(1);
      expect(await store.certificates(fill(0xa1))).toEqual(longer);
    });

    it("[ST14] abandoning deletes what was staged and refuses to stage later; after a commit it changes nothing", async () => {
      const store = await makeStore();
      await staged(store);
      expect(await store.abandonIntent(fill(1))).toBe(true);
      expect(await store.shareOfIntent(fill(1))).toBeUndefined();
      expect(await store.pairs(fill(0xa1), epoch)).toEqual([]);
      expect(await store.outbox(fill(0x11), 1, 2)).toBeUndefined();
      expect(await store.commitShare(named(), chain)).toBe("unknown");

      const running = session({ rid: fill(0x15), sessionId: "ses_2", intentId: fill(0x23) });
      const fence = (await store.openSession(running, a)) as number;
      expect(await store.abandonIntent(fill(0x23))).toBe(true);
      expect(await store.runningSessions()).toEqual([]);
      expect(await store.stageShare(share({ sessionId: "ses_2", intentId: fill(0x23) }), pairs(share()), { rid: fill(0x15), fence })).toBe(
        false,
      );
      expect(await store.openSession({ ...running, rid: fill(0x16) }, a)).toBeUndefined();

      const third = session({ rid: fill(0x17), sessionId: "ses_3", intentId: fill(0x24) });
      const thirdFence = (await store.openSession(third, a)) as number;
      const kept = share({ keyId: fill(0xa3), sessionId: "ses_3", intentId: fill(0x24) });
      expect(await store.stageShare(kept, pairs(kept), { rid: fill(0x17), fence: thirdFence })).toBe(true);
      await store.commitShare(named({ keyId: fill(0xa3), intentId: fill(0x24) }), chain);
      expect(await store.abandonIntent(fill(0x24))).toBe(false);
      expect((await store.committedShare(fill(0xa3)))?.status).toBe("committed");
    });

    it("[ST15] burns are insert-only: the first reason stays, a stale write of a share does not bring the pair back", async () => {
      const store = await makeStore();
      await staged(store);
      await store.burn(epoch, [burn(3)]);
      await store.burn(epoch, [burn(2), burn(3, "mpc/mul-check-failed")]);
      expect(await store.stageShare(share(), pairs(share()), { rid: fill(0x11), fence: 1 })).toBe(false);
      await store.commitShare(named(), chain);
      expect(await burned(store)).toEqual([2, 3]);
      expect(await burned(store, fill(0xe1))).toEqual([]);
      await store.prune(Number.MAX_SAFE_INTEGER);
      expect(await burned(store)).toEqual([2, 3]);
    });

    const start = (tenure: Tenure, byte: number, over: Partial<CheckStart> = {}): CheckStart => ({
      keyId: fill(0xa1),
      epoch,
      sid: new Uint8Array(32).fill(byte >> 8, 0, 1).fill(byte & 0xff, 1),
      pairs: [pair(2), pair(3)],
      tenure,
      alive: [tenure],
      ...over,
    });
    const noted = { kind: "noted" };

    it("[ST16] a burned pair is not checked again, and nothing is noted for its companions", async () => {
      const store = await signing(await makeStore());
      const one = await tenureOf(store, "instance/a");
      await store.burn(epoch, [burn(2)]);
      expect(await store.beginCheck(start(one, 0x60))).toEqual({ kind: "burned", partners: [2] });
      await tenureOf(store, "instance/a");
      expect(await strikes(store)).toEqual(new Map());
    });

    it("[ST17] a check that was cleared or burned leaves no strike; one whose result is lost is one at once, an open one when its instance has gone", async () => {
      const store = await signing(await makeStore());
      const one = await tenureOf(store, "instance/a");
      const check = start(one, 0x60, { pairs: [pair(2), pair(3), pair(4), pair(5)] });
      expect(await store.beginCheck(check)).toEqual(noted);
      expect(await store.endCheck({ ...check, cleared: [pair(2)], struck: [pair(3)], burns: [burn(4)] })).toEqual({ kind: "ended" });
      expect(await burned(store)).toEqual([4]);
      expect(await strikes(store)).toEqual(new Map([[3, 1]]));
      await tenureOf(store, "instance/a");
      expect(await strikes(store)).toEqual(
        new Map([
          [3, 1],
          [5, 1],
        ]),
      );
    });

    it("[ST18] the eighth strike burns the pair, strikes of several sessions and instances add up", async () => {
      const store = await signing(await makeStore());
      for (let k = 0; k < strikesMax; k++) {
        const check = start(await tenureOf(store, `instance/${k % 2}`), 0x60 + k);
        expect(await store.beginCheck(check)).toEqual(noted);
        expect(await store.endCheck({ ...check, cleared: [pair(3)], struck: [], burns: [] })).toEqual({ kind: "ended" });
      }
      const [one] = [await tenureOf(store, "instance/0"), await tenureOf(store, "instance/1")];
      expect(await strikes(store)).toEqual(new Map([[2, strikesMax]]));
      expect(await burned(store)).toEqual([]);
      expect(await store.beginCheck(start(one, 0x70))).toEqual({ kind: "burned", partners: [2] });
      expect(await burned(store)).toEqual([2]);
      expect(await store.beginCheck(start(one, 0x71, { pairs: [pair(3)] }))).toEqual(noted);
    });

    it("[ST24] open checks are no strikes however many there are; the start of their instance anew makes strikes of all of them", async () => {
      const store = await signing(await makeStore());
      const one = await tenureOf(store, "instance/a");
      for (let k = 0; k < 32; k++) expect(await store.beginCheck(start(one, k))).toEqual(noted);
      expect(await strikes(store)).toEqual(new Map());
      const again = await tenureOf(store, "instance/a");
      expect(await strikes(store)).toEqual(
        new Map([
          [2, 32],
          [3, 32],
        ]),
      );
      expect(await store.beginCheck(start(again, 0x40))).toEqual({ kind: "burned", partners: [2, 3] });
    });

    it("[ST25] an instance that has lost its lease begins no check and ends none; what it found is burned all the same", async () => {
      const store = await signing(await makeStore());
      const one = await tenureOf(store, "instance/a");
      expect(await store.beginCheck(start(one, 1))).toEqual(noted);
      await store.dropLease("instance/a", (await store.leases("instance/a"))[0] as LeaseMark);
      expect(await store.beginCheck(start(one, 2))).toEqual({ kind: "lost" });
      expect(await store.endCheck({ ...start(one, 1), cleared: [pair(2)], struck: [], burns: [burn(3)] })).toEqual({ kind: "lost" });
      expect(await strikes(store)).toEqual(
        new Map([
          [2, 1],
          [3, 1],
        ]),
      );
      expect(await burned(store)).toEqual([3]);
    });

    it("[ST28] of checks that were open at once, of whatever instance, those that end after the first that failed do not count, passed or failed", async () => {
      const store = await signing(await makeStore());
      const [one, other] = [await tenureOf(store, "instance/a"), await tenureOf(store, "instance/b")];
      const checks = [start(one, 1), start(other, 2), start(other, 3), start(one, 4), start(one, 5, { pairs: [pair(3)] })] as const;
      for (const check of checks) expect(await store.beginCheck(check)).toEqual(noted);
      const end = ({ sid, ...check }: CheckStart, failed: readonly number[]) =>
        store.endCheck({
          ...check,
          sid,
          cleared: check.pairs.filter(({ partner }) => !failed.includes(partner)),
          struck: [],
          burns: failed.map((partner) => ({ ...burn(partner), sid })),
        });
      expect(await end(checks[0], [])).toEqual({ kind: "ended" });
      expect(await end(checks[1], [2])).toEqual({ kind: "ended" });
      // It ends once more, because the answer was lost.
      expect(await end(checks[1], [2])).toEqual({ kind: "ended" });
      expect(await end(checks[2], [])).toEqual({ kind: "burned", partners: [2] });
      expect(await end(checks[3], [2])).toEqual({ kind: "burned", partners: [2] });
      expect(await end(checks[4], [])).toEqual({ kind: "ended" });
      expect(await burned(store)).toEqual([2]);
      await tenureOf(store, "instance/a");
      await tenureOf(store, "instance/b");
      expect(await strikes(store)).toEqual(new Map());
    });

    it("[ST26] decides nothing while strikes and open checks of instances that may be gone would burn the pair", async () => {
      const store = await signing(await makeStore());
      const [one, other] = [await tenureOf(store, "instance/a"), await tenureOf(store, "instance/b")];
      for (let k = 0; k < strikesMax; k++) expect(await store.beginCheck(start(one, k, { pairs: [pair(2)] }))).toEqual(noted);
      expect(await store.beginCheck(start(other, 0x20))).toEqual({ kind: "undecided", partners: [2] });
      expect(await burned(store)).toEqual([]);
      expect(await store.beginCheck(start(other, 0x21, { alive: [other, one] }))).toEqual(noted);
      expect(await store.beginCheck(start(other, 0x22, { pairs: [pair(3)] }))).toEqual(noted);
    });

    it("[ST35] a check that is begun again by the same instance is one check, with one note for each partner", async () => {
      const store = await signing(await makeStore());
      const one = await tenureOf(store, "instance/a");
      const check = start(one, 0x60);
      expect(await store.beginCheck({ ...check, pairs: [pair(2)] })).toEqual(noted);
      expect(await store.beginCheck(check)).toEqual(noted);
      expect(await store.beginCheck(check)).toEqual(noted);
      await tenureOf(store, "instance/a");
      expect(await strikes(store)).toEqual(
        new Map([
          [2, 1],
          [3, 1],
        ]),
      );
      const again = await tenureOf(store, "instance/a");
      const next = start(again, 0x61);
      for (const answer of [noted, noted]) expect(await store.beginCheck(next)).toEqual(answer);
      expect(await store.endCheck({ ...next, cleared: [pair(2), pair(3)], struck: [], burns: [] })).toEqual({ kind: "ended" });
      expect(await store.endCheck({ ...next, cleared: [pair(2), pair(3)], struck: [], burns: [] })).toEqual({ kind: "ended" });
      await tenureOf(store, "instance/a");
      expect((await strikes(store)).get(2)).toBe(1);
    });

    it("[ST19] a restored store has no open session, no usable pair, and refuses earlier intents; shares and burns stay", async () => {
      const store = await makeStore();
      await staged(store);
      await store.commitShare(named(), chain);
      await store.burn(epoch, [burn(2)]);
      const open = session({ rid: fill(0x18), sessionId: "ses_9", intentId: fill(0x29) });
      const fence = (await store.openSession(open, a)) as number;
      await store.moveGeneration(0);
      expect(await store.markRestored({ seen: 1, generation: 7, refuseUpToMs: 50_000 })).toBe(true);
      expect(await store.runningSessions()).toEqual([]);
      expect(await store.saveRound(fill(0x18), fence, 2, fill(4), [])).toBe(false);
      expect(await store.claimSession(fill(0x18), a)).toBeUndefined();
      const lost = fresh(share()).map((each) => ({ ...each, state: undefined }));
      expect(await store.pairs(fill(0xa1), epoch)).toEqual(lost.map((each) => (each.partner === 2 ? { ...each, burn: burn(2) } : each)));
      expect((await store.committedShare(fill(0xa1)))?.secret).toEqual(fill(6, 60));
      expect(await burned(store)).toEqual([2]);
      const before = claim({ intentId: fill(0x30), sessionId: "ses_10", rid: fill(0x40), issuedAtMs: 50_000 });
      expect(await store.claimIntent(before)).toBe("restored");
      expect(await store.claimIntent({ ...before, issuedAtMs: 50_001 })).toBe("new");
    });

    const release = (over: Partial<NewRelease> = {}): NewRelease => ({
      ...{ keyId: fill(0xa1), epoch, intentId: fill(0x50), release: fill(0x51, 90) },
      ...over,
    });
    const exporting = (byte = 0x50, over: Partial<IntentClaim> = {}): IntentClaim =>
      claim({ intentId: fill(byte), sessionId: `ses_export_${byte}`, rid: fill(byte), attemptsMax: 1, ...over });

    it("[ST70] releases the committed share once for each intent, claims the intent by it, and marks the key as exported with it", async () => {
      const store = await makeStore();
      await staged(store);
      expect(await store.releaseShare(exporting(), release())).toBe("superseded");
      expect([await store.isExported(fill(0xa1)), await store.releaseOf(fill(0x50))]).toEqual([false, undefined]);
      await store.commitShare(named(), chain);
      const other = release({ release: fill(0x52, 90) });
      const answers = await Promise.all([store.releaseShare(exporting(), release()), store.releaseShare(exporting(), release())]);
      expect([...answers].sort()).toEqual(["known", "released"]);
      expect(await store.releaseShare(exporting(), other)).toBe("known");
      expect(await store.releaseOf(fill(0x50))).toEqual(fill(0x51, 90));
      expect(await store.isExported(fill(0xa1))).toBe(true);
      expect(await store.isExported(fill(0xa2))).toBe(false);
      expect(await store.peekIntent(exporting(0x50, { rid: fill(0x53), attempt: 2, attemptsMax: 8 }))).toBe("replayed");
      expect(await store.committedShare(fill(0xa1))).toEqual({ ...share(), status: "committed" });
      expect(await store.pairs(fill(0xa1), epoch)).toHaveLength(2);
    });

    it("[ST71] releases nothing for an intent or session that was used, nor for what a restore or another store refuses", async () => {
      const store = await makeStore();
      await staged(store);
      await store.commitShare(named(), chain);
      await store.claimIntent(claim({ intentId: fill(0x54), sessionId: "ses_used", rid: fill(0x55) }));
      const used = release({ intentId: fill(0x54) });
      expect(await store.releaseShare(exporting(0x54, { sessionId: "ses_used" }), used)).toBe("replayed");
      expect(await store.releaseShare(exporting(0x56, { sessionId: "ses_used" }), release({ intentId: fill(0x56) }))).toBe("replayed");
      expect(await store.releaseShare(exporting(0x57, { generation: 5 }), release({ intentId: fill(0x57) }))).toBe("behind");
      await store.markRestored({ seen: 0, generation: 1, refuseUpToMs: 50_000 });
      expect(await store.releaseShare(exporting(0x58), release({ intentId: fill(0x58) }))).toBe("restored");
      expect(await store.isExported(fill(0xa1))).toBe(false);
      const later = exporting(0x59, { issuedAtMs: 50_001, forgetAfterMs: 90_000, generation: 1 });
      expect(await store.releaseShare(later, release({ intentId: fill(0x59) }))).toBe("released");
    });

    it("[ST72] forgets what it released with the intent or with the epoch, and never that the key was exported", async () => {
      const store = await makeStore();
      await staged(store);
      await store.commitShare(named(), chain);
      expect(await store.releaseShare(exporting(0x50, { forgetAfterMs: 61_000 }), release())).toBe("released");
      expect(await store.releaseShare(exporting(0x60, { forgetAfterMs: 99_000 }), release({ intentId: fill(0x60) }))).toBe("released");
      await store.prune(61_001);
      expect([await store.releaseOf(fill(0x50)), await store.releaseOf(fill(0x60))]).toEqual([undefined, fill(0x51, 90)]);
      const next = session({ rid: fill(0x14), sessionId: "ses_2", intentId: fill(0x22) });
      const fence = (await store.openSession(next, a)) as number;
      const renewed = share({ epoch: fill(0xe1), epochNumber: 1, sessionId: "ses_2", intentId: fill(0x22) });
      await store.stageShare(renewed, pairs(renewed), { rid: fill(0x14), fence });
      expect(await store.releaseOf(fill(0x60))).toEqual(fill(0x51, 90));
      await store.commitShare(named({ epoch: fill(0xe1), intentId: fill(0x22) }), [...chain, fill(0xcd, 60)]);
      expect(await store.releaseOf(fill(0x60))).toBeUndefined();
      expect(await store.isExported(fill(0xa1))).toBe(true);
      // Neither does it release the superseded share once more.
      expect(await store.releaseShare(exporting(0x50), release())).toBe("known");
      expect(await store.releaseShare(exporting(0x61), release({ intentId: fill(0x61) }))).toBe("superseded");
    });

    it("[ST73] keeps keys for imports until their share is staged, they expire or the store is restored, and no more than so many", async () => {
      const store = await makeStore();
      const key = (byte: number, expiresAtMs = 9_000) => ({ publicKey: fill(byte), sealed: fill(byte, 77), expiresAtMs });
      expect([await store.keepImportKey(key(1), 0, 2), await store.keepImportKey(key(2), 0, 2)]).toEqual([true, true]);
      expect(await store.keepImportKey(key(3), 8_999, 2)).toBe(false);
      expect([await store.importKey(fill(1)), await store.importKey(fill(3))]).toEqual([fill(1, 77), undefined]);
      await store.claimIntent(claim());
      const fence = (await store.openSession(session(), a)) as number;
      const staging = { rid: fill(0x11), fence, importKey: fill(1) };
      expect(await store.stageShare(share(), pairs(share()), { ...staging, fence: fence + 1 })).toBe(false);
      expect(await store.importKey(fill(1))).toEqual(fill(1, 77));
      expect(await store.stageShare(share(), pairs(share()), staging)).toBe(true);
      expect([await store.importKey(fill(1)), await store.importKey(fill(2))]).toEqual([undefined, fill(2, 77)]);
      expect(await store.keepImportKey(key(3, 20_000), 0, 2)).toBe(true);
      expect(await store.keepImportKey(key(4, 20_000), 9_000, 2)).toBe(true);
      expect(await store.importKey(fill(2))).toBeUndefined();
      await store.prune(20_001);
      expect([await store.importKey(fill(3)), await store.importKey(fill(4))]).toEqual([undefined, undefined]);
      await store.keepImportKey(key(5), 0, 2);
      await store.markRestored({ seen: 0, generation: 1, refuseUpToMs: 0 });
      expect(await store.importKey(fill(5))).toBeUndefined();
    });

    it("[ST20] moves the counter by one from where it stands, and only from there", async () => {
      const store = await makeStore();
      expect(await store.standing()).toMatchObject({ generation: 0, marks: 0 });
      const moved = await Promise.all(Array.from({ length: 5 }, () => store.moveGeneration(0)));
      expect(moved.filter(Boolean)).toHaveLength(1);
      expect(await store.moveGeneration(0)).toBe(false);
      expect(await store.moveGeneration(2)).toBe(false);
      expect(await store.moveGeneration(1)).toBe(true);
      expect((await store.standing()).generation).toBe(2);
    });

    it("[ST31] is marked as restored only where its counter stands as it was seen, each time with another number of marks", async () => {
      const store = await makeStore();
      await staged(store);
      const mark = { seen: 0, generation: 9, refuseUpToMs: 50_000 };
      expect(await store.markRestored({ ...mark, seen: 1 })).toBe(false);
      expect(await store.pairs(fill(0xa1), epoch)).toEqual(fresh({ keyId: fill(0xa1), epoch: epoch }));
      const marked = await Promise.all([store.markRestored(mark), store.markRestored(mark)]);
      expect(marked.filter(Boolean)).toHaveLength(1);
      expect(await store.standing()).toMatchObject({ generation: 9, marks: 1 });
      expect(await store.markRestored({ seen: 9, generation: 9, refuseUpToMs: 40_000 })).toBe(true);
      expect((await store.standing()).marks).toBe(2);
      // An earlier moment takes nothing back.
      expect(await store.claimIntent(claim({ issuedAtMs: 50_000, generation: 9, sessionId: "ses_2", intentId: fill(2) }))).toBe("restored");
    });

    it("[ST32] takes no claim of a process that has seen the counter further on: it is not the store that the process knows", async () => {
      const store = await makeStore();
      await store.moveGeneration(0);
      expect(await store.claimIntent(claim({ generation: 2 }))).toBe("behind");
      expect(await store.claimIntent(claim({ generation: 1 }))).toBe("new");
    });

    it("[ST33] has one identity, whatever is written to it", async () => {
      const store = await makeStore();
      const { identity } = await store.standing();
      expect(Object.keys(identity).length).toBeGreaterThan(0);
      await staged(store);
      await store.moveGeneration(0);
      expect((await store.standing()).identity).toEqual(identity);
    });

    /** Stages epochs of one key beside each other, by their bytes. Their numbers ascend. */
    async function stagedBeside(store: Store, epochs: readonly { readonly byte: number; readonly epochNumber: number }[]): Promise<void> {
      for (const [at, { byte, epochNumber }] of epochs.entries()) {
        const run = { rid: fill(0x30 + at), sessionId: `ses_${at}`, intentId: fill(0x40 + at) };
        const fence = (await store.openSession(session(run), a)) as number;
        const made = share({ epoch: fill(byte), epochNumber, sessionId: run.sessionId, intentId: run.intentId });
        expect(await store.stageShare(made, pairs(made), { rid: run.rid, fence })).toBe(true);
      }
    }
    const chainTo = (byte: number): readonly Uint8Array[] => [...chain, fill(byte, 70)];
    /** The share that was staged beside others at this place. */
    const beside = (byte: number, at: number): ShareName => named({ epoch: fill(byte), intentId: fill(0x40 + at) });
    const left = (byte: number, epochNumber: number) => {
      const { keyId, scheme, intent } = share();
      return { keyId, epoch: fill(byte), epochNumber, scheme, intent, intentId: fill(byte, 32), sessionId: `ses_left_${byte}` };
    };

    it("[ST27] of two certificates of one epoch number the one with the higher epoch counts, in whichever order they come", async () => {
      for (const [mine, other, isMine] of [
        [0xe1, 0xe2, false],
        [0xe2, 0xe1, true],
      ] as const)
        for (const mineFirst of [true, false]) {
          const store = await makeStore();
          await stagedBeside(store, [{ byte: mine, epochNumber: 1 }]);
          const commit = async () =>
            expect(await store.commitShare(beside(mine, 0), chainTo(mine))).toBe(isMine || mineFirst ? "committed" : "superseded");
          const leave = async () =>
            expect(await store.leaveEpoch(left(other, 1), chainTo(other))).toBe(isMine && mineFirst ? "superseded" : "left");
          for (const act of mineFirst ? [commit, leave] : [leave, commit]) await act();
          expect((await store.committedShare(fill(0xa1)))?.epoch).toEqual(isMine ? fill(mine) : undefined);
          expect(await store.certificates(fill(0xa1))).toEqual(chainTo(0xe2));
          expect(await store.share(fill(0xa1), fill(0xe1))).toMatchObject({ status: "superseded", secret: new Uint8Array(0) });
          expect(await store.pairs(fill(0xa1), fill(mine))).toEqual(isMine ? fresh({ keyId: fill(0xa1), epoch: fill(mine) }) : []);
        }
    });

    it("[ST36] a certificate erases what is lower, staged shares too, and keeps staged shares that are higher", async () => {
      const store = await makeStore();
      await stagedBeside(store, [
        { byte: 0xe9, epochNumber: 1 },
        { byte: 0xe2, epochNumber: 2 },
        { byte: 0xe1, epochNumber: 3 },
      ]);
      expect(await store.commitShare(beside(0xe2, 1), chainTo(0xe2))).toBe("committed");
      expect(await store.share(fill(0xa1), fill(0xe9))).toMatchObject({ status: "superseded", secret: new Uint8Array(0) });
      expect(await store.pairs(fill(0xa1), fill(0xe9))).toEqual([]);
      expect(await store.outbox(fill(0x30), 1, 2)).toBeUndefined();
      expect(await store.share(fill(0xa1), fill(0xe1))).toMatchObject({ status: "staged", secret: fill(6, 60) });
      expect(await store.pairs(fill(0xa1), fill(0xe1))).toEqual(fresh({ keyId: fill(0xa1), epoch: fill(0xe1) }));
      expect(await store.outbox(fill(0x32), 1, 2)).toEqual(fill(0x42, 5));
      expect(await store.commitShare(beside(0xe9, 0), chainTo(0xe9))).toBe("superseded");
      expect((await store.committedShare(fill(0xa1)))?.epoch).toEqual(fill(0xe2));
      expect(await store.certificates(fill(0xa1))).toEqual(chainTo(0xe2));
    });

    it("[ST39] stages no share whose epoch number is not above every one that is here of the key: staged, committed, passed by, or left", async () => {
      const here: readonly (readonly [string, (store: Store) => Promise<unknown>])[] = [
        ["staged", async () => undefined],
        ["committed", (store) => store.commitShare(beside(0xe5, 0), chainTo(0xe5))],
        [
          "superseded",
          async (store) => {
            await store.commitShare(beside(0xe5, 0), chainTo(0xe5));
            await store.leaveEpoch(left(0xe6, 5), chainTo(0xe6));
          },
        ],
        ["left", (store) => store.leaveEpoch(left(0xe6, 5), chainTo(0xe6))],
      ];
      for (const [status, prepare] of here) {
        const store = await makeStore();
        await stagedBeside(store, [{ byte: 0xe5, epochNumber: 5 }]);
        await prepare(store);
        const before = await store.share(fill(0xa1), fill(0xe5));
        for (const [at, epochNumber] of [4, 5, 6].entries()) {
          const run = { rid: fill(0x50 + at), sessionId: `ses_late_${at}`, intentId: fill(0x60 + at) };
          const fence = (await store.openSession(session(run), a)) as number;
          // By its bytes it would be higher.
          const late = share({ epoch: fill(0xf0 + at), epochNumber, sessionId: run.sessionId, intentId: run.intentId });
          const isAbove = epochNumber > 5;
          expect(await store.stageShare(late, pairs(late), { rid: run.rid, fence }), `${epochNumber} after ${status}`).toBe(isAbove);
          expect((await store.share(fill(0xa1), fill(0xf0 + at)))?.status).toBe(isAbove ? "staged" : undefined);
          expect(await store.pairs(fill(0xa1), fill(0xf0 + at))).toEqual(isAbove ? fresh(late) : []);
          // Nobody goes on with it, since it would be refused for ever.
          expect(await store.runningSessions()).toEqual([]);
          expect(await store.outbox(run.rid, 1, 2)).toEqual(isAbove ? fill(0x42, 5) : undefined);
        }
        expect(await store.share(fill(0xa1), fill(0xe5))).toEqual(before);
        // Another key has numbers of its own.
        const other = { rid: fill(0x58), sessionId: "ses_other", intentId: fill(0x68) };
        const fence = (await store.openSession(session(other), a)) as number;
        const founded = share({ keyId: fill(0xa9), epoch: fill(0xe5), sessionId: "ses_other", intentId: fill(0x68) });
        expect(await store.stageShare(founded, pairs(founded), { rid: other.rid, fence })).toBe(true);
      }
    });

    it("[ST39] of a commit and a share of a lower number that come at once, no order leaves both", async () => {
      for (let round = 0; round < 5; round++) {
        const store = await makeStore();
        await stagedBeside(store, [{ byte: 0xe0, epochNumber: 0 }]);
        await store.commitShare(beside(0xe0, 0), chain);
        const run = { rid: fill(0x50), sessionId: "ses_late", intentId: fill(0x60) };
        const fence = (await store.openSession(session(run), a)) as number;
        const late = share({ epoch: fill(0xf0), epochNumber: 1, sessionId: run.sessionId, intentId: run.intentId });
        const [wasStaged] = await Promise.all([
          store.stageShare(late, pairs(late), { rid: run.rid, fence }),
          store.leaveEpoch(left(0xe2, 2), chainTo(0xe2)),
        ]);
        expect((await store.share(fill(0xa1), fill(0xf0)))?.status).toBe(wasStaged ? "superseded" : undefined);
        expect(await store.pairs(fill(0xa1), fill(0xf0))).toEqual([]);
      }
    });

    it("[ST40] commits, leaves and abandons what an intent made, whichever other intent has its session's id or gave its epoch the same name", async () => {
      const store = await makeStore();
      await staged(store);
      const other = fill(0x99);
      expect(await store.commitShare(named({ intentId: other }), chain)).toBe("unknown");
      expect(await store.abandonIntent(other)).toBe(true);
      expect(await store.share(fill(0xa1), epoch)).toEqual({ ...share(), status: "staged" });
      expect(await store.pairs(fill(0xa1), epoch)).toEqual(fresh({ keyId: fill(0xa1), epoch: epoch }));
      expect(await store.outbox(fill(0x11), 1, 2)).toEqual(fill(0x42, 5));
      expect(await store.leaveEpoch({ ...left(0xe2, 2), epoch, epochNumber: 0, sessionId: "ses_1" }, chain)).toBe("unknown");
      expect(await store.commitShare(named(), chain)).toBe("committed");
      // The other intent is over, and its session's name is not.
      expect(await store.openSession(session({ rid: fill(0x70), sessionId: "ses_1", intentId: other }), a)).toBeUndefined();
      const third = { rid: fill(0x71), sessionId: "ses_1", intentId: fill(0x9a) };
      const fence = (await store.openSession(session(third), a)) as number;
      const next = share({ epoch: fill(0xe1), epochNumber: 1, intentId: third.intentId });
      expect(await store.stageShare({ ...next, intentId: other }, pairs(next), { rid: third.rid, fence })).toBe(false);
      expect(await store.stageShare(next, pairs(next), { rid: third.rid, fence })).toBe(true);
      expect(await store.leaveEpoch({ ...left(0xe2, 2), sessionId: "ses_1" }, chainTo(0xe2))).toBe("left");
      const ofSession = await store.sharesOfSession("ses_1");
      expect(ofSession.map(({ status }) => status).sort()).toEqual(["left", "superseded", "superseded"]);
      expect((await store.shareOfIntent(fill(0xe2)))?.status).toBe("left");
      expect(await store.lastCertificate(fill(0xa1))).toEqual(fill(0xe2, 70));
    });

    it("[ST41] lists the keys that are held, page by page, and none that is staged, passed by or left", async () => {
      const store = await makeStore();
      for (const [at, byte] of [0xa3, 0xa1, 0xa4, 0xa2].entries()) {
        const run = { rid: fill(0x30 + at), sessionId: `ses_${at}`, intentId: fill(0x40 + at) };
        const fence = (await store.openSession(session(run), a)) as number;
        const made = share({ keyId: fill(byte), sessionId: run.sessionId, intentId: run.intentId });
        expect(await store.stageShare(made, pairs(made), { rid: run.rid, fence })).toBe(true);
        if (byte !== 0xa4) await store.commitShare({ keyId: fill(byte), epoch, intentId: run.intentId }, chain);
      }
      await store.leaveEpoch({ ...left(0xe2, 2), keyId: fill(0xa2) }, chainTo(0xe2));
      const held = (byte: number, at: number) => ({ keyId: fill(byte), epoch, sessionId: `ses_${at}`, intent: share().intent });
      expect(await store.heldKeys(new Uint8Array(), 1)).toEqual([held(0xa1, 1)]);
      expect(await store.heldKeys(fill(0xa1), 9)).toEqual([held(0xa3, 0)]);
      expect(await store.heldKeys(new Uint8Array(), 9)).toEqual([held(0xa1, 1), held(0xa3, 0)]);
      expect(await store.heldKeys(fill(0xa3), 9)).toEqual([]);
    });

    it("[ST37] an epoch without a share here erases what is lower and keeps what is higher; the chain leads to it, and no share does", async () => {
      const store = await makeStore();
      await stagedBeside(store, [
        { byte: 0xe0, epochNumber: 0 },
        { byte: 0xe1, epochNumber: 1 },
        { byte: 0xe9, epochNumber: 9 },
      ]);
      expect(await store.commitShare(beside(0xe0, 0), chain)).toBe("committed");
      expect(await store.leaveEpoch(left(0xe2, 2), chainTo(0xe2))).toBe("left");
      for (const byte of [0xe0, 0xe1]) {
        expect(await store.share(fill(0xa1), fill(byte))).toMatchObject({ status: "superseded", secret: new Uint8Array(0) });
        expect(await store.pairs(fill(0xa1), fill(byte))).toEqual([]);
      }
      expect(await store.outbox(fill(0x31), 1, 2)).toBeUndefined();
      expect(await store.committedShare(fill(0xa1))).toBeUndefined();
      expect(await store.share(fill(0xa1), fill(0xe2))).toMatchObject({ status: "left", secret: new Uint8Array(0), epochNumber: 2 });
      expect((await store.shareOfIntent(fill(0xe2)))?.status).toBe("left");
      expect(await store.certificates(fill(0xa1))).toEqual(chainTo(0xe2));
      expect(await store.lastCertificate(fill(0xa1))).toEqual(fill(0xe2, 70));
      expect(await store.share(fill(0xa1), fill(0xe9))).toMatchObject({ status: "staged", secret: fill(6, 60) });
      // A second call gives the same. Lower epochs change nothing, by a share or without one.
      expect(await store.leaveEpoch(left(0xe2, 2), chain)).toBe("left");
      expect(await store.leaveEpoch(left(0xd1, 1), chain)).toBe("superseded");
      expect(await store.certificates(fill(0xa1))).toEqual(chainTo(0xe2));
      expect(await store.commitShare(beside(0xe9, 2), chainTo(0xe9))).toBe("committed");
      expect(await store.share(fill(0xa1), fill(0xe2))).toMatchObject({ status: "superseded" });
    });

    it("[ST37] nothing is kept of an epoch whose key was never here, and none is left whose share is here", async () => {
      const store = await makeStore();
      expect(await store.leaveEpoch(left(0xe2, 2), chain)).toBe("unknown");
      expect([await store.certificates(fill(0xa1)), await store.lastCertificate(fill(0xa1))]).toEqual([[], undefined]);
      await staged(store);
      expect(await store.leaveEpoch({ ...left(0xe2, 2), epoch }, chain)).toBe("unknown");
      expect(await store.leaveEpoch({ ...left(0xe2, 2), intentId: fill(1) }, chain)).toBe("unknown");
      expect((await store.shareOfIntent(fill(1)))?.status).toBe("staged");
    });

    it("[ST42] a dealer that leaves has its acknowledgement and no share: the certificate erases what it held, and nothing else does", async () => {
      const none = new Uint8Array(0);
      /** Stages the row of a dealer that leaves beside the committed epoch 0xe0. */
      const leaving = async (store: Store, byte: number, epochNumber: number): Promise<ShareName> => {
        const run = { rid: fill(byte, 32), sessionId: `ses_${byte}`, intentId: fill(byte, 32) };
        const fence = (await store.openSession(session(run), a)) as number;
        const made = { epoch: fill(byte), epochNumber, sessionId: run.sessionId, intentId: run.intentId };
        const row = share({ ...made, record: none, secret: none, ack: fill(byte, 90) });
        expect(await store.stageShare(row, undefined, { rid: run.rid, fence })).toBe(true);
        expect(await store.shareOfIntent(run.intentId)).toEqual({ ...row, status: "staged" });
        expect(await store.outbox(run.rid, 1, 2)).toEqual(fill(0x42, 5));
        return named(made);
      };
      const store = await makeStore();
      await stagedBeside(store, [{ byte: 0xe0, epochNumber: 0 }]);
      await store.commitShare(beside(0xe0, 0), chain);
      const [first, second] = [await leaving(store, 0xe1, 1), await leaving(store, 0xe2, 2)];
      expect((await store.stagedShares()).map(({ ack }) => ack).sort((x, y) => (x[0] ?? 0) - (y[0] ?? 0))).toEqual([
        fill(0xe1, 90),
        fill(0xe2, 90),
      ]);
      // Its number is taken, and its old share signs on.
      const late = session({ rid: fill(0x58), sessionId: "ses_late", intentId: fill(0x68) });
      const fence = (await store.openSession(late, a)) as number;
      const below = share({ epoch: fill(0xf0), epochNumber: 2, sessionId: "ses_late", intentId: fill(0x68) });
      expect(await store.stageShare(below, pairs(below), { rid: fill(0x58), fence })).toBe(false);
      expect((await store.committedShare(fill(0xa1)))?.epoch).toEqual(fill(0xe0));
      expect(await store.pairs(fill(0xa1), epoch)).toEqual(fresh({ keyId: fill(0xa1), epoch: epoch }));
      expect([await store.pairs(fill(0xa1), fill(0xe1)), await store.pairs(fill(0xa1), fill(0xe2))]).toEqual([[], []]);

      expect(await store.commitShare(first, chainTo(0xe1))).toBe("left");
      expect(await store.share(fill(0xa1), epoch)).toMatchObject({ status: "superseded", secret: none });
      expect(await store.pairs(fill(0xa1), epoch)).toEqual([]);
      expect(await store.committedShare(fill(0xa1))).toBeUndefined();
      expect(await store.heldKeys(new Uint8Array(), 9)).toEqual([]);
      expect(await store.share(fill(0xa1), fill(0xe1))).toMatchObject({ status: "left", ack: fill(0xe1, 90) });
      expect(await store.outbox(fill(0xe1, 32), 1, 2)).toBeUndefined();
      expect(await store.certificates(fill(0xa1))).toEqual(chainTo(0xe1));
      // The higher one stays, a second certificate gives the same, and a higher epoch passes both
      // by.
      expect((await store.stagedShares()).map(({ epochNumber }) => epochNumber)).toEqual([2]);
      expect(await store.commitShare(first, chain)).toBe("left");
      expect(await store.certificates(fill(0xa1))).toEqual(chainTo(0xe1));
      expect(await store.leaveEpoch(left(0xe9, 9), chainTo(0xe9))).toBe("left");
      expect(await store.commitShare(second, chainTo(0xe2))).toBe("superseded");
      expect((await store.share(fill(0xa1), fill(0xe1)))?.status).toBe("superseded");
      expect(await store.certificates(fill(0xa1))).toEqual(chainTo(0xe9));
      expect(await store.stagedShares()).toEqual([]);
    });

    it("[ST42] where a higher epoch is certified, the certificate of a dealer that left below it changes nothing", async () => {
      const none = new Uint8Array(0);
      const store = await makeStore();
      await stagedBeside(store, [{ byte: 0xe0, epochNumber: 0 }]);
      await store.commitShare(beside(0xe0, 0), chain);
      const run = { rid: fill(0x51), sessionId: "ses_leaving", intentId: fill(0x61) };
      const fence = (await store.openSession(session(run), a)) as number;
      const made = { epoch: fill(0xe1), epochNumber: 1, sessionId: run.sessionId, intentId: run.intentId };
      expect(await store.stageShare(share({ ...made, record: none, secret: none }), undefined, { rid: run.rid, fence })).toBe(true);
      // A share beside it that is higher commits, and stays.
      const next = { rid: fill(0x52), sessionId: "ses_next", intentId: fill(0x62) };
      const second = (await store.openSession(session(next), a)) as number;
      const higher = share({ epoch: fill(0xe2), epochNumber: 2, sessionId: next.sessionId, intentId: next.intentId });
      expect(await store.stageShare(higher, pairs(higher), { rid: next.rid, fence: second })).toBe(true);
      expect(await store.commitShare(named({ epoch: fill(0xe2), intentId: fill(0x62) }), chainTo(0xe2))).toBe("committed");
      expect(await store.commitShare(named(made), chainTo(0xe1))).toBe("superseded");
      expect((await store.committedShare(fill(0xa1)))?.epoch).toEqual(fill(0xe2));
      expect(await store.certificates(fill(0xa1))).toEqual(chainTo(0xe2));
    });

    const ofEpoch = { keyId: fill(0xa1), epoch };
    const renewal = (partner: number, generation: number, over: Partial<NewRenewal> = {}): NewRenewal => ({
      ...{ ...ofEpoch, partner, generation, pairId: idOf(ofEpoch, partner, generation), state: fill(0x80 + generation, 99) },
      ...{ sessionId: `ses_r${generation}`, intentId: fill(0xb0 + generation), intent: fill(0xc0 + generation, 300) },
      ...{ ack: fill(0xd0 + generation, 100), ...over },
    });
    const rid = (made: NewRenewal): Uint8Array => fill(made.intentId[0] ?? 0).fill(made.partner, 1, 2);
    /** Opens the session of a renewal, and gives its fence. */
    const begun = async (store: Store, made: NewRenewal): Promise<number> => {
      const { keyId, epoch, partner, sessionId, intentId } = made;
      const opened = session({ rid: rid(made), sessionId, intentId, renews: { keyId, epoch, partner } });
      return (await store.openSession(opened, a)) as number;
    };
    const renewed = async (store: Store, made: NewRenewal): Promise<boolean> =>
      store.stagePair(made, { rid: rid(made), fence: await begun(store, made) });
    const stored = ({ state: _, ...made }: NewRenewal, certificate?: Uint8Array) => ({
      ...made,
      ...{ status: certificate === undefined ? "staged" : "committed", certificate },
    });
    /** The pair as `pairs` gives it. */
    const present = ({ sessionId: _, intentId: __, intent: ___, ack: ____, ...made }: NewRenewal, over: Partial<StoredPair> = {}) => ({
      ...{ ...made, status: "staged", burn: undefined, cleared: false, strikes: 0 },
      ...over,
    });
    const withPartner = async (store: Store, partner: number) =>
      (await store.pairs(fill(0xa1), epoch)).find((each) => each.partner === partner);

    it("[ST43] a renewed pair is staged with its acknowledgement, replaces the one before at once, and ends its session and intent; other pairs stay", async () => {
      const store = await signing(await makeStore());
      const made = renewal(3, 1);
      await store.claimIntent(claim({ intentId: made.intentId, sessionId: made.sessionId, rid: rid(made) }));
      expect(await renewed(store, made)).toBe(true);
      const [two, , four, five] = fresh(ofEpoch, [2, 3, 4, 5]);
      expect(await store.pairs(fill(0xa1), epoch)).toEqual([two, present(made), four, five]);
      expect(await store.renewalOfIntent(made.intentId)).toEqual(stored(made));
      expect(await store.renewalOfIntent(fill(1))).toBeUndefined();
      expect(await store.stagedPairs()).toEqual([stored(made)]);
      expect(await store.runningSessions()).toEqual([]);
      expect(await store.outbox(rid(made), 1, 2)).toEqual(fill(0x42, 5));
      const again = claim({ intentId: made.intentId, sessionId: made.sessionId, attempt: 2, rid: fill(0x31) });
      expect(await store.claimIntent(again)).toBe("replayed");
    });

    it("[ST43] nothing is staged under an old fence, for a session of another intent or one that is over, or twice for one intent", async () => {
      const store = await signing(await makeStore());
      const made = renewal(3, 1);
      const fence = await begun(store, made);
      expect(await store.stagePair(made, { rid: rid(made), fence: fence + 1 })).toBe(false);
      expect(await store.stagePair(made, { rid: fill(0x99), fence })).toBe(false);
      expect(await store.stagePair({ ...made, intentId: fill(0x98) }, { rid: rid(made), fence })).toBe(false);
      const second = { rid: fill(0x55), sessionId: made.sessionId, intentId: made.intentId };
      const secondFence = (await store.openSession(session(second), b)) as number;
      expect(await store.stagePair(made, { rid: rid(made), fence })).toBe(true);
      expect(await store.stagePair(made, { rid: rid(made), fence })).toBe(false);
      const other = { ...renewal(4, 1), intentId: made.intentId, sessionId: made.sessionId };
      expect(await store.stagePair(other, { rid: second.rid, fence: secondFence })).toBe(false);
      expect((await withPartner(store, 4))?.generation).toBe(0);
      expect((await store.runningSessions()).map((row) => row.rid)).toEqual([second.rid]);
      const aborted = renewal(2, 1, { intentId: fill(0x97), sessionId: "ses_aborted" });
      const over = await begun(store, aborted);
      await store.abortSession(rid(aborted), over);
      expect(await store.stagePair(aborted, { rid: rid(aborted), fence: over })).toBe(false);
      expect((await withPartner(store, 2))?.generation).toBe(0);
    });

    it("[ST44] stages no pair whose generation is not above every one that is here, staged or committed, and ends its session", async () => {
      for (const isCommitted of [false, true]) {
        const store = await signing(await makeStore());
        const third = renewal(3, 3);
        expect(await renewed(store, third)).toBe(true);
        if (isCommitted) expect(await store.commitPair(third.intentId, fill(0xcf, 80))).toBe("committed");
        for (const generation of [2, 3]) {
          const late = renewal(3, generation, {
            pairId: fill(0xee),
            intentId: fill(0x90 + generation),
            sessionId: `ses_late${generation}`,
          });
          expect(await renewed(store, late)).toBe(false);
          expect(await store.renewalOfIntent(late.intentId)).toBeUndefined();
          expect([await store.runningSessions(), await store.outbox(rid(late), 1, 2)]).toEqual([[], undefined]);
        }
        expect(await withPartner(store, 3)).toEqual(present(third, { status: isCommitted ? "committed" : "staged" }));
        // Another pair has generations of its own.
        expect(await renewed(store, renewal(2, 1))).toBe(true);
        const fourth = renewal(3, 4);
        expect(await renewed(store, fourth)).toBe(true);
        expect(await withPartner(store, 3)).toEqual(present(fourth));
        expect((await store.stagedPairs()).map(({ partner, generation }) => [partner, generation]).sort()).toEqual([
          [2, 1],
          [3, 4],
        ]);
      }
    });

    it("[ST44] of two runs of one pair that end at once, the later one counts if it is above, and one alone if they are alike", async () => {
      for (const [one, other] of [
        [1, 1],
        [1, 2],
      ] as const) {
        const store = await signing(await makeStore());
        const made = [one, other].map((generation, at) =>
          renewal(3, generation, { pairId: fill(0xe0 + at), intentId: fill(0x90 + at), sessionId: `ses_at_once${at}` }),
        );
        const fences = [await begun(store, made[0] as NewRenewal), await begun(store, made[1] as NewRenewal)];
        const answers = await Promise.all(made.map((each, at) => store.stagePair(each, { rid: rid(each), fence: fences[at] as number })));
        if (one === other) expect([...answers].sort()).toEqual([false, true]);
        else expect(answers[1]).toBe(true);
        const winner = made[one === other ? answers.indexOf(true) : 1] as NewRenewal;
        expect(await withPartner(store, 3)).toEqual(present(winner));
        expect(await store.stagedPairs()).toEqual([stored(winner)]);
      }
    });

    it("[ST45] stages no pair of an epoch that is not the committed one: staged, superseded, or not here", async () => {
      const store = await makeStore();
      await staged(store);
      expect(await renewed(store, renewal(3, 1))).toBe(false);
      expect(await store.runningSessions()).toEqual([]);
      expect(await store.pairs(fill(0xa1), epoch)).toEqual(fresh(ofEpoch));
      await store.commitShare(named(), chain);
      expect(await renewed(store, renewal(3, 1, { epoch: fill(0xe5), intentId: fill(0x91), sessionId: "ses_5" }))).toBe(false);
      const late = renewal(3, 2);
      const fence = await begun(store, late);
      await store.leaveEpoch(left(0xe2, 2), chainTo(0xe2));
      expect(await store.stagePair(late, { rid: rid(late), fence })).toBe(false);
      expect([await store.pairs(fill(0xa1), epoch), await store.runningSessions(), await store.stagedPairs()]).toEqual([[], [], []]);
    });

    it("[ST45] of a renewal and a commit of the key that come at once, no order leaves the pair of a superseded epoch", async () => {
      for (let round = 0; round < 5; round++) {
        const store = await signing(await makeStore());
        const late = renewal(3, 1);
        const fence = await begun(store, late);
        await Promise.all([
          store.stagePair(late, { rid: rid(late), fence }),
          store.leaveEpoch(left(0xe2, 2), chainTo(0xe2)),
          store.commitPair(late.intentId, fill(0xcf, 80)),
        ]);
        expect([await store.pairs(fill(0xa1), epoch), await store.stagedPairs()]).toEqual([[], []]);
        expect([await store.renewalOfIntent(late.intentId), await store.runningSessions()]).toEqual([undefined, []]);
        expect(await store.commitPair(late.intentId, fill(0xcf, 80))).toBe("unknown");
      }
    });

    it("[ST46] a pair certificate makes the pair usable, once; of one that was passed by it changes nothing", async () => {
      const store = await signing(await makeStore());
      const first = renewal(3, 1);
      const certificate = fill(0xcf, 80);
      expect(await store.commitPair(first.intentId, certificate)).toBe("unknown");
      await renewed(store, first);
      for (const given of [certificate, fill(0xce, 80)]) expect(await store.commitPair(first.intentId, given)).toBe("committed");
      expect(await withPartner(store, 3)).toEqual(present(first, { status: "committed" }));
      expect(await store.renewalOfIntent(first.intentId)).toEqual(stored(first, certificate));
      expect([await store.stagedPairs(), await store.outbox(rid(first), 1, 2)]).toEqual([[], undefined]);

      const [second, third] = [renewal(3, 2), renewal(3, 3)];
      await renewed(store, second);
      // What was replaced cannot sign any more, whatever becomes of the new one.
      expect(await withPartner(store, 3)).toEqual(present(second));
      await renewed(store, third);
      expect(await store.commitPair(second.intentId, fill(0xcd, 80))).toBe("superseded");
      expect(await store.renewalOfIntent(second.intentId)).toEqual(stored(second));
      expect(await store.outbox(rid(second), 1, 2)).toBeUndefined();
      expect(await withPartner(store, 3)).toEqual(present(third));
      expect(await store.commitPair(third.intentId, certificate)).toBe("committed");
      expect(await store.commitPair(first.intentId, certificate)).toBe("committed");
      expect(await withPartner(store, 3)).toEqual(present(third, { status: "committed" }));
    });

    it("[ST47] burns, strikes and open checks of one generation do not count for the next, and stay those of their own", async () => {
      const store = await signing(await makeStore());
      const one = await tenureOf(store, "instance/a");
      for (let k = 0; k < strikesMax - 1; k++) expect(await store.beginCheck(start(one, k, { pairs: [pair(3)] }))).toEqual(noted);
      const gone = await tenureOf(store, "instance/a");
      expect((await strikes(store)).get(3)).toBe(strikesMax - 1);
      const open = start(gone, 0x40, { pairs: [pair(2), pair(3)] });
      expect(await store.beginCheck(open)).toEqual(noted);
      await store.burn(epoch, [burn(2)]);
      expect(await store.clearPair({ ...ofEpoch, partner: 2 }, pair(2).pairId)).toBe(true);

      const [two, three] = [renewal(2, 1), renewal(3, 1, { intentId: fill(0x91), sessionId: "ses_three" })];
      for (const made of [two, three]) {
        expect(await renewed(store, made)).toBe(true);
        await store.commitPair(made.intentId, fill(0xcf, 80));
      }
      expect([await burned(store), await strikes(store)]).toEqual([[], new Map()]);
      const fresh = start(gone, 0x41, { pairs: [pair(2, 1), pair(3, 1)] });
      expect(await store.beginCheck(fresh)).toEqual(noted);
      // The check of the old ones ends as it found it, and touches nothing of the new ones.
      expect(await store.endCheck({ ...open, cleared: [pair(3)], struck: [], burns: [{ ...burn(2), sid: open.sid }] })).toEqual({
        kind: "burned",
        partners: [2],
      });
      expect(await store.endCheck({ ...fresh, cleared: [pair(2, 1)], struck: [pair(3, 1)], burns: [] })).toEqual({ kind: "ended" });
      expect([await burned(store), await strikes(store)]).toEqual([[], new Map([[3, 1]])]);
      // The old id is burned for ever, and the new one by itself.
      expect(await store.beginCheck(start(gone, 0x42, { pairs: [pair(2)] }))).toEqual({ kind: "burned", partners: [2] });
      await store.burn(epoch, [burn(2, "mpc/mul-check-failed", 1)]);
      expect((await withPartner(store, 2))?.burn).toEqual(burn(2, "mpc/mul-check-failed", 1));
      await store.clearPair({ ...ofEpoch, partner: 2 }, pair(2, 1).pairId);
      await renewed(store, renewal(2, 2));
      expect(await burned(store)).toEqual([]);
    });

    it("[ST48] no check begins with a pair that is not the present one: replaced, staged, lost, of a superseded epoch, or of another key", async () => {
      const store = await signing(await makeStore());
      const one = await tenureOf(store, "instance/a");
      const made = renewal(3, 1);
      const refused = { kind: "superseded", partners: [3] };
      await renewed(store, made);
      for (const generation of [0, 1])
        expect(await store.beginCheck(start(one, generation, { pairs: [pair(2), pair(3, generation)] }))).toEqual(refused);
      await store.commitPair(made.intentId, fill(0xcf, 80));
      expect(await store.beginCheck(start(one, 2, { pairs: [pair(2), pair(3)] }))).toEqual(refused);
      expect(await store.beginCheck(start(one, 3, { pairs: [pair(2), pair(3, 1)] }))).toEqual(noted);
      expect(await store.beginCheck(start(one, 4, { keyId: fill(0xa2), pairs: [pair(3, 1)] }))).toEqual(refused);
      await store.markRestored({ seen: 0, generation: 0, refuseUpToMs: 0 });
      expect(await store.beginCheck(start(one, 5, { pairs: [pair(3, 1)] }))).toEqual(refused);
      await store.leaveEpoch(left(0xe2, 2), chainTo(0xe2));
      expect(await store.beginCheck(start(one, 6, { pairs: [pair(3, 1)] }))).toEqual(refused);
      await tenureOf(store, "instance/a");
      const other = await signing(await makeStore());
      expect(await strikes(other)).toEqual(new Map());
    });

    it("[ST49] an operator clears the present pair that a failed check has burned, and no other; the next one needs a clearance of its own", async () => {
      const store = await signing(await makeStore());
      const name = { ...ofEpoch, partner: 3 };
      const clear = (generation: number, over: Partial<PairName> = {}) => store.clearPair({ ...name, ...over }, pair(3, generation).pairId);
      expect(await clear(0)).toBe(false);
      await store.burn(epoch, [burn(3), burn(2, strikesReason)]);
      expect([
        await clear(0, { partner: 4 }),
        await clear(0, { keyId: fill(0xa2) }),
        await clear(0, { epoch: fill(0xe5) }),
        await clear(1),
      ]).toEqual([false, false, false, false]);
      expect(await store.clearPair({ ...name, partner: 2 }, pair(2).pairId)).toBe(false);
      expect((await withPartner(store, 3))?.cleared).toBe(false);
      for (let k = 0; k < 2; k++) expect(await clear(0)).toBe(true);
      expect(await withPartner(store, 3)).toMatchObject({ burn: burn(3), cleared: true });
      expect((await withPartner(store, 2))?.cleared).toBe(false);
      // It is burned all the same.
      const one = await tenureOf(store, "instance/a");
      expect(await store.beginCheck(start(one, 1, { pairs: [pair(3)] }))).toEqual({ kind: "burned", partners: [3] });
      await store.markRestored({ seen: 0, generation: 0, refuseUpToMs: 0 });
      expect((await withPartner(store, 3))?.cleared).toBe(true);
      await renewed(store, renewal(3, 1));
      await store.burn(epoch, [burn(3, "mpc/ot-check-failed", 1)]);
      expect(await withPartner(store, 3)).toMatchObject({ generation: 1, cleared: false });
      expect([await clear(0), await clear(1)]).toEqual([false, true]);
    });

    it("[ST53] stages no pair in the place of one that a failed check burned after the renewal began, before an operator has cleared it", async () => {
      for (const isRenewed of [false, true]) {
        const store = await signing(await makeStore());
        const before = isRenewed ? 1 : 0;
        if (isRenewed) expect(await renewed(store, renewal(3, 1))).toBe(true);
        const late = [2, 3].map((generation) =>
          renewal(3, generation, { intentId: fill(0x90 + generation), sessionId: `ses_late${generation}` }),
        );
        const fences = [await begun(store, late[0] as NewRenewal), await begun(store, late[1] as NewRenewal)];
        const stage = (at: number) => {
          const made = late[at] as NewRenewal;
          return store.stagePair(made, { rid: rid(made), fence: fences[at] as number });
        };
        await store.burn(epoch, [burn(3, "mpc/ot-check-failed", before)]);
        expect(await stage(0)).toBe(false);
        expect(await withPartner(store, 3)).toMatchObject({ generation: before, cleared: false });
        expect((await store.runningSessions()).map((row) => row.rid)).toEqual([rid(late[1] as NewRenewal)]);
        expect(await store.clearPair({ ...ofEpoch, partner: 3 }, pair(3, before).pairId)).toBe(true);
        expect(await stage(1)).toBe(true);
        expect(await withPartner(store, 3)).toEqual(present(late[1] as NewRenewal));
        // Strikes need nobody's word.
        await store.burn(epoch, [burn(2, strikesReason)]);
        expect(await renewed(store, renewal(2, 1, { intentId: fill(0x95), sessionId: "ses_struck" }))).toBe(true);
      }
    });

    it("[ST53] of a failed check and a renewal that come at once, no order lifts the burn without an operator", async () => {
      for (let round = 0; round < 5; round++) {
        const store = await signing(await makeStore());
        const late = renewal(3, 1);
        const fence = await begun(store, late);
        const [isStaged] = await Promise.all([
          store.stagePair(late, { rid: rid(late), fence }),
          store.burn(epoch, [burn(3, "mpc/ot-check-failed")]),
        ]);
        expect(await withPartner(store, 3)).toMatchObject({ generation: isStaged ? 1 : 0, burn: burn(3), cleared: false });
      }
    });

    it("[ST53] a check that began before the pair was replaced and fails after it stands against the new one until an operator has cleared it", async () => {
      for (const isCertified of [false, true])
        for (const isLost of [false, true]) {
          const store = await signing(await makeStore());
          const one = await tenureOf(store, "instance/a");
          const open = start(one, 0x60, { pairs: [pair(3)] });
          expect(await store.beginCheck(open)).toEqual(noted);
          const first = renewal(3, 1);
          expect(await renewed(store, first)).toBe(true);
          if (isCertified) await store.commitPair(first.intentId, fill(0xcf, 80));
          // The instance was taken for gone meanwhile, and found its check to have failed.
          const now = isLost ? await tenureOf(store, "instance/a") : one;
          const found = { ...burn(3), sid: open.sid };
          expect(await store.endCheck({ ...open, cleared: [], struck: [], burns: [found] })).toEqual({ kind: isLost ? "lost" : "ended" });
          await store.commitPair(first.intentId, fill(0xcf, 80));

          expect(await withPartner(store, 3)).toEqual(present(first, { status: "committed", burn: found }));
          expect(await store.beginCheck(start(now, 0x61, { pairs: [pair(2), pair(3, 1)] }))).toEqual({ kind: "burned", partners: [3] });
          const second = renewal(3, 2);
          expect(await renewed(store, second)).toBe(false);
          expect(await store.clearPair({ ...ofEpoch, partner: 3 }, pair(3).pairId)).toBe(false);
          expect(await store.clearPair({ ...ofEpoch, partner: 3 }, pair(3, 1).pairId)).toBe(true);
          expect(await withPartner(store, 3)).toEqual(present(first, { status: "committed" }));
          expect(await store.beginCheck(start(now, 0x62, { pairs: [pair(3, 1)] }))).toEqual(noted);
          expect(await renewed(store, renewal(3, 3, { intentId: fill(0x93), sessionId: "ses_third" }))).toBe(true);
          expect((await withPartner(store, 2))?.burn).toBeUndefined();
        }
    });

    it("[ST53] a failed check counts more than the strikes that burned the pair before, in either order", async () => {
      for (const order of [
        [strikesReason, "mpc/mul-check-failed"],
        ["mpc/mul-check-failed", strikesReason],
      ]) {
        const store = await signing(await makeStore());
        for (const reason of order) await store.burn(epoch, [burn(3, reason)]);
        await store.burn(epoch, [burn(3, "mpc/ot-check-failed")]);
        expect((await withPartner(store, 3))?.burn).toEqual(burn(3, "mpc/mul-check-failed"));
        expect(await renewed(store, renewal(3, 1))).toBe(false);
        expect(await store.clearPair({ ...ofEpoch, partner: 3 }, pair(3).pairId)).toBe(true);
        expect(await renewed(store, renewal(3, 2))).toBe(true);
      }
      // It may also come when the pair is replaced already, which strikes alone allow.
      const store = await signing(await makeStore());
      await store.burn(epoch, [burn(3, strikesReason)]);
      expect(await renewed(store, renewal(3, 1))).toBe(true);
      await store.burn(epoch, [burn(3, "mpc/mul-check-failed")]);
      expect(await withPartner(store, 3)).toMatchObject({ generation: 1, burn: burn(3, "mpc/mul-check-failed"), cleared: false });
      expect(await renewed(store, renewal(3, 2))).toBe(false);
    });

    it("[ST50] begins 16 renewals of a pair in an epoch, whatever becomes of them, and counts each session once", async () => {
      const store = await signing(await makeStore());
      const name = { ...ofEpoch, partner: 3 };
      const open = (k: number, renews: PairName = name) =>
        store.openSession(session({ rid: fill(0x30 + k), sessionId: `ses_run${k}`, intentId: fill(0x60 + k), renews }), a);
      expect(await store.renewalRuns(name)).toBe(0);
      for (let k = 0; k < renewalRunsMax - 2; k++) expect(await store.abortSession(fill(0x30 + k), (await open(k)) as number)).toBe(true);
      expect(await open(0)).toBeUndefined();
      expect(await store.renewalRuns(name)).toBe(renewalRunsMax - 2);
      const last = await Promise.all([open(14), open(15), open(16)]);
      expect(last.filter((answer) => answer === "exhausted")).toHaveLength(1);
      // One that is there is no seventeenth: who lost the first answer asks again, and claims it.
      expect((await Promise.all([open(14), open(15), open(16)])).filter((answer) => answer === undefined)).toHaveLength(2);
      await store.markRestored({ seen: 0, generation: 0, refuseUpToMs: 0 });
      expect([await open(20), await store.renewalRuns(name)]).toEqual(["exhausted", renewalRunsMax]);
      expect(await store.runningSessions()).toEqual([]);
      expect(await store.outbox(fill(0x30 + 20), 1, 2)).toBeUndefined();
      // Another pair has a count of its own, and a session that renews nothing has none.
      expect(await open(21, { ...name, partner: 2 })).toBeTypeOf("number");
      expect(await store.openSession(session({ rid: fill(0x50), sessionId: "ses_x", intentId: fill(0x51) }), a)).toBeTypeOf("number");
      expect([await store.renewalRuns({ ...name, partner: 2 }), await store.renewalRuns({ ...name, epoch: fill(0xe5) })]).toEqual([1, 0]);
    });

    it("[ST51] a restored store has lost the states of all generations and nothing else of a pair, and a renewal gives it a new one", async () => {
      const store = await signing(await makeStore());
      const [three, two] = [renewal(3, 1), renewal(2, 1, { intentId: fill(0x91), sessionId: "ses_two" })];
      await renewed(store, three);
      await store.commitPair(three.intentId, fill(0xcf, 80));
      await renewed(store, two);
      await store.burn(epoch, [burn(4)]);
      await store.markRestored({ seen: 0, generation: 0, refuseUpToMs: 0 });
      const state = undefined;
      const [, , four, five] = fresh(ofEpoch, [2, 3, 4, 5]).map((each) => ({ ...each, state }));
      expect(await store.pairs(fill(0xa1), epoch)).toEqual([
        present(two, { state }),
        present(three, { state, status: "committed" }),
        { ...four, burn: burn(4) },
        five,
      ]);
      expect(await store.renewalOfIntent(three.intentId)).toEqual(stored(three, fill(0xcf, 80)));
      expect(await store.stagedPairs()).toEqual([stored(two)]);
      expect(await renewed(store, renewal(3, 1, { pairId: fill(0xee), intentId: fill(0x92), sessionId: "ses_again" }))).toBe(false);
      const second = renewal(3, 2);
      expect(await renewed(store, second)).toBe(true);
      await store.commitPair(second.intentId, fill(0xce, 80));
      expect(await withPartner(store, 3)).toEqual(present(second, { status: "committed" }));
    });

    it("[ST52] a higher epoch deletes the pairs and the counts of the one before, with the outboxes of their renewals; what was burned stays burned", async () => {
      const store = await signing(await makeStore());
      const made = renewal(3, 1);
      await renewed(store, made);
      await store.burn(epoch, [burn(2)]);
      await store.leaveEpoch(left(0xe2, 2), chainTo(0xe2));
      expect(await store.pairs(fill(0xa1), epoch)).toEqual([]);
      expect([await store.renewalOfIntent(made.intentId), await store.stagedPairs()]).toEqual([undefined, []]);
      expect(await store.outbox(rid(made), 1, 2)).toBeUndefined();
      expect(await store.renewalRuns({ ...ofEpoch, partner: 3 })).toBe(0);
      expect(await store.clearPair({ ...ofEpoch, partner: 2 }, pair(2).pairId)).toBe(false);
      const one = await tenureOf(store, "instance/a");
      expect(await store.beginCheck(start(one, 1, { pairs: [pair(2)] }))).toEqual({ kind: "burned", partners: [2] });
    });

    it("[ST80] takes a chain only where the key's last certificate is the one that it was judged against", async () => {
      const store = await newStore();
      const [first, second] = [chain[0] as Uint8Array, fill(0xe2, 70)];
      await stagedBeside(store, [
        { byte: 0xe0, epochNumber: 0 },
        { byte: 0xe2, epochNumber: 2 },
        { byte: 0xe4, epochNumber: 4 },
      ]);
      const isStaged = async (byte: number) => (await store.share(fill(0xa1), fill(byte)))?.status === "staged";
      expect(await store.commitShare(beside(0xe0, 0), chain, fill(0xcd, 50))).toBe("changed");
      expect([await isStaged(0xe0), await store.certificates(fill(0xa1))]).toEqual([true, []]);
      expect(await store.commitShare(beside(0xe0, 0), chain)).toBe("committed");
      for (const judged of [undefined, fill(0xcd, 50), first.subarray(1)]) {
        expect(await store.commitShare(beside(0xe2, 1), chainTo(0xe2), judged)).toBe("changed");
        expect(await store.leaveEpoch(left(0xe3, 3), chainTo(0xe3), judged)).toBe("changed");
        // What is committed already says so, whatever the caller knew.
        expect(await store.commitShare(beside(0xe0, 0), chain, judged)).toBe("committed");
      }
      expect([await isStaged(0xe2), await store.share(fill(0xa1), fill(0xe3))]).toEqual([true, undefined]);
      expect((await store.committedShare(fill(0xa1)))?.epoch).toEqual(fill(0xe0));
      expect(await store.outbox(fill(0x31), 1, 2)).toEqual(fill(0x42, 5));
      expect(await store.certificates(fill(0xa1))).toEqual(chain);

      // Of two chains that were judged against the same certificate one is taken.
      const answers = await Promise.all([
        store.commitShare(beside(0xe2, 1), chainTo(0xe2), first),
        store.leaveEpoch(left(0xe3, 3), chainTo(0xe3), first),
      ]);
      // What comes after the higher one is superseded.
      const isSecond = answers[0] === "committed";
      expect(answers).toEqual(isSecond ? ["committed", "changed"] : [expect.stringMatching(/^(changed|superseded)$/), "left"]);
      const last = await store.lastCertificate(fill(0xa1));
      expect(last).toEqual(isSecond ? second : fill(0xe3, 70));
      expect(await store.leaveEpoch(left(0xe3, 3), chainTo(0xe3), last)).toBe("left");
      expect(await store.leaveEpoch(left(0xe3, 3), chainTo(0xe3), first)).toBe("left");
      expect(await isStaged(0xe4)).toBe(true);
    });

    it("[ST81] stages no further share where as many of its key are staged as the caller allows, and ends the session", async () => {
      const store = await makeStore();
      await stagedBeside(store, [
        { byte: 0xe0, epochNumber: 0 },
        { byte: 0xe1, epochNumber: 1 },
        { byte: 0xe2, epochNumber: 2 },
      ]);
      await store.commitShare(beside(0xe0, 0), chain);
      const stage = async (byte: number, epochNumber: number, stagedMax: number | undefined) => {
        const run = { rid: fill(byte), sessionId: `ses_${byte}`, intentId: fill(byte, 32) };
        const fence = (await store.openSession(session(run), a)) as number;
        const made = share({ epoch: fill(byte), epochNumber, sessionId: run.sessionId, intentId: run.intentId });
        return store.stageShare(made, pairs(made), { rid: run.rid, fence, stagedMax });
      };
      expect(await stage(0xe3, 3, 2)).toBe(false);
      expect([await store.runningSessions(), await store.share(fill(0xa1), fill(0xe3))]).toEqual([[], undefined]);
      expect(await store.outbox(fill(0xe3), 1, 2)).toBeUndefined();
      expect(await stage(0xe4, 4, 3)).toBe(true);
      expect(await stage(0xe5, 5, 3)).toBe(false);
      expect(await stage(0xe6, 6, undefined)).toBe(true);
      const epochs = async (keyId?: Uint8Array) => (await store.stagedShares(keyId)).map(({ epochNumber }) => epochNumber).sort();
      for (const keyId of [undefined, fill(0xa1)]) expect(await epochs(keyId)).toEqual([1, 2, 4, 6]);
      expect(await epochs(fill(0xa2))).toEqual([]);
    });

    it("[ST38] keeps and orders epoch numbers up to the highest of 32 bits", async () => {
      const store = await makeStore();
      await stagedBeside(store, [
        { byte: 0xe2, epochNumber: 2_147_483_648 },
        { byte: 0xe1, epochNumber: 4_294_967_295 },
      ]);
      expect((await store.share(fill(0xa1), fill(0xe1)))?.epochNumber).toBe(4_294_967_295);
      expect(await store.commitShare(beside(0xe1, 1), chainTo(0xe1))).toBe("committed");
      expect(await store.commitShare(beside(0xe2, 0), chainTo(0xe2))).toBe("superseded");
      expect((await store.committedShare(fill(0xa1)))?.epochNumber).toBe(4_294_967_295);
    });

    it("[ST21] gives copies: bytes that a caller overwrites later change nothing stored", async () => {
      const store = await makeStore();
      const state = fill(3, 40);
      await store.openSession(session({ state }), a);
      state.fill(0xff);
      (await store.outbox(fill(0x11), 1, 2))?.fill(0xff);
      expect(await store.outbox(fill(0x11), 1, 2)).toEqual(fill(0x42, 5));
      expect((await store.claimSession(fill(0x11), a))?.state).toEqual(fill(3, 40));
    });

    const backup = (over: Partial<StoredBackup> = {}): StoredBackup => ({
      keyId: fill(0xa1),
      epoch: fill(0xe0),
      epochNumber: 0,
      recipient: fill(2, 33),
      document: fill(0x42, 9_000),
      place: "",
      madeAtMs: 1_000,
      ...over,
    });
    const wanted = { recipient: fill(2, 33), place: "", madeSinceMs: 0 };
    const none = new Uint8Array();

    it("[ST65] keeps one backup of a key for each recipient, of the committed epoch and of no other", async () => {
      const store = await makeStore();
      await stagedBeside(store, [
        { byte: 0xe0, epochNumber: 0 },
        { byte: 0xe1, epochNumber: 1 },
      ]);
      expect(await store.keepBackup(backup())).toBe(false);
      expect(await store.keepBackup(backup({ keyId: fill(0xa9) }))).toBe(false);
      expect(await store.backups(fill(0xa1))).toEqual([]);
      await store.commitShare(beside(0xe0, 0), chain);
      const [first, second] = [backup({ recipient: fill(3, 33) }), backup()];
      expect([await store.keepBackup(first), await store.keepBackup(second)]).toEqual([true, true]);
      expect(await store.backups(fill(0xa1))).toEqual([second, first]);
      expect(await store.backups(fill(0xa2))).toEqual([]);
      const again = backup({ document: fill(0x43, 9_001), place: "/backups", madeAtMs: 2_000 });
      expect(await store.keepBackup(again)).toBe(true);
      expect(await store.backups(fill(0xa1))).toEqual([again, first]);
      expect(await store.keepBackup(backup({ epoch: fill(0xe1), epochNumber: 1 }))).toBe(false);

      // A commit takes no backup away. The one of the new epoch takes its place, and none of the
      // old one comes back.
      await store.commitShare(beside(0xe1, 1), chainTo(0xe1));
      expect(await store.backups(fill(0xa1))).toEqual([again, first]);
      const newer = backup({ epoch: fill(0xe1), epochNumber: 1 });
      expect(await store.keepBackup(newer)).toBe(true);
      expect(await store.keepBackup(backup())).toBe(false);
      expect(await store.backups(fill(0xa1))).toEqual([newer, first]);
    });

    it("[ST66] lists the keys whose committed share has no backup as it is wanted, page by page", async () => {
      const store = await makeStore();
      await stagedBeside(store, [
        { byte: 0xe0, epochNumber: 0 },
        { byte: 0xe1, epochNumber: 1 },
      ]);
      expect(await store.keysToBackUp(wanted, none, 9)).toEqual([]);
      await store.commitShare(beside(0xe0, 0), chain);
      expect(await store.keysToBackUp(wanted, none, 9)).toEqual([fill(0xa1)]);
      expect(await store.keysToBackUp(wanted, fill(0xa1), 9)).toEqual([]);
      await store.keepBackup(backup());
      expect(await store.keysToBackUp(wanted, none, 9)).toEqual([]);
      expect(await store.keysToBackUp({ ...wanted, recipient: fill(3, 33) }, none, 9)).toEqual([fill(0xa1)]);
      expect(await store.keysToBackUp({ ...wanted, place: "/backups" }, none, 9)).toEqual([fill(0xa1)]);
      expect(await store.keysToBackUp({ ...wanted, madeSinceMs: 1_000 }, none, 9)).toEqual([]);
      expect(await store.keysToBackUp({ ...wanted, madeSinceMs: 1_001 }, none, 9)).toEqual([fill(0xa1)]);
      await store.commitShare(beside(0xe1, 1), chainTo(0xe1));
      expect(await store.keysToBackUp(wanted, none, 9)).toEqual([fill(0xa1)]);
      expect(await store.keysToBackUp(wanted, none, 0)).toEqual([]);
      await store.keepBackup(backup({ epoch: fill(0xe1), epochNumber: 1 }));
      expect(await store.keysToBackUp(wanted, none, 9)).toEqual([]);
    });

    it("[ST67] deletes backups of an epoch that is over, to everybody but the listed recipients, and none of the committed one", async () => {
      const store = await makeStore();
      await stagedBeside(store, [
        { byte: 0xe0, epochNumber: 0 },
        { byte: 0xe1, epochNumber: 1 },
      ]);
      const recipients = async () => (await store.backups(fill(0xa1))).map(({ recipient }) => recipient[0]);
      await store.commitShare(beside(0xe0, 0), chain);
      for (const byte of [2, 3, 4, 5]) await store.keepBackup(backup({ recipient: fill(byte, 33) }));
      await store.dropOldBackupsExcept([fill(4, 33)]);
      await store.dropOldBackupsExcept([]);
      expect(await recipients()).toEqual([2, 3, 4, 5]);
      await store.commitShare(beside(0xe1, 1), chainTo(0xe1));
      await store.keepBackup(backup({ recipient: fill(5, 33), epoch: fill(0xe1), epochNumber: 1 }));
      await store.dropOldBackupsExcept([fill(4, 33), fill(2, 33)]);
      expect(await recipients()).toEqual([2, 4, 5]);
      await store.dropOldBackupsExcept([]);
      expect(await recipients()).toEqual([5]);
    });

    it("[ST68] deletes the backups of a key with the certificate that leaves this party out", async () => {
      const store = await makeStore();
      await stagedBeside(store, [{ byte: 0xe0, epochNumber: 0 }]);
      await store.commitShare(beside(0xe0, 0), chain);
      await store.keepBackup(backup());
      expect(await store.leaveEpoch(left(0xe2, 2), chainTo(0xe2))).toBe("left");
      expect(await store.backups(fill(0xa1))).toEqual([]);
      expect(await store.keysToBackUp(wanted, none, 9)).toEqual([]);

      const dealer = await makeStore();
      await stagedBeside(dealer, [{ byte: 0xe0, epochNumber: 0 }]);
      await dealer.commitShare(beside(0xe0, 0), chain);
      await dealer.keepBackup(backup());
      const run = { rid: fill(0xe1), sessionId: "ses_leaves", intentId: fill(0xe1) };
      const fence = (await dealer.openSession(session(run), a)) as number;
      const made = { epoch: fill(0xe1), epochNumber: 1, sessionId: run.sessionId, intentId: run.intentId, record: none, secret: none };
      expect(await dealer.stageShare(share(made), undefined, { rid: run.rid, fence })).toBe(true);
      expect(await dealer.backups(fill(0xa1))).toEqual([backup()]);
      expect(await dealer.commitShare(named({ epoch: fill(0xe1), intentId: fill(0xe1) }), chainTo(0xe1))).toBe("left");
      expect(await dealer.backups(fill(0xa1))).toEqual([]);
    });

    it("[ST69] keeps backups when the store is marked as restored", async () => {
      const store = await makeStore();
      await stagedBeside(store, [{ byte: 0xe0, epochNumber: 0 }]);
      await store.commitShare(beside(0xe0, 0), chain);
      await store.keepBackup(backup());
      await store.markRestored({ seen: 0, generation: 1, refuseUpToMs: 2_000 });
      expect(await store.backups(fill(0xa1))).toEqual([backup()]);
    });

    it("[ST22] forgets sessions that are over once they have expired, never running ones' rids before that", async () => {
      const store = await makeStore();
      const fence = (await store.openSession(session(), a)) as number;
      await store.abortSession(fill(0x11), fence);
      await store.prune(61_000);
      expect(await store.openSession(session(), a)).toBeUndefined();
      await store.openSession(session({ rid: fill(0x12) }), a);
      await store.prune(61_001);
      expect(await store.runningSessions()).toHaveLength(1);
    });
  });
}
