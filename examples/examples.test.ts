// Every example of the mathematics runs, prints what the comment at its top promises, and stands in
// the table of the README.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { afterEach, expect, it, vi } from "vitest";

afterEach(() => vi.restoreAllMocks());

/** Gives what an example prints, line by line. */
async function printed(example: string): Promise<string[]> {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import(`./src/${example}.ts`);
  return log.mock.calls.map((words) => words.join(" "));
}
const verifies = (signature: string, text: string, key: string): boolean =>
  secp256k1.verify(Buffer.from(signature, "hex"), createHash("sha256").update(text).digest(), Buffer.from(key, "hex"), { prehash: false });
const line = (pattern: string) => expect.stringMatching(new RegExp(`^${pattern}$`)) as unknown as string;
const signature = "[0-9a-f]{128}";

/** The lines of each example. */
const examples: Record<string, readonly string[]> = {
  "dkls23-sign": [line("public key 0[23][0-9a-f]{64}"), line(`signature ${signature} recovery [01]`)],
  "dkls23-presign": [line(`signature ${signature}`), "a second time mpc/presignature-used"],
  "dkls23-batch": ["item 1 valid true", "item 2 valid true", "item 3 valid true"],
  "dkls23-refresh": ["same key true", "new epoch true new share true"],
  "dkls23-reshare": ["same key true 3 of 4", "party 2 leaves without a share true", "signature valid true"],
  "dkls23-recovery": ["same key true same index true", "another share than the lost one true", "signature valid true"],
  "dkls23-renewal": ["without pairs mpc/pairs-missing", "one pair at both ends true generation 1", "signature valid true"],
  "dkls23-import-export": [
    "same public key true record says imported",
    "signature valid true",
    "the wallet's key again true records say exported,exported",
  ],
  "frost-ed25519": [line(`signature ${signature} valid true`)],
  "frost-taproot": ["BIP-340 true", line("BIP-341, no scripts: [0-9a-f]{64} true"), line("BIP-341, a script tree: [0-9a-f]{64} true")],
  "frost-preprocess": ["nonces for 8 signatures", "signature valid true"],
  "frost-refresh": ["same key true new epoch true", "signature valid true", "an old share in the same session false"],
  "frost-repair": ["the lost share true", "the same epoch true", "signature valid true"],
  "frost-import-export": [
    "record says imported",
    "Node's own public key verifies true",
    "the key again true records say exported,exported",
  ],
  derive: [line("extended xpub[1-9A-HJ-NP-Za-km-z]{107}"), line("child 0[23][0-9a-f]{64}"), line(`same key true signature ${signature}`)],
  backup: ["sealed and checked 6027 bytes", "one bit changed mpc/bad-backup", "opened true", "signature valid true"],
};
/**
 * The driver of the other examples, and the example that needs a system, which sign.test.ts runs.
 */
const others = ["in-one-process", "sign"];

it.each(Object.entries(examples))("%s", async (example, lines) => {
  const out = await printed(example);
  expect(out).toEqual(lines);
  const words = out.map((line) => line.split(" ").at(-1) as string);
  if (example === "derive") expect(verifies(words[2] as string, "to be signed by a child", words[1] as string)).toBe(true);
  if (example === "dkls23-sign") expect(verifies(out[1]?.split(" ")[1] as string, "to be signed", words[0] as string)).toBe(true);
});

it("runs every example, and the README names each once", () => {
  const files = readdirSync(new URL("src", import.meta.url)).map((file) => file.replace(/\.ts$/, ""));
  expect([...Object.keys(examples), ...others].sort()).toEqual(files.sort());
  const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");
  const named = [...readme.matchAll(/^\| \[([\w-]+)\.ts\]\(src\/\1\.ts\) \|/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(files);
});

it.each([...Object.keys(examples), ...others])("%s is short", (example) => {
  const source = readFileSync(new URL(`src/${example}.ts`, import.meta.url), "utf8");
  expect(source.split("\n").length).toBeLessThan(80);
});
