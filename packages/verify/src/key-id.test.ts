import { describe, expect, it } from "vitest";
import { bytesOf, publicKeyOf } from "../test/statements.ts";
import { epochOf, keyIdOf } from "./index.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("key ids (dkls23-spec 0.3, 2.5)", () => {
  it("differ when a byte moves from one field to the next", () => {
    expect(hex(keyIdOf(bytesOf(33, 7), bytesOf(32, 7)))).not.toBe(hex(keyIdOf(bytesOf(32, 7), bytesOf(33, 7))));
  });
  it("of a key and of an epoch never coincide", () => {
    expect(hex(keyIdOf(bytesOf(32, 7), bytesOf(32, 8)))).not.toBe(hex(epochOf(bytesOf(32, 7), bytesOf(32, 8))));
  });
  it("stay as they are: keys are found by them", async () => {
    const { createHash } = await import("node:crypto");
    const field = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
    const key = publicKeyOf(5);
    const preimage = Buffer.concat([field(Buffer.from("dkls23/v1/key/id")), field(key), field(bytesOf(32, 0xcc))]);
    expect(hex(keyIdOf(key, bytesOf(32, 0xcc)))).toBe(createHash("sha256").update(preimage).digest("hex"));
  });
});
