import { createHash } from "node:crypto";
import { deviceIdOf } from "@covault/trust";
import { expect, it } from "vitest";
import { makeSeen } from "./seen.ts";

const device = (n: number) => deviceIdOf(createHash("sha256").update(String(n)).digest());

it("keeps the last 4096 ids of a party, whatever others send, and forgets them after ten quiet minutes", () => {
  let now = 0;
  const seen = makeSeen(() => now);
  for (let n = 0; n <= 4_096; n++) seen.add("alice", `m${n}`);
  for (let n = 0; n <= 5_000; n++) seen.add(device(1), `m${n}`);
  expect([seen.has("alice", "m0"), seen.has("alice", "m1"), seen.has("alice", "m4096"), seen.has("bob", "m1")]).toEqual([
    false,
    true,
    true,
    false,
  ]);
  now += 600_001;
  seen.sweep();
  expect(seen.has("alice", "m4096")).toBe(false);
});

it("keeps the last 64 ids of a device, of the 1024 devices that spoke last", () => {
  const seen = makeSeen(() => 0);
  for (let n = 0; n <= 64; n++) seen.add(device(0), `m${n}`);
  expect([seen.has(device(0), "m0"), seen.has(device(0), "m1"), seen.has(device(0), "m64")]).toEqual([false, true, true]);
  for (let n = 1; n < 1_024; n++) seen.add(device(n), "m");
  seen.add(device(0), "again");
  seen.add(device(1_024), "m");
  expect([seen.has(device(0), "m64"), seen.has(device(1), "m"), seen.has(device(2), "m")]).toEqual([true, false, true]);
});
