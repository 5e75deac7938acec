import { describe, expect, it } from "vitest";
import { refusal } from "../test/refused.ts";
import { bytesOf, publicKeyOf } from "../test/statements.ts";
import { epochOf, keyIdOf, type SchemeName, schemeNames, schemeOf } from "./index.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("key ids (dkls23-spec 0.3, 2.5)", () => {
  it("take a key in the one form of its scheme", () => {
    const of = (scheme: SchemeName, length: number) => refusal(() => keyIdOf(scheme, bytesOf(length, 7), bytesOf(32, 7)));
    expect(of("ecdsa-secp256k1", 32)).toContain("trust/bad-argument: publicKey: expected 33 bytes");
    expect(of("schnorr-bip340", 33)).toContain("trust/bad-argument: publicKey: expected 32 bytes");
    expect(of("eddsa-ed25519", 33)).toContain("trust/bad-argument: publicKey: expected 32 bytes");
  });
  it("of a key and of an epoch never coincide", () => {
    expect(hex(keyIdOf("eddsa-ed25519", bytesOf(32, 7), bytesOf(32, 8)))).not.toBe(hex(epochOf(bytesOf(32, 7), bytesOf(32, 8))));
  });
  it("of one secret are another key under every scheme", () => {
    const ids = schemeNames.map((scheme) =>
      hex(keyIdOf(scheme, publicKeyOf(5).slice(-schemeOf(scheme).publicKey.bytes), bytesOf(32, 0xcc))),
    );
    expect(new Set(ids).size).toBe(schemeNames.length);
  });
  it("stay as they are: keys are found by them", async () => {
    const { createHash } = await import("node:crypto");
    const field = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
    const fields = [Buffer.from("dkls23/v1/key/id"), Buffer.from("schnorr-bip340"), publicKeyOf(5), bytesOf(32, 0xcc)];
    const expected = createHash("sha256")
      .update(Buffer.concat(fields.map(field)))
      .digest("hex");
    expect(publicKeyOf(5)[0]).toBe(2);
    expect(hex(keyIdOf("schnorr-bip340", publicKeyOf(5).subarray(1), bytesOf(32, 0xcc)))).toBe(expected);
  });
});
