// These tests compare SHA-256, SH and TH with noble.
import { sha256 as noble } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { randomBigInts, toBe } from "../../test/kernel-inputs.ts";
import { tags as frostTags } from "../frost/tags.ts";
import { concat, u32, wordsFromBytes } from "./bytes.ts";
import { Sh, TH } from "./hash.ts";
import { sha256 } from "./sha256.ts";
import { saltSh, shTriple } from "./sha256-short.ts";
import { tags } from "./tags.ts";

const blocks = randomBigInts("sha", 80).map((x) => toBe(x));

describe("SHA-256 agrees with noble", () => {
  it("for every length around the block borders, in one part or many", () => {
    const data = concat(...blocks);
    for (const length of [0, 1, 31, 55, 56, 57, 63, 64, 65, 119, 120, 128, 951, 952, 953, 1024, 1025, 2560]) {
      const message = data.subarray(0, length);
      expect(sha256([message])).toEqual(noble(message));
      expect(sha256([message.subarray(0, length >> 1), new Uint8Array(0), message.subarray(length >> 1)])).toEqual(noble(message));
    }
  });

  it("SH is the hash of salt', mid and w, one by one and three at a time", () => {
    for (let i = 0; i + 1 < blocks.length; i++) {
      const salt = blocks[i]!;
      const mid = blocks[i + 1]!.subarray(0, 16);
      const w = (i * 0x10305071) >>> 0;
      const expected = (word: number) => {
        const input = concat(salt, mid, u32(word));
        input[0]! |= 0x80;
        return noble(input);
      };
      expect(Sh(salt, mid, w)).toEqual(expected(w));
      const three = new Uint32Array(24);
      shTriple(three, 0, saltSh(wordsFromBytes(salt)), wordsFromBytes(mid), 0, w);
      for (let k = 0; k < 3; k++) expect(three.subarray(8 * k, 8 * k + 8)).toEqual(wordsFromBytes(expected((w + 256 * k) >>> 0)));
    }
  });
});

describe("the list of tags", () => {
  it("has no duplicates and is the list of the specification", () => {
    expect(new Set(tags).size).toBe(tags.length);
    const specified =
      "ot/sid ot/key h2c h2c-sign pprf/sid pprf/st ote/u ote/chi rev/ote rev/mask rvole/mask rvole/at rvole/theta rvole/mu gadget " +
      "dkg/sid dkg/com dkg/h1 dkg/pok dkg/chain dkg/h2 dkg/kc zero/seed zero/frag key/id key/epoch sign/sid sign/com sign/h1 sign/ote " +
      "sign/rvole sign/zero presig/id presig/rerand key/X dkg/ack ot/tr hedge hedge/bound nonce sign/batch pair/id pair/ack repair/h1 " +
      "dkg/weights";
    expect([...tags].join(" ")).toBe(specified);
  });

  it("of FROST has no duplicates and is the list of the specification", () => {
    expect(new Set(frostTags).size).toBe(frostTags.length);
    const specified =
      "dkg/sid dkg/com dkg/h1 dkg/pok dkg/chain dkg/h2 key/X sign/sid sign/batch sign/h1 pool/sid pool/id pool/h1 repair/h1 dkg/weights";
    expect([...frostTags].join(" ")).toBe(specified);
  });

  it("separates fields: moving a byte from one field to the next changes TH", () => {
    const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    expect(TH("nonce", a, b)).not.toEqual(TH("nonce", a.subarray(0, 1), Uint8Array.of(2, 3)));
    expect(TH("nonce", a, b)).not.toEqual(TH("nonce", concat(a, b)));
    expect(TH("nonce", a)).not.toEqual(TH("hedge", a));
  });
});
