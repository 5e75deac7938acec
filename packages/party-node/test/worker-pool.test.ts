// Sessions in real worker threads. They give the same results as in the thread. A crash costs only
// its sessions, and nothing secret comes out.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { asCovaultError } from "@covault/errors";
import type { Runner } from "@covault/party";
import { detached } from "@covault/party/run";
import { World } from "@covault/testkit";
import { verifyEcdsa } from "@covault/trust";
import { afterAll, describe, expect, it } from "vitest";
import { digest, makeKey } from "../../party/test/fixture.ts";
import { holdKey, Lifecycle, said } from "../../party/test/lifecycle.ts";
import { renew, standing } from "../../party/test/renewing.ts";
import { damage, isRepaired, repair, secretOf } from "../../party/test/repairs.ts";
import { workerPool } from "../src/worker-pool.ts";

const pools: Runner[] = [];
const folders: string[] = [];
const pool = (workers: number, entry?: URL): Runner => {
  const made = workerPool({ workers, ...(entry === undefined ? {} : { entry }) });
  pools.push(made);
  return made;
};
afterAll(async () => {
  await Promise.all(pools.map((each) => each.close()));
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Gives an entry of a worker that does what a test needs. */
function entryOf(source: string): URL {
  const folder = mkdtempSync(join(tmpdir(), "covault-worker-"));
  folders.push(folder);
  const file = join(folder, "entry.mjs");
  writeFileSync(file, `import { parentPort } from "node:worker_threads";\n${source}\n`);
  return pathToFileURL(file);
}

describe("the worker pool", () => {
  it("makes a key and signs at once in several sessions, each in one thread from first to last round", async () => {
    const shared = pool(2);
    const world = await World.create({ seed: "pool", indices: [1, 2], runnerOf: () => shared });
    const key = await makeKey(world, 2);
    const sessions = [1, 2, 3, 4].map((byte) => world.coordinator.open(world.signIntent(key, digest(byte)), [1, 2]));
    await world.hub.settle();
    for (const [k, session] of sessions.entries()) {
      expect(session.aborts).toEqual([]);
      expect(session.signatures).toHaveLength(2);
      for (const signature of session.signatures) expect(verifyEcdsa(key.publicKey, digest(k + 1), signature.subarray(0, 64))).toBe(true);
    }
  });

  it("gives a lost share back in threads, where alone the receiver's row was opened", async () => {
    const shared = pool(2);
    const life = await Lifecycle.of(await holdKey("eddsa-ed25519"), "pool-repair", { runnerOf: () => shared });
    const secret = await secretOf(life, 3);
    expect(said(await repair(life, [1, 2], 3))).toEqual(["party/share-held"]);
    await damage(life, 3);
    await isRepaired(life, 3, await repair(life, [1, 2], 3), secret);
    expect((await life.signs([2, 3])).signatures).toHaveLength(2);
  });

  it("renews a pair in its threads, and signs with it", async () => {
    const shared = pool(2);
    const world = await World.create({ seed: "pool-renewal", indices: [1, 2], runnerOf: () => shared });
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2]);
    await world.hub.settle();
    const certificate = session.certificate as NonNullable<typeof session.certificate>;
    const life = new Lifecycle(world, { scheme: "ecdsa-secp256k1", certificate });
    expect(said(await renew(life, [1, 2]))).toEqual([]);
    expect(await standing(life, [1, 2])).toEqual([
      [1, "committed"],
      [1, "committed"],
    ]);
    expect((await life.signs([1, 2])).signatures).toHaveLength(2);
  });

  it("survives a thread that crashes: its calls fail with a code, the next session gets a new thread", async () => {
    const entry = entryOf(
      'parentPort.on("message", (call) => { if (call.kind === "call") { if (call.method === "check") process.exit(3); parentPort.postMessage({ call: call.call, value: "alive" }); } });',
    );
    const made = pool(1, entry);
    const doomed = made.open();
    const beside = made.open();
    const failures = await Promise.allSettled([doomed.check(), beside.resume()]);
    expect(failures.map((each) => (each.status === "rejected" ? asCovaultError(each.reason)?.code : "fulfilled"))).toContain(
      "party/worker-crashed",
    );
    await expect(doomed.resume()).rejects.toMatchObject({ code: "party/worker-crashed" });
    await expect(beside.resume()).rejects.toMatchObject({ code: "party/worker-crashed" });
    expect(await made.open().joinKey()).toBe("alive");
  });

  it("aborts the session of a crashed thread and goes on with the next attempt", async () => {
    const broken = pool(1, entryOf('parentPort.on("message", (call) => { if (call.kind === "call") process.exit(1); });'));
    const sound = pool(1);
    let crashes = 1;
    const flaky: Runner = { open: () => (crashes-- > 0 ? broken : sound).open(), close: async () => {} };
    const world = await World.create({ seed: "flaky", indices: [1, 2], runnerOf: (index) => (index === 1 ? flaky : sound) });
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2]);
    await world.hub.settle();
    expect(session.declines.map(({ code }) => code)).toEqual(["party/worker-crashed"]);
    world.coordinator.attempt(session, [1, 2]);
    await world.hub.settle();
    expect(session.certificate?.acks).toHaveLength(2);
  });

  it("spreads sessions over its threads", async () => {
    const entry = entryOf(
      'import { threadId } from "node:worker_threads"; parentPort.on("message", (call) => { if (call.kind === "call") parentPort.postMessage({ call: call.call, value: threadId }); });',
    );
    const made = pool(3, entry);
    const threads = await Promise.all(Array.from({ length: 6 }, () => made.open().joinKey()));
    expect(new Set(threads).size).toBe(3);
  });

  const threadOf =
    'import { threadId } from "node:worker_threads"; parentPort.on("message", (call) => { if (call.kind === "call") parentPort.postMessage({ call: call.call, value: threadId }); });';

  it("never gives its last thread to a run that makes an epoch, however many of them there are", async () => {
    const made = pool(3, entryOf(threadOf));
    const long = await Promise.all(Array.from({ length: 8 }, () => made.open("stored").joinKey()));
    expect(new Set(long).size).toBe(2);
    // The signatures of now have the third thread for themselves.
    const signing = await Promise.all(Array.from({ length: 4 }, () => made.open("memory").joinKey()));
    expect([new Set(signing).size, signing.some((thread) => long.includes(thread))]).toEqual([1, false]);
  });

  it("spreads signatures over all of its threads again when the long runs are over", async () => {
    const made = pool(2, entryOf(threadOf));
    const long = made.open("stored");
    const busy = await long.joinKey();
    const first = await made.open().joinKey();
    expect(first).not.toBe(busy);
    long.end();
    expect(await made.open().joinKey()).toBe(busy);
  });

  it("of one thread gives it to everything", async () => {
    const made = pool(1, entryOf(threadOf));
    expect(await made.open("stored").joinKey()).toBe(await made.open("memory").joinKey());
  });

  it("signs while a run that makes an epoch computes in another thread, for however long", async () => {
    const blocks =
      'parentPort.on("message", (call) => { if (call.kind !== "call") return; if (call.method === "deliver") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); parentPort.postMessage({ call: call.call, value: call.method }); });';
    const made = pool(2, entryOf(blocks));
    const round = made
      .open("stored")
      .deliver([])
      .catch(() => "ended");
    expect(await made.open("memory").joinKey()).toBe("joinKey");
    expect(await Promise.race([round, Promise.resolve("computes")])).toBe("computes");
  });

  it("gives a worker no environment", async () => {
    const entry = entryOf(
      'parentPort.on("message", (call) => { if (call.kind === "call") parentPort.postMessage({ call: call.call, value: Object.keys(process.env).length }); });',
    );
    expect(await pool(1, entry).open().joinKey()).toBe(0);
  });

  it("lets no bytes out that only stand beside an answer", () => {
    const buffer = new Uint8Array(64).fill(7);
    const out = detached({ messages: [{ sealed: buffer.subarray(8, 10) }], map: new Map([[1, buffer.subarray(1, 2)]]) }) as {
      messages: { sealed: Uint8Array }[];
      map: Map<number, Uint8Array>;
    };
    expect(out.messages[0]?.sealed.buffer.byteLength).toBe(2);
    expect(out.map.get(1)?.buffer.byteLength).toBe(1);
    const pooled = detached(Buffer.from("a share")) as Uint8Array;
    expect([Buffer.isBuffer(pooled), pooled.buffer.byteLength]).toEqual([false, 7]);
  });
});
