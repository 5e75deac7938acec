// What a channel leaves behind. Both of its keys are overwritten, and nothing is sealed or opened
// with what is left.
import { afterEach, expect, it, vi } from "vitest";
import { deriveChannel, makeJoinKeys } from "./index.ts";

const keys = vi.hoisted(() => [] as Uint8Array[]);
vi.mock("@covault/crypto", async (original) => {
  const real = await original<typeof import("@covault/crypto")>();
  const hkdfSha256: typeof real.hkdfSha256 = (...args) => {
    const key = real.hkdfSha256(...args);
    keys.push(key);
    return key;
  };
  return { ...real, hkdfSha256 };
});
afterEach(() => {
  keys.length = 0;
});

const fill = (value: number): Uint8Array => new Uint8Array(32).fill(value);
const [alice, bob] = [makeJoinKeys(fill(1)), makeJoinKeys(fill(2))];
const attempt = { rid: fill(3), intentId: fill(4), joinsDigest: fill(5) };
const header = { protocol: 1, round: 1, from: 1, to: 2, rid: attempt.rid, sid: fill(6) };

it("a channel that is wiped has no keys any more, seals nothing and opens nothing", () => {
  const there = deriveChannel({ ...attempt, privateKey: alice.privateKey, peerPublicKey: bob.publicKey, self: 1, peer: 2 });
  const here = deriveChannel({ ...attempt, privateKey: bob.privateKey, peerPublicKey: alice.publicKey, self: 2, peer: 1 });
  const sealed = there.seal(header, fill(7));
  expect(here.open(header, sealed)).toEqual(fill(7));
  expect(keys).toHaveLength(4);
  there.wipe();
  here.wipe();
  expect(keys).toEqual([fill(0), fill(0), fill(0), fill(0)]);
  for (const body of [fill(7), fill(8)])
    expect(() => there.seal(header, body)).toThrow(expect.objectContaining({ code: "channel/bad-context" }));
  expect(here.open(header, sealed)).toBeUndefined();
});
