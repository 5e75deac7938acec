// What every Generation promises, as one suite. It runs on the memory adapter, the file and the
// table. Each title starts with its rule's id.
import { describe, expect, it } from "vitest";
import type { Generation } from "../src/ports/generation.ts";

const identity = { system: "1", "table party": "16384" };

/**
 * `open` gives an adapter for one party, whose record is there from before if there is one. A
 * second call gives another replica's.
 */
export function generationContract(name: string, open: (partyId: string) => Promise<Generation>): void {
  let parties = 0;
  const fresh = () => {
    const partyId = `party-${++parties}-${process.pid}-${Date.now()}`;
    return { partyId, port: open(partyId) };
  };

  describe(`Generation contract: ${name}`, () => {
    it("[GE1] has no record at first, and then the one that was raised, for every replica", async () => {
      const { partyId, port } = fresh();
      expect(await (await port).read()).toBeUndefined();
      await (await port).raise({ generation: 0, identity });
      expect(await (await open(partyId)).read()).toEqual({ generation: 0, identity });
    });

    it("[GE2] never goes back: a lower record changes nothing, nor does another one of the same generation", async () => {
      const port = await fresh().port;
      await port.raise({ generation: 7, identity });
      await port.raise({ generation: 6, identity: { system: "2" } });
      await port.raise({ generation: 7, identity: { system: "3" } });
      expect(await port.read()).toEqual({ generation: 7, identity });
      await port.raise({ generation: 3_000_000_000, identity: { system: "4" } });
      expect(await port.read()).toEqual({ generation: 3_000_000_000, identity: { system: "4" } });
    });

    it("[GE3] takes raises of many replicas at once, in any order: the highest stays, and no read sees less than one before it", async () => {
      const { partyId, port } = fresh();
      await (await port).raise({ generation: 0, identity });
      const seen: number[] = [];
      let over = false;
      const reader = (async () => {
        while (!over) seen.push((await (await port).read())?.generation ?? -1);
      })();
      const replicas = await Promise.all([1, 2, 3, 4].map(() => open(partyId)));
      await Promise.all(
        replicas.map(async (replica, at) => {
          for (let generation = 1 + at; generation <= 40; generation += 2) await replica.raise({ generation, identity });
        }),
      );
      over = true;
      await reader;
      expect(await (await port).read()).toEqual({ generation: 40, identity });
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(seen[0]).toBeGreaterThanOrEqual(0);
    });

    it("[GE4] keeps the records of two parties apart", async () => {
      const [one, other] = [await fresh().port, await fresh().port];
      await one.raise({ generation: 5, identity });
      expect(await other.read()).toBeUndefined();
      await other.raise({ generation: 2, identity });
      expect(await one.read()).toEqual({ generation: 5, identity });
    });
  });
}
