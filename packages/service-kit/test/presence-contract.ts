// What every Presence must do. This suite runs on each adapter.
import { afterEach, describe, expect, it } from "vitest";
import type { Presence, PresenceEntry } from "../src/messages/presence/port.ts";

export interface PresenceUnderTest {
  readonly presence: Presence;
  /** Lets so many milliseconds pass. */
  advance(ms: number): Promise<void>;
}

const entry = (partyId: string, instanceId: string, streamId = "s1", sessions = 0): PresenceEntry => ({
  partyId,
  instanceId,
  routerId: "router-1",
  streamId,
  connectedAtMs: 1_700_000_000_000,
  sessions,
});
const names = (entries: readonly PresenceEntry[]) => entries.map((one) => `${one.partyId}/${one.instanceId}`).sort();

export function presenceContract(name: string, make: () => Promise<PresenceUnderTest>): void {
  describe(`presence: ${name}`, () => {
    let open: Presence[] = [];
    afterEach(async () => {
      for (const presence of open) await presence.close();
      open = [];
    });
    async function setup() {
      const made = await make();
      open.push(made.presence);
      return made;
    }

    it("[PR1] finds the instances of a party, and lists everybody", async () => {
      const { presence } = await setup();
      await presence.put(entry("p1", "a"), 60_000);
      await presence.put(entry("p1", "b"), 60_000);
      await presence.put(entry("p2", "a"), 60_000);
      expect(names(await presence.find("p1"))).toEqual(["p1/a", "p1/b"]);
      expect(names(await presence.list())).toEqual(["p1/a", "p1/b", "p2/a"]);
      expect(await presence.find("p3")).toEqual([]);
      expect((await presence.find("p2"))[0]).toEqual(entry("p2", "a"));
    });

    it("[PR2] forgets an entry that nobody renewed in time, and keeps one that was", async () => {
      const { presence, advance } = await setup();
      await presence.put(entry("p1", "a"), 80);
      await presence.put(entry("p1", "b"), 80);
      await advance(50);
      await presence.put(entry("p1", "b", "s1", 7), 10_000);
      await advance(50);
      expect(await presence.find("p1")).toEqual([entry("p1", "b", "s1", 7)]);
      expect(names(await presence.list())).toEqual(["p1/b"]);
    });

    it("[PR3] lets a newer stream replace an older one, whose removal then changes nothing", async () => {
      const { presence } = await setup();
      expect(await presence.put(entry("p1", "a", "older"), 60_000, { takeOver: true })).toBe(true);
      expect(await presence.put(entry("p1", "a", "newer"), 60_000, { takeOver: true })).toBe(true);
      expect(await presence.put(entry("p1", "a", "older"), 60_000)).toBe(false);
      expect(await presence.put(entry("p1", "a", "newer"), 60_000)).toBe(true);
      await presence.remove("p1", "a", "older");
      expect(await presence.find("p1")).toEqual([entry("p1", "a", "newer")]);
      await presence.remove("p1", "a", "newer");
      expect(await presence.find("p1")).toEqual([]);
      expect(await presence.list()).toEqual([]);
    });

    it("[PR4] removes an entry whoever put it when no stream is named, and answers a ping", async () => {
      const { presence } = await setup();
      await presence.put(entry("p1", "a"), 60_000);
      await presence.remove("p1", "a");
      await presence.remove("p1", "never-there");
      expect(await presence.list()).toEqual([]);
      await presence.ping();
    });
  });
}
