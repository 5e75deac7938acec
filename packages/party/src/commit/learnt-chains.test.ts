// What is kept of keys that this party has nothing of, and what gives way.
import type { VerifiedKey } from "@covault/trust";
import { describe, expect, it } from "vitest";
import { LearntChains } from "./learnt-chains.ts";

const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
const key = (byte: number, epochNumber: number, founding = byte): VerifiedKey =>
  ({ charter: { keyId: fill(byte), foundingIntentId: fill(founding) }, epoch: fill(epochNumber), epochNumber }) as unknown as VerifiedKey;
const wanted = (epochNumber: number, sessionId = "ses_1") => ({ epoch: fill(epochNumber), epochNumber, sessionId });

describe("the chains that were learnt", () => {
  it("are as long as the highest one that was verified, and fall short until they reach what is wanted", () => {
    const chains = new LearntChains();
    expect([chains.key(fill(1)), chains.certificates(fill(1)), chains.isWanted(fill(1))]).toEqual([undefined, [], false]);
    expect(chains.isShort(key(1, 1))).toBe(false);
    chains.want(fill(1), wanted(3));
    expect([chains.isWanted(fill(1)), chains.sessionOf(fill(1))]).toEqual([true, "ses_1"]);
    expect([1, 3, 4].map((number) => chains.isShort(key(1, number)))).toEqual([true, false, false]);
    chains.keep(key(1, 2), [fill(0), fill(1), fill(2)]);
    chains.keep(key(1, 1), [fill(0), fill(1)]);
    expect([chains.key(fill(1))?.epochNumber, chains.certificates(fill(1)).length]).toEqual([2, 3]);
    chains.keep(key(1, 3), [fill(0)]);
    expect([chains.key(fill(1))?.epochNumber, chains.certificates(fill(1)).length]).toEqual([3, 1]);
    chains.forget(fill(1));
    expect([chains.key(fill(1)), chains.isWanted(fill(1)), chains.sessionOf(fill(1))]).toEqual([undefined, false, undefined]);
  });

  it("are those of the key that was shown last, where two keys have one id", () => {
    const chains = new LearntChains();
    expect(chains.keep(key(1, 9), [fill(9)])).toBe(true);
    expect(chains.keep(key(1, 9), [fill(9)])).toBe(false);
    expect(chains.keep(key(1, 2, 7), [fill(2)])).toBe(true);
    expect([chains.key(fill(1))?.epochNumber, chains.certificates(fill(1))]).toEqual([2, [fill(2)]]);
  });

  it("give way to others when they take too much: the one that was used longest ago goes first", () => {
    const chains = new LearntChains(100);
    for (const byte of [1, 2]) chains.keep(key(byte, 1), [fill(byte, 50)]);
    expect(chains.certificates(fill(1))).toHaveLength(1);
    chains.keep(key(3, 1), [fill(3, 40)]);
    expect([1, 2, 3].map((byte) => chains.certificates(fill(byte)).length)).toEqual([1, 0, 1]);
    chains.keep(key(4, 1), [fill(4, 101)]);
    expect([1, 3, 4].map((byte) => chains.certificates(fill(byte)).length)).toEqual([0, 0, 0]);
  });

  it("are wanted of 64 keys at most, those of the newest invites", () => {
    const chains = new LearntChains();
    for (let byte = 1; byte <= 64; byte++) chains.want(fill(byte), wanted(1));
    chains.want(fill(1), wanted(2, "ses_2"));
    chains.want(fill(65), wanted(1));
    expect([1, 2, 3, 65].map((byte) => chains.isWanted(fill(byte)))).toEqual([true, false, true, true]);
    expect(chains.sessionOf(fill(1))).toBe("ses_2");
  });
});
