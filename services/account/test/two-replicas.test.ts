// These tests have two replicas look after the same keys by themselves. What one of them does, the
// other one leaves.
import { describe, expect, it } from "vitest";
import { lookOf, refreshLookEveryMs } from "../src/operations/by-itself.ts";
import { onBoth } from "./databases.ts";
import { testSystem } from "./system.ts";
import { holdingOf, pairCertificate, pairIdOf } from "./trust.ts";

const dayMs = 24 * 3_600_000;

await onBoth(async (name, openDatabase) => {
  const system = await testSystem({}, openDatabase);
  const { coordinator } = system;
  const { behaviour } = coordinator;
  const another = await system.replica();

  async function account(): Promise<{ id: string; lookMs: number }> {
    const { id, keys } = (await system.createAccount()).body;
    const keyId = new Uint8Array(Buffer.from(keys[0].key_id.slice(2), "hex"));
    const own = lookOf({ charter: { keyId } } as Parameters<typeof lookOf>[0]);
    return { id, lookMs: Math.floor(Date.now() / dayMs) * dayMs + own * refreshLookEveryMs };
  }
  const events = async (id: string, act: string) => (await system.call("GET", `/api/v1/audit?account_id=${id}&act=${act}`)).body.entries;
  const says = (state: object) => {
    const pair = { shareIndex: 2, state: "usable", pairId: pairIdOf(1, 2), ...state };
    const other = { shareIndex: 3, state: "usable", pairId: pairIdOf(1, 3) };
    behaviour.holds = (partyId, asked) => holdingOf(partyId, asked, partyId === "server-party-1" ? { pairs: [pair, other] } : {});
  };

  describe(`two replicas on ${name}`, () => {
    it("renew a pair once, though one of them has seen it lost before the other one renewed it", async () => {
      const { id, lookMs } = await account();
      says({ state: "lost", pairId: new Uint8Array(32) });
      behaviour.renews = (signedIntent) => {
        says({ generation: 1, pairId: pairIdOf(8, 9) });
        return pairCertificate(signedIntent);
      };
      let questions = 0;
      behaviour.meanwhile = async () => {
        questions += 1;
        // The look and the queue have asked. The third question is that of the renewal itself.
        if (questions !== 3) return;
        await another.lookAtKeys(lookMs);
        await another.renewed();
      };
      await system.service().lookAtKeys(lookMs);
      await system.service().renewed();
      expect(await events(id, "key.renewed")).toMatchObject([{ data: { generation: 1 } }]);
      expect(await events(id, "session.opened")).toHaveLength(2);
    });

    it("refresh a key once, though one of them has asked the holders before the other one began", async () => {
      const { id, lookMs } = await account();
      says({ strikes: 4, generation: 16 });
      let questions = 0;
      behaviour.meanwhile = async () => {
        questions += 1;
        if (questions !== 1) return;
        await another.lookAtKeys(lookMs);
        for (const session of coordinator.sessions.keys()) await system.call("GET", `/api/v1/sessions/${session}`);
      };
      await system.service().lookAtKeys(lookMs);
      expect(await events(id, "key.refreshed")).toHaveLength(1);
      expect(questions).toBeGreaterThan(1);
      expect(await events(id, "session.opened")).toHaveLength(2);
    });

    it("write once that a check has failed, and again on another day", async () => {
      const { id, lookMs } = await account();
      says({ state: "burned", uncleared: true });
      await Promise.all([system.service(), another].map((replica) => replica.lookAtKeys(lookMs)));
      await system.service().lookAtKeys(lookMs);
      expect(await events(id, "key.burned")).toHaveLength(1);
      await system.db
        .updateTable("events")
        .set({ at: new Date(Date.now() - dayMs) })
        .where("account_id", "=", id)
        .execute();
      await another.lookAtKeys(lookMs);
      expect(await events(id, "key.burned")).toHaveLength(2);
    });
  });
});
