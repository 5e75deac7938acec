import { describe, expect, it } from "vitest";
import { bytesOf, publicKeyOf } from "../test/statements.ts";
import { epochOf, keyIdOf, schemes } from "./index.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("key ids (dkls23-spec 0.3, 2.5)", () => {
  it("differ by the length of the key, too", () => {
    const of = (key: number): string => hex(keyIdOf("schnorr-bip340", bytesOf(key, 7), bytesOf(32, 7)));
    expect(of(33)).not.toBe(of(32));
  });
  it("of a key and of an epoch never coincide", () => {
    expect(hex(keyIdOf("eddsa-ed25519", bytesOf(32, 7), bytesOf(32, 8)))).not.toBe(hex(epochOf(bytesOf(32, 7), bytesOf(32, 8))));
  });
  it("of one secret are another key under every scheme", () => {
    const ids = schemes.map((scheme) => hex(keyIdOf(scheme, publicKeyOf(5), bytesOf(32, 0xcc))));
    expect(new Set(ids).size).toBe(schemes.length);
  });
  it("stay as they are: keys are found by them", async () => {
    const { createHash } = await import("node:crypto");
    const field = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
    const fields = [Buffer.from("dkls23/v1/key/id"), Buffer.from("schnorr-bip340"), publicKeyOf(5), bytesOf(32, 0xcc)];
    const expected = createHash("sha256")
      .update(Buffer.concat(fields.map(field)))
      .digest("hex");
    expect(hex(keyIdOf("schnorr-bip340", publicKeyOf(5), bytesOf(32, 0xcc)))).toBe(expected);
  });
});
