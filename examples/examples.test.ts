// Every example of the mathematics runs, and prints what its first line promises.
import { createHash } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { afterEach, expect, it, vi } from "vitest";

afterEach(() => vi.restoreAllMocks());

/** What an example prints, line by line. */
async function printed(run: () => Promise<unknown>): Promise<string[]> {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await run();
  return log.mock.calls.map((words) => words.join(" "));
}
const verifies = (signature: string, text: string, key: string): boolean =>
  secp256k1.verify(Buffer.from(signature, "hex"), createHash("sha256").update(text).digest(), Buffer.from(key, "hex"), { prehash: false });

it("dkls23-sign: two of three sign", async () => {
  const [key, signature] = await printed(() => import("./src/dkls23-sign.ts"));
  const [, hex, , recovery] = (signature as string).split(" ");
  expect(verifies(hex as string, "to be signed", (key as string).split(" ")[2] as string)).toBe(true);
  expect(["0", "1"]).toContain(recovery);
});

it("dkls23-refresh: the key stays, its shares and holders change", async () => {
  expect(await printed(() => import("./src/dkls23-refresh.ts"))).toEqual(["same key true new epoch true", "same key true 3 of 4"]);
});

it("presign: a signature in one message, once", async () => {
  const [signature, again] = await printed(() => import("./src/presign.ts"));
  expect(signature).toMatch(/^signature [0-9a-f]{128}$/);
  expect(again).toBe("a second time mpc/presignature-used");
});

it("frost-ed25519: Node accepts the signature", async () => {
  const [line] = await printed(() => import("./src/frost-ed25519.ts"));
  expect(line).toMatch(/^signature [0-9a-f]{128} valid true$/);
});

it("derive: the child of the path signs", async () => {
  const [child, signature] = await printed(() => import("./src/derive.ts"));
  const key = (child as string).split(" ")[1] as string;
  expect(signature).toMatch(/^same key true signature [0-9a-f]{128}$/);
  expect(verifies((signature as string).split(" ").at(-1) as string, "to be signed by a child", key)).toBe(true);
});
