// These tests end the system with kill -9 at any moment. Every account that was reported active
// still signs, and nothing is half there.
import { randomBytes } from "node:crypto";
import { afterAll, expect, it } from "vitest";
import { accounts, signs } from "./accounts.ts";
import { cleanUp, preparedDataDir, type System, startSystem } from "./system.ts";

afterAll(cleanUp);

async function settled(system: System, userId: string): Promise<{ id: string; status: string; addresses: { evm: string } }[]> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const { body } = await system.call("GET", `${accounts}?user_id=${userId}&limit=100`);
    if (body.accounts.every((account: { status: string }) => account.status !== "creating")) return body.accounts;
    if (Date.now() > deadline) throw new Error(`still creating: ${JSON.stringify(body.accounts)}`);
    await new Promise((wake) => setTimeout(wake, 200));
  }
}

it("kill -9 at moments spread over keygen and sign loses no active account and leaves none half there", async () => {
  const dataDir = await preparedDataDir();
  let system = await startSystem({ dataDir });
  const created = await system.call("POST", accounts, { user_id: "survivor" });
  expect(created.status, JSON.stringify(created.body)).toBe(201);
  const first = created.body;
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e6));
  // The moments in ms after the request. They are spread over a keygen of several hundred ms.
  const moments = [0, 100, 300, 700].map((ms, k) => ms + ((seed * (k + 7)) % 60));
  for (const ms of moments) {
    const create = system.call("POST", accounts, { user_id: "cut" }).catch(() => undefined);
    const sign = system.call("POST", `${accounts}/${first.id}/sign`, { message: randomBytes(32).toString("hex") }).catch(() => undefined);
    await new Promise((wake) => setTimeout(wake, ms));
    await system.end("SIGKILL");
    await Promise.all([create, sign]);
    system = await startSystem({ dataDir });
    await signs(system, first);
    for (const account of await settled(system, "cut")) {
      expect(["active", "failed"], `seed ${seed}`).toContain(account.status);
      if (account.status === "active") await signs(system, account);
      else {
        const refused = await system.call("POST", `${accounts}/${account.id}/sign`, { message: randomBytes(32).toString("hex") });
        expect(refused.status, `seed ${seed}`).toBe(409);
      }
    }
  }
  expect(await system.end("SIGINT")).toBe(0);
}, 300_000);
