// The drills of docs/operations.md for pairs, on the whole system: a burned pair is cleared at both
// ends and renewed, and a restored party signs again by itself while another holder is away. The
// key stays in its epoch through all of it.
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { choose, done, one, onStores, pairAt, type Started, sign, signs, startedOnce, three, two } from "./drilled.ts";
import { cleanUp, covault, startSystem } from "./system.ts";

afterAll(cleanUp);
let started: () => Started;
beforeAll(async () => {
  started = await startedOnce();
}, 120_000);

it("a burned pair signs again once it is cleared at both ends and renewed, and not before", async () => {
  const { dataDir, account, keyId } = started();
  const ends = [
    [one, 2],
    [two, 1],
  ] as const;
  // What a failed check leaves in the stores of both ends.
  await onStores(dataDir, async (storeOf) => {
    for (const [partyId, partner] of ends) {
      const store = await storeOf(partyId);
      const { name, pair } = await pairAt(store, keyId, partner);
      const zero = new Uint8Array(32);
      await store.burn(name.epoch, [{ partner, pairId: pair.pairId, reason: "mpc/ot-check-failed", sid: zero, digest: zero }]);
    }
  });
  const burned = await startSystem({ dataDir });
  const refused = await sign(burned, account, { scheme: "ecdsa-secp256k1" });
  expect([refused.status, refused.body.code]).toEqual([502, "account/session-failed"]);
  expect(refused.body.message).toContain("covault pair clear");
  const uncleared = await burned.call("POST", `/api/v1/accounts/${account.id}/renew`, { parties: [one, two] });
  expect([uncleared.status, uncleared.body.code]).toEqual([409, "account/pair-uncleared"]);
  await burned.end("SIGINT");

  // The operator of one end alone cannot clear it for both.
  const clears = (partyId: string, partner: string) =>
    execFileSync(process.execPath, [covault, "pair", "clear", partyId, account.keys[0]!.key_id, partner], {
      env: { PATH: process.env.PATH, DATA_DIR: dataDir },
    });
  clears(one, two);
  const half = await startSystem({ dataDir });
  const still = await half.call("POST", `/api/v1/accounts/${account.id}/renew`, { parties: [one, two] });
  expect([still.body.code, still.body.message]).toEqual(["account/pair-uncleared", expect.stringContaining(`operator of ${two} has not`)]);
  await half.end("SIGINT");
  clears(two, one);

  const system = await startSystem({ dataDir });
  expect(await done(system, account, "renew", { parties: [one, two] })).toMatchObject({ epoch: 0, generation: 1, renewed: [one, two] });
  await signs(system, account);
  await system.end("SIGINT");
}, 240_000);

it("a party whose store was restored signs again by itself while the third holder is away, and its other pair follows", async () => {
  const { dataDir, account, keyId } = started();
  // The party refuses what was asked for up to a minute from now. Where the operator's clock is a
  // minute behind, nobody has to wait.
  const behind = encodeURIComponent("const { now } = Date; Date.now = () => now() - 60_000;");
  execFileSync(process.execPath, ["--import", `data:text/javascript,${behind}`, covault, "party", "restored", two, "--yes"], {
    env: { PATH: process.env.PATH, DATA_DIR: dataDir },
  });
  const system = await startSystem({ dataDir, env: { EMBEDDED_PARTIES: `${one},${two}` } });
  const before = performance.now();
  await signs(system, account);
  expect(performance.now() - before).toBeLessThan(20_000);
  // It signs at once from then on.
  await signs(system, account);
  await system.end("SIGINT");

  const whole = await startSystem({ dataDir });
  await choose(whole, account, [two, three]);
  await signs(whole, account);
  await whole.end("SIGINT");
  await onStores(dataDir, async (storeOf) => {
    const pairOf = async (partyId: string, partner: number) => (await pairAt(await storeOf(partyId), keyId, partner)).pair;
    for (const [lower, higher] of [
      [await pairOf(one, 2), await pairOf(two, 1)],
      [await pairOf(two, 3), await pairOf(three, 2)],
    ] as const) {
      // Where a renewal takes seconds, the signature that waits for it asks for another one.
      expect(higher.generation).toBeGreaterThanOrEqual(1);
      for (const end of [lower, higher]) expect(end).toMatchObject({ generation: higher.generation, status: "committed" });
    }
    expect((await pairAt(await storeOf(one), keyId, 3)).pair.generation).toBe(0);
  });
}, 240_000);

it("a key whose holders were all restored a moment ago signs by itself, once they take what is asked for", async () => {
  const { dataDir, account } = started();
  // The holders refuse what is asked for up to a minute after the operator's clock, which is
  // behind. The first renewals come too early.
  const behind = encodeURIComponent("const { now } = Date; Date.now = () => now() - 40_000;");
  for (const party of [one, two, three])
    execFileSync(process.execPath, ["--import", `data:text/javascript,${behind}`, covault, "party", "restored", party, "--yes"], {
      env: { PATH: process.env.PATH, DATA_DIR: dataDir },
    });
  const system = await startSystem({ dataDir });
  await signs(system, account);
  await system.end("SIGINT");
}, 240_000);
