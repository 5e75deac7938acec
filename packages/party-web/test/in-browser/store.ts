// The store contract on IndexedDB, and what IndexedDB adds to it. It runs in a browser's worker.
import type { NewSession, Store } from "@covault/party";
import { describe, expect, it } from "vitest";
import { storeContract } from "../../../party/test/store-contract.ts";
import { Database } from "../../src/store/database.ts";
import { type IndexedDbStore, openIndexedDbStore } from "../../src/store/indexed-db-store.ts";

/** What the tests look at beneath the store. */
interface RawDatabase {
  transaction(names: readonly string[], mode: string, options?: { readonly durability: string }): unknown;
}
interface Raw {
  readonly IDBDatabase: { readonly prototype: RawDatabase };
  readonly indexedDB: { deleteDatabase(name: string): Record<"onsuccess" | "onerror" | "onblocked", (() => void) | null> };
}
const raw = globalThis as unknown as Raw;

let parties = 0;
let last: IndexedDbStore | undefined;
/** Gives an empty store. The one before is closed and deleted. */
async function freshStore(): Promise<Store> {
  last?.close();
  if (parties > 0) await deleted(`covault-party-p${parties}`);
  last = await openIndexedDbStore(`p${++parties}`);
  return last.store;
}
function deleted(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = raw.indexedDB.deleteDatabase(name);
    request.onsuccess = resolve;
    request.onerror = () => reject(new Error(`${name} was not deleted`));
    request.onblocked = () => reject(new Error(`${name} is still open`));
  });
}

storeContract("IndexedDB", freshStore);

const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
const tenure = { name: "instance/a", fence: 1 };
const session: NewSession = {
  rid: fill(1),
  sessionId: "ses_1",
  intentId: fill(2),
  context: fill(3, 5),
  state: fill(4, 6),
  outbox: [{ to: 2, bytes: fill(5, 7) }],
  expiresAtMs: 99_000,
};

describe("the store in a browser", () => {
  it("keeps everything when the tab is closed and another one opens it, and is the same store", async () => {
    const store = await freshStore();
    await store.openSession(session, tenure);
    const { identity } = await store.standing();
    last?.close();
    const again = await openIndexedDbStore(`p${parties}`);
    last = again;
    expect(await again.store.outbox(fill(1), 1, 2)).toEqual(fill(5, 7));
    expect((await again.store.standing()).identity).toEqual(identity);
    const other = await openIndexedDbStore("somebody-else");
    expect(await other.store.runningSessions()).toEqual([]);
    expect((await other.store.standing()).identity).not.toEqual(identity);
    other.close();
  });

  it("of two tabs that take one lease or claim one session at once exactly one has it", async () => {
    const one = await freshStore();
    const second = await openIndexedDbStore(`p${parties}`);
    try {
      const taken = await Promise.all(
        Array.from({ length: 8 }, (_, k) => (k % 2 === 0 ? one : second.store).takeLease("generation", `run-${k}`)),
      );
      expect(taken.filter((answer) => answer.taken)).toHaveLength(1);
      const opened = await Promise.all([one, second.store, one, second.store].map((store) => store.openSession(session, tenure)));
      expect(opened.filter((fence) => fence !== undefined)).toHaveLength(1);
    } finally {
      second.close();
    }
  });

  it("writes all of a transaction or nothing", async () => {
    const store = await freshStore();
    const fence = (await store.openSession(session, tenure)) as number;
    // No key of IndexedDB is made of NaN, so the outbox fails after the round's state was written.
    const broken = [
      { to: 2, bytes: fill(6, 7) },
      { to: Number.NaN, bytes: fill(6, 7) },
    ];
    await expect(store.saveRound(fill(1), fence, 2, fill(44), broken)).rejects.toMatchObject({ code: "party/store-unavailable" });
    expect(await store.claimSession(fill(1), tenure)).toMatchObject({ round: 1, state: fill(4, 6) });
    expect(await store.outbox(fill(1), 2, 2)).toBeUndefined();
  });

  it("keeps the pair before with its state when the staging of a renewed one fails in the middle", async () => {
    const store = await freshStore();
    const fence = (await store.openSession(session, tenure)) as number;
    const [keyId, epoch] = [fill(8), fill(9)];
    const { sessionId, intentId } = session;
    const blobs = { record: fill(10), secret: fill(11), intent: fill(12), ack: fill(13) };
    const pairs = [2, 3].map((partner) => ({ partner, pairId: fill(0x70 + partner), state: fill(14, 9) }));
    const share = { keyId, epoch, epochNumber: 0, scheme: "ecdsa-secp256k1", sessionId, intentId, ...blobs };
    await store.stageShare(share, pairs, { rid: fill(1), fence });
    await store.commitShare(share, [fill(15)]);
    const before = await store.pairs(keyId, epoch);
    const run = { sessionId: "ses_2", intentId: fill(16) };
    const opened = (await store.openSession({ ...session, ...run, rid: fill(17) }, tenure)) as number;
    // The id is that of the other pair, so the row fails after the state before was erased.
    const renewal = {
      keyId,
      epoch,
      partner: 2,
      generation: 1,
      pairId: fill(0x73),
      state: fill(18, 9),
      ...run,
      intent: fill(19),
      ack: fill(20),
    };
    const staged = store.stagePair(renewal, { rid: fill(17), fence: opened });
    await expect(staged).rejects.toMatchObject({ code: "party/store-unavailable" });
    expect(await store.pairs(keyId, epoch)).toEqual(before);
    expect((await store.runningSessions()).map(({ rid }) => rid)).toEqual([fill(17)]);
  });

  it("asks for every transaction to be on the disk before it counts", async () => {
    const { prototype } = raw.IDBDatabase;
    const { transaction } = prototype;
    const asked: (string | undefined)[] = [];
    prototype.transaction = function (names, mode, options) {
      asked.push(options?.durability);
      return transaction.call(this, names, mode, options);
    };
    try {
      const store = await freshStore();
      await store.openSession(session, tenure);
      await store.runningSessions();
    } finally {
      prototype.transaction = transaction;
    }
    expect(asked).toEqual(["strict", "strict"]);
  });

  it("stores no byte that only stands beside what is stored", async () => {
    const store = await freshStore();
    const buffer = fill(7, 64);
    await store.openSession({ ...session, state: buffer.subarray(8, 10) }, tenure);
    const state = (await store.claimSession(fill(1), tenure))?.state;
    expect([state?.length, state?.buffer.byteLength]).toEqual([2, 2]);
  });

  it("says that it cannot be used once it is closed", async () => {
    const store = await freshStore();
    last?.close();
    await expect(store.runningSessions()).rejects.toMatchObject({ code: "party/store-unavailable" });
    await expect(store.openSession(session, tenure)).rejects.toMatchObject({ code: "party/store-unavailable" });
  });

  it("lets go of its database when somebody deletes it", async () => {
    await freshStore();
    await deleted(`covault-party-p${parties}`);
    last = undefined;
    const again = await openIndexedDbStore(`p${parties}`);
    last = again;
    expect(await again.store.runningSessions()).toEqual([]);
  });

  it("passes on what the work of a transaction throws, and keeps nothing of it", async () => {
    const database = await Database.open("throws", async () => {});
    const work = database.write(async (tables) => {
      await tables.abandoned.put({ intentId: fill(1) });
      throw new RangeError("not this one");
    });
    await expect(work).rejects.toMatchObject({ code: "party/store-unavailable", message: expect.stringMatching(/not this one/) });
    expect(await database.read((tables) => tables.abandoned.all())).toEqual([]);
    database.close();
  });
});
