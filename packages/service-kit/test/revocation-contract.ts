// What every Revocation must do. This suite runs on each adapter.
import { afterEach, describe, expect, it } from "vitest";
import type { Revocation } from "../src/messages/revocation/port.ts";

export interface RevocationUnderTest {
  readonly revocation: Revocation;
  /** Lets so many milliseconds pass. */
  advance(ms: number): Promise<void>;
}

export function revocationContract(name: string, make: () => Promise<RevocationUnderTest>): void {
  describe(`revocation: ${name}`, () => {
    let open: Revocation[] = [];
    afterEach(async () => {
      for (const revocation of open) await revocation.close();
      open = [];
    });
    async function setup() {
      const made = await make();
      open.push(made.revocation);
      return made;
    }

    it("[RV1] knows what was revoked, alone or among others, and nothing else", async () => {
      const { revocation } = await setup();
      await revocation.revoke("a", 60_000);
      expect(await revocation.isRevoked(["a"])).toBe(true);
      expect(await revocation.isRevoked(["b", "a"])).toBe(true);
      expect(await revocation.isRevoked(["b", "c"])).toBe(false);
      expect(await revocation.isRevoked([])).toBe(false);
    });

    it("[RV2] forgets when the time is over, and takes no revocation without time", async () => {
      const { revocation, advance } = await setup();
      await revocation.revoke("a", 80.5);
      await revocation.revoke("b", 60_000);
      await revocation.revoke("c", 0);
      await revocation.revoke("d", -1);
      expect(await revocation.isRevoked(["a"])).toBe(true);
      await advance(100);
      expect(await revocation.isRevoked(["a", "c", "d"])).toBe(false);
      expect(await revocation.isRevoked(["b"])).toBe(true);
    });

    it("[RV3] revokes again what was revoked before, for the newer time", async () => {
      const { revocation, advance } = await setup();
      await revocation.revoke("a", 80);
      await revocation.revoke("a", 10_000);
      await advance(100);
      expect(await revocation.isRevoked(["a"])).toBe(true);
    });
  });
}
