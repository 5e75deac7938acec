// What every Store promises of a share that others have made again (dkls23-spec 7.2), as part of
// the store contract.
import { describe, expect, it } from "vitest";
import type { Tenure } from "../src/ports/lease.ts";
import type { NewPair } from "../src/ports/pairs.ts";
import type { LeaveAnswer, NewShare, ShareStatus, Store } from "../src/ports/store.ts";

const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
const none = new Uint8Array(0);
const keyId = fill(0xa1);
const tenure: Tenure = { name: "instance/a", fence: 1 };
/** The pair with partner 2, as the run of the epoch with this byte makes it. */
const pairOf = (byte: number): NewPair => ({ partner: 2, pairId: fill(byte, 32), state: fill(0x77, 99) });
const chainTo = (byte: number): readonly Uint8Array[] => [fill(0xcc, 50), fill(byte, 70)];

/** A share whose epoch, intent and session have this byte. */
const share = (byte: number, epochNumber: number, over: Partial<NewShare> = {}): NewShare => ({
  keyId,
  epoch: fill(byte),
  epochNumber,
  scheme: "ecdsa-secp256k1",
  sessionId: `ses_${byte}`,
  intentId: fill(byte, 32),
  record: fill(byte, 200),
  secret: fill(6, 60),
  intent: fill(byte, 300),
  ack: fill(byte, 100),
  ...over,
});
const repaired = (byte: number, epochNumber: number): NewShare => share(byte, epochNumber, { record: fill(5, 210), secret: fill(9, 61) });

async function stage(store: Store, made: NewShare): Promise<Uint8Array> {
  const rid = fill(made.epoch[0] as number, 32);
  const { sessionId, intentId } = made;
  const session = {
    rid,
    sessionId,
    intentId,
    context: none,
    state: fill(3),
    outbox: [{ to: 2, bytes: fill(0x42, 5) }],
    expiresAtMs: 9_000,
  };
  const fence = (await store.openSession(session, tenure)) as number;
  expect(await store.stageShare(made, [pairOf(made.epoch[0] as number)], { rid, fence })).toBe(true);
  return rid;
}
async function commit(store: Store, made: NewShare): Promise<void> {
  await stage(store, made);
  expect(await store.commitShare(made, chainTo(made.epoch[0] as number))).toBe("committed");
}
const statuses = async (store: Store, ...bytes: readonly number[]): Promise<readonly (ShareStatus | undefined)[]> =>
  Promise.all(bytes.map(async (byte) => (await store.share(keyId, fill(byte)))?.status));
/** What is here of the epoch's pairs, and undefined where a state is lost. */
const states = async (store: Store, byte: number, of = keyId): Promise<readonly (Uint8Array | undefined)[]> =>
  (await store.pairs(of, fill(byte))).map(({ state }) => state);
const whole = [pairOf(0).state];
/** Leaves the epoch. What the key's chain was meanwhile is judged again, as parties do. */
async function leave(store: Store, byte: number, epochNumber: number): Promise<LeaveAnswer> {
  const { record, secret, ack, ...left } = share(byte, epochNumber);
  for (;;) {
    const answer = await store.leaveEpoch(left, chainTo(byte));
    if (answer !== "changed") return answer;
  }
}

export function repairedContract(name: string, makeStore: () => Promise<Store>): void {
  describe(`Store contract, repaired shares: ${name}`, () => {
    it("[ST60] keeps a repaired share where nothing of the key is: committed at once, with its chain and without pairs", async () => {
      const store = await makeStore();
      for (let call = 0; call < 2; call++) {
        expect(await store.keepRepaired(repaired(0xe2, 2), chainTo(0xe2))).toBe(true);
        expect(await store.committedShare(keyId)).toEqual({ ...repaired(0xe2, 2), status: "committed" });
        expect(await store.shareOfIntent(fill(0xe2))).toEqual({ ...repaired(0xe2, 2), status: "committed" });
        expect(await store.certificates(keyId)).toEqual(chainTo(0xe2));
        expect(await store.pairs(keyId, fill(0xe2))).toEqual([]);
        expect(await store.stagedShares()).toEqual([]);
      }
      // The next epoch follows it as it follows every other.
      await commit(store, share(0xe3, 3));
      expect(await statuses(store, 0xe2, 0xe3)).toEqual(["superseded", "committed"]);
    });

    it("[ST60] puts it in the place of the epoch's row that does not open, or of which this party had no share; no state of pairs stays", async () => {
      const burn = { partner: 2, pairId: fill(0xe2), reason: "mpc/ot-check-failed", sid: fill(9), digest: fill(10) };
      const before: readonly (readonly [(store: Store) => Promise<unknown>, readonly object[]])[] = [
        [
          async (store) => {
            await commit(store, share(0xe2, 2));
            await store.burn(fill(0xe2), [burn]);
            expect(await states(store, 0xe2)).toEqual(whole);
          },
          // Which pair it was, and what stands against it, is remembered.
          [{ partner: 2, generation: 0, pairId: fill(0xe2), status: "committed", state: undefined, burn }],
        ],
        [
          async (store) => {
            await commit(store, share(0xe0, 0));
            expect(await leave(store, 0xe2, 2)).toBe("left");
          },
          [],
        ],
      ];
      for (const [prepare, left] of before) {
        const store = await makeStore();
        await prepare(store);
        expect(await store.keepRepaired(repaired(0xe2, 2), chainTo(0xe2))).toBe(true);
        expect(await store.share(keyId, fill(0xe2))).toEqual({ ...repaired(0xe2, 2), status: "committed" });
        expect(await store.pairs(keyId, fill(0xe2))).toMatchObject(left);
        expect(await store.certificates(keyId)).toEqual(chainTo(0xe2));
        expect((await store.heldKeys(none, 9)).map(({ epoch }) => epoch)).toEqual([fill(0xe2)]);
        expect(await leave(store, 0xe2, 2)).toBe("unknown");
      }
    });

    it("[ST61] supersedes what is lower in the same transaction, staged shares too, and keeps staged shares that are higher", async () => {
      const store = await makeStore();
      await commit(store, share(0xe0, 0));
      const [lower, higher] = [await stage(store, share(0xe1, 1)), await stage(store, share(0xe9, 9))];
      expect(await store.keepRepaired(repaired(0xe2, 2), chainTo(0xe2))).toBe(true);
      expect(await statuses(store, 0xe0, 0xe1, 0xe2, 0xe9)).toEqual(["superseded", "superseded", "committed", "staged"]);
      for (const byte of [0xe0, 0xe1]) {
        expect((await store.share(keyId, fill(byte)))?.secret).toEqual(none);
        expect(await store.pairs(keyId, fill(byte))).toEqual([]);
      }
      expect([await store.outbox(lower, 1, 2), await store.outbox(higher, 1, 2)]).toEqual([undefined, fill(0x42, 5)]);
      expect(await states(store, 0xe9)).toEqual(whole);
      expect(await store.commitShare(share(0xe9, 9), chainTo(0xe9))).toBe("committed");
      expect(await statuses(store, 0xe2, 0xe9)).toEqual(["superseded", "committed"]);
    });

    it.each<[string, (store: Store) => Promise<unknown>, NewShare]>([
      ["a higher number is committed", (store) => commit(store, share(0xe3, 3)), repaired(0xe2, 2)],
      ["the same number with higher bytes is committed", (store) => commit(store, share(0xe3, 2)), repaired(0xe2, 2)],
      [
        "a higher number is left",
        async (store) => {
          await commit(store, share(0xe1, 1));
          await leave(store, 0xe3, 3);
        },
        repaired(0xe2, 2),
      ],
      [
        "its epoch was passed by",
        async (store) => {
          await commit(store, share(0xe2, 2));
          await commit(store, share(0xe3, 3));
        },
        repaired(0xe2, 2),
      ],
      ["its epoch is staged", (store) => stage(store, share(0xe2, 2)), repaired(0xe2, 2)],
      ["another intent has an epoch of that name", (store) => commit(store, share(0xe2, 2, { intentId: fill(0x99) })), repaired(0xe2, 2)],
      ["its intent has another epoch", (store) => commit(store, share(0xe1, 1, { intentId: fill(0xe2) })), repaired(0xe2, 2)],
    ])("[ST62] keeps none, and writes nothing, where %s", async (_where, prepare, given) => {
      const store = await makeStore();
      await prepare(store);
      const bytes = [0xe1, 0xe2, 0xe3];
      const before = await Promise.all(
        bytes.map(async (byte) => [await store.share(keyId, fill(byte)), await store.pairs(keyId, fill(byte))]),
      );
      const chain = await store.certificates(keyId);
      expect(await store.keepRepaired(given, chainTo(0xff))).toBe(false);
      expect(
        await Promise.all(bytes.map(async (byte) => [await store.share(keyId, fill(byte)), await store.pairs(keyId, fill(byte))])),
      ).toEqual(before);
      expect(await store.certificates(keyId)).toEqual(chain);
    });

    it("[ST62] of a repaired share and a higher epoch that come at once, no order leaves the repaired one usable", async () => {
      for (let round = 0; round < 5; round++) {
        const store = await makeStore();
        await commit(store, share(0xe0, 0));
        const [isKept] = await Promise.all([store.keepRepaired(repaired(0xe2, 2), chainTo(0xe2)), leave(store, 0xe3, 3)]);
        expect(await statuses(store, 0xe0, 0xe2, 0xe3)).toEqual(["superseded", isKept ? "superseded" : undefined, "left"]);
        expect((await store.share(keyId, fill(0xe2)))?.secret ?? none).toEqual(none);
        expect(await store.certificates(keyId)).toEqual(chainTo(0xe3));
      }
    });

    it("[ST62] keeps none where the key's chain is another one by then than it was judged against", async () => {
      const store = await makeStore();
      await commit(store, share(0xe0, 0));
      const [judged, other] = [(await store.lastCertificate(keyId)) as Uint8Array, fill(0xcd, 50)];
      expect(await store.keepRepaired(repaired(0xe2, 2), chainTo(0xe2), other)).toBe(false);
      expect([await store.share(keyId, fill(0xe2)), await store.lastCertificate(keyId)]).toEqual([undefined, judged]);
      expect(await store.keepRepaired(repaired(0xe2, 2), chainTo(0xe2), judged)).toBe(true);
      // The answer may be lost, and it is asked again.
      expect(await store.keepRepaired(repaired(0xe2, 2), chainTo(0xe2), judged)).toBe(true);
    });

    it("[ST62] another key's epochs are no matter of it", async () => {
      const store = await makeStore();
      await commit(store, share(0xe9, 9, { keyId: fill(0xa2) }));
      expect(await store.keepRepaired(repaired(0xe2, 2), chainTo(0xe2))).toBe(true);
      expect((await store.committedShare(fill(0xa2)))?.epochNumber).toBe(9);
      expect(await states(store, 0xe9, fill(0xa2))).toEqual(whole);
    });
  });
}
