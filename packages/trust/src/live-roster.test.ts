import { toBinary } from "@bufbuild/protobuf";
import { CovaultError } from "@covault/errors";
import { type Member, SignedSchema } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { refusal } from "../test/refused.ts";
import { keyOf, nowMs, root, roster, type rosterInit } from "../test/statements.ts";
import { checkSigners, isStillHolder, LiveRoster, type RosterMark, type RosterMemory } from "./index.ts";

type Init = typeof rosterInit;
const serial = (number: bigint, more: (init: Init) => unknown = () => undefined) =>
  roster((init) => void more(Object.assign(init, { serial: number })));
const live = (signed = roster()) => new LiveRoster(signed, root.publicKey);
const withoutThird = (init: Init) => init.parties.pop();

/** Gives a memory that keeps the mark as a service's database does. */
function memory(kept?: RosterMark): RosterMemory & { kept: RosterMark | undefined; raises: number } {
  return {
    kept,
    raises: 0,
    async raise(mark) {
      this.raises += 1;
      if (this.kept === undefined || mark.serial > this.kept.serial) this.kept = mark;
      return this.kept;
    },
  };
}

describe("a roster that changes while it is used", () => {
  it("gives way to one with a higher serial, at once and for everybody who asks again", async () => {
    const trust = live();
    const asked = trust.current;
    const changes: bigint[][] = [];
    trust.onChange((now, before) => changes.push([now.serial, before.serial, asked().serial]));
    expect(await trust.replace(serial(8n, withoutThird))).toBe(true);
    expect(asked().parties).toHaveLength(2);
    expect(trust.serial).toBe(8n);
    expect(changes).toEqual([[8n, 7n, 8n]]);
  });

  it("takes no mark of its memory that is none for a higher roster, and goes on", async () => {
    const wrong = [
      { serial: Number.NaN },
      { serial: "8" },
      { serial: -1n },
      { serial: 2n ** 64n },
      { digest: new Uint8Array(31) },
      { digest: "ab" },
    ];
    for (const change of wrong) {
      const trust = live();
      const kept = memory();
      await trust.keepIn(kept);
      kept.raise = async (mark) => ({ ...mark, ...change }) as RosterMark;
      for (const act of [() => trust.lookAgain(), () => trust.replace(serial(8n)), () => trust.keepIn(kept)])
        await expect(act()).rejects.toThrow("keeps no serial and digest of one");
      expect([trust.isBehind, trust.current().serial]).toEqual([false, 7n]);
    }
  });

  it("is behind a memory that has the last serial there is, which no roster may have", async () => {
    expect(refusal(() => live(serial(2n ** 64n - 1n)))).toContain("trust/bad-roster: The roster is refused: serial is the last one");
    expect(live(serial(2n ** 64n - 2n)).serial).toBe(2n ** 64n - 2n);
    const trust = live();
    const kept = memory({ serial: 2n ** 64n - 1n, digest: new Uint8Array(32) });
    await expect(trust.keepIn(kept)).rejects.toMatchObject({ code: "trust/roster-not-newer" });
  });

  it("stays the same object when it is put in place again, and tells nobody", async () => {
    const trust = live();
    const before = trust.current();
    trust.onChange(() => expect.unreachable());
    expect(await trust.replace(roster())).toBe(false);
    expect(trust.current()).toBe(before);
  });

  it("tells no listener that has ended", async () => {
    const trust = live();
    trust.onChange(() => expect.unreachable())();
    expect(await trust.replace(serial(8n))).toBe(true);
  });

  it.each<[string, Uint8Array, string, string]>([
    [
      "of another root",
      roster((init) => Object.assign(init, { serial: 9n }), keyOf(77)),
      "trust/bad-roster",
      "the root key did not sign it",
    ],
    ["with a lower serial", serial(6n), "trust/roster-not-newer", "serial 6, and one with serial 7"],
    [
      "with the same serial and another content",
      serial(7n, withoutThird),
      "trust/roster-not-newer",
      "serial 7, and another one with serial 7",
    ],
    ["of which half is there", serial(9n).slice(0, 200), "trust/bad-roster", "not a signed statement"],
    ["of which nothing is there", new Uint8Array(), "trust/bad-roster", "the root key did not sign it"],
    ["that is a web page", new TextEncoder().encode("<html>404</html>"), "trust/bad-roster", "not a signed statement"],
  ])("keeps the former one when it is offered one %s, and says why", async (_which, signed, code, text) => {
    const trust = live();
    const before = trust.current();
    trust.onChange(() => expect.unreachable());
    await expect(trust.replace(signed)).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
    expect(trust.current()).toBe(before);
    expect(trust.refusal?.code).toBe(code);
    // The former roster, put back, is as good as a new one.
    await trust.replace(roster());
    expect(trust.refusal).toBeUndefined();
  });

  it("says both serials as facts", async () => {
    await expect(live().replace(serial(6n))).rejects.toMatchObject({ facts: { serial: "6", serial_in_use: "7" } });
  });

  it("does not believe a body with another root's signature beside the root's own", async () => {
    const trust = live();
    const forged = toBinary(SignedSchema, {
      $typeName: "covault.v1.Signed",
      body: serial(9n),
      signature: new Uint8Array(64),
      signer: "root",
      key: new Uint8Array(),
    });
    await expect(trust.replace(forged)).rejects.toMatchObject({ code: "trust/bad-roster" });
  });
});

describe("the memory of a roster", () => {
  it("has every roster before it counts", async () => {
    const trust = live();
    const kept = memory();
    await trust.keepIn(kept);
    expect(kept.kept?.serial).toBe(7n);
    trust.onChange(() => expect(kept.kept?.serial).toBe(8n));
    await trust.replace(serial(8n));
    expect(kept.kept?.serial).toBe(8n);
  });

  it("has a roster that is put in place while it is asked for the first time", async () => {
    const trust = live();
    const kept = memory();
    const raise = kept.raise.bind(kept);
    let [begins, answer] = [(): void => {}, (): void => {}];
    const begun = new Promise<void>((resolve) => {
      begins = resolve;
    });
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    kept.raise = async (mark) => {
      const now = await raise(mark);
      begins();
      await answered;
      return now;
    };
    const keeping = trust.keepIn(kept);
    await begun;
    const replaced = trust.replace(serial(8n));
    kept.raise = raise;
    answer();
    await keeping;
    expect(await replaced).toBe(true);
    expect(kept.kept?.serial).toBe(8n);
  });

  it("refuses at the start what is older than it, or another one with its serial, and takes what it has", async () => {
    const kept = memory();
    await live(serial(9n)).keepIn(kept);
    await live(serial(9n)).keepIn(kept);
    await expect(live(serial(8n)).keepIn(kept)).rejects.toMatchObject({ code: "trust/roster-not-newer" });
    await expect(live(serial(9n, withoutThird)).keepIn(kept)).rejects.toMatchObject({ code: "trust/roster-not-newer" });
  });

  it("refuses what another replica has gone beyond", async () => {
    const trust = live();
    const kept = memory();
    await trust.keepIn(kept);
    await live(serial(10n)).keepIn(kept);
    await expect(trust.replace(serial(9n))).rejects.toMatchObject({ message: expect.stringContaining("serial 9, and one with serial 10") });
    expect(trust.serial).toBe(7n);
    expect(await trust.replace(serial(10n))).toBe(true);
  });

  it("leaves the former one in use when it does not answer, and takes the new one later", async () => {
    const trust = live();
    const kept = memory();
    await trust.keepIn(kept);
    const raise = kept.raise;
    kept.raise = () => Promise.reject(new CovaultError("database/unavailable", "The database is away."));
    await expect(trust.replace(serial(8n))).rejects.toMatchObject({ code: "database/unavailable" });
    expect(trust.serial).toBe(7n);
    kept.raise = raise;
    expect(await trust.replace(serial(8n))).toBe(true);
  });

  it("orders two that are offered at once by their serials, whichever is kept first", async () => {
    const trust = live();
    await trust.keepIn(memory());
    const offers = await Promise.allSettled([trust.replace(serial(9n)), trust.replace(serial(8n))]);
    expect(offers.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(trust.serial).toBe(9n);
  });
});

describe("a roster that another process has gone beyond", () => {
  /** Gives a roster with serial 7 and the memory that it shares with others. */
  async function shared() {
    const trust = live();
    const kept = memory();
    await trust.keepIn(kept);
    return { trust, kept };
  }
  const behind = { code: "trust/roster-behind", kind: "io", facts: { serial: "7", serial_in_use: "10" } };

  it("is not decided by, from the next look on, and says both serials; it is still there to be shown", async () => {
    const { trust, kept } = await shared();
    const before = trust.current();
    expect(await trust.lookAgain()).toBe(false);
    await live(serial(10n)).keepIn(kept);
    expect(trust.current()).toBe(before);
    expect(await trust.lookAgain()).toBe(true);
    expect(trust.current).toThrow(expect.objectContaining(behind));
    expect(trust.current).toThrow(/serial 7, and one with serial 10 .* nothing is decided by the older one/);
    expect(trust.refusal).toMatchObject(behind);
    expect([trust.isBehind, trust.held() === before, trust.serial]).toEqual([true, true, 7n]);
  });

  it("is not decided by at once, when one is offered that is not high enough either", async () => {
    const { trust, kept } = await shared();
    await live(serial(10n)).keepIn(kept);
    await expect(trust.replace(serial(9n))).rejects.toMatchObject({ code: "trust/roster-not-newer" });
    expect(trust.current).toThrow(expect.objectContaining(behind));
  });

  it("stays so when it is offered again, or a bad one is, and when the memory does not answer", async () => {
    const { trust, kept } = await shared();
    await live(serial(10n)).keepIn(kept);
    await trust.lookAgain();
    expect(await trust.replace(roster())).toBe(false);
    await expect(trust.replace(new Uint8Array(3))).rejects.toMatchObject({ code: "trust/bad-roster" });
    await expect(trust.replace(serial(10n, withoutThird))).rejects.toMatchObject({ code: "trust/roster-not-newer" });
    kept.raise = () => Promise.reject(new CovaultError("database/unavailable", "The database is away."));
    await expect(trust.lookAgain()).rejects.toMatchObject({ code: "database/unavailable" });
    await expect(trust.replace(serial(11n))).rejects.toMatchObject({ code: "database/unavailable" });
    expect(trust.refusal).toMatchObject(behind);
    expect(trust.current).toThrow();
  });

  it("gives way to the one that the others have, or to a higher one, and those who are told of it may decide", async () => {
    for (const next of [10n, 11n]) {
      const { trust, kept } = await shared();
      await live(serial(10n)).keepIn(kept);
      await trust.lookAgain();
      let told = 0n;
      trust.onChange(() => {
        told = trust.current().serial;
      });
      expect(await trust.replace(serial(next))).toBe(true);
      expect([told, trust.isBehind, trust.refusal]).toEqual([next, false, undefined]);
    }
  });

  it("counts again when the memory has gone back, as a restored database has, and is remembered there again", async () => {
    const { trust, kept } = await shared();
    await live(serial(10n)).keepIn(kept);
    await trust.lookAgain();
    kept.kept = { serial: 3n, digest: new Uint8Array(32) };
    expect(await trust.lookAgain()).toBe(false);
    expect([trust.current().serial, kept.kept.serial]).toEqual([7n, 7n]);
  });

  it("is found in each memory, also when one that was asked before has nothing higher", async () => {
    const { trust } = await shared();
    const other = memory();
    await trust.keepIn(other);
    await live(serial(10n)).keepIn(other);
    expect(await trust.lookAgain()).toBe(true);
  });

  it("is not taken for one while a new one is put in place", async () => {
    const { trust } = await shared();
    const [isNew, isBehind] = await Promise.all([trust.replace(serial(8n)), trust.lookAgain()]);
    expect([isNew, isBehind, trust.current().serial]).toEqual([true, false, 8n]);
  });
});

describe("a holder of a share", () => {
  const holder = (at: number) => {
    const { partyId, idpk } = live().current().parties[at] as { partyId: string; idpk: Uint8Array };
    return { partyId, idpk, role: "persistent" };
  };

  it("is one while the roster has it with its identity key, and a device always", () => {
    const now = live().current();
    expect(isStillHolder(now, holder(2), nowMs)).toBe(true);
    expect(isStillHolder(now, { ...holder(2), idpk: keyOf(70).publicKey }, nowMs)).toBe(false);
    expect(isStillHolder(now, { ...holder(2), partyId: "server-party-9" }, nowMs)).toBe(false);
    expect(isStillHolder(now, holder(2), 4)).toBe(false);
    expect(isStillHolder(now, { partyId: "dev_x", idpk: keyOf(70).publicKey, role: "device" }, nowMs)).toBe(true);
    expect(isStillHolder(live(serial(8n, withoutThird)).current(), holder(2), nowMs)).toBe(false);
  });

  it("signs only in a quorum without one that the roster has lost", () => {
    const now = live(serial(8n, withoutThird)).current();
    const quorum = (...members: readonly object[]) => refusal(() => checkSigners(now, members as readonly Member[], nowMs));
    const { partyId } = holder(2);
    expect(quorum(holder(0), holder(1))).toBe("accepted");
    expect(quorum(holder(0), holder(2))).toBe(
      `trust/unknown-party: The roster with serial 8 has no valid party ${partyId} with that identity key.`,
    );
  });
});
