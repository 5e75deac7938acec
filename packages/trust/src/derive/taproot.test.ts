// These tests hold the output keys to BIP-341's wallet vectors, and try what is no key and no
// Merkle root.
import { describe, expect, it } from "vitest";
import vectors from "../../../mpc/vectors/bip341/key-path.json" with { type: "json" };
import { refusal } from "../../test/refused.ts";
import { taprootOutput } from "../index.ts";

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");

describe("BIP-341, key path", () => {
  it.each(vectors.outputs)("internal key $internalKey", ({ internalKey, merkleRoot, tweak, outputKey, ...vector }) => {
    const output = taprootOutput(bytes(internalKey), bytes(merkleRoot));
    expect([hex(output.tweak), hex(output.outputKey)]).toEqual([tweak, outputKey]);
    expect(output.odd).toBe(vector.odd ?? output.odd);
  });

  it("refuses what is no key and no Merkle root", () => {
    const key = bytes(vectors.outputs[0]?.internalKey as string);
    for (const [wrong, root] of [
      [new Uint8Array(32).fill(255), new Uint8Array(0)],
      [key.subarray(1), new Uint8Array(0)],
      [Uint8Array.of(2, ...key), new Uint8Array(0)],
      [key, new Uint8Array(31)],
      [key, new Uint8Array(33)],
    ] as const)
      expect(refusal(() => taprootOutput(wrong, root))).toMatch(/^trust\/bad-argument: (internalKey|merkleRoot)/);
  });
});
