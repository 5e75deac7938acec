// Others install the tarballs. They are packed as they would be, and the README's program runs on
// what is in them.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "covault-package-"));
const installed = (name: string): string => join(folder, "node_modules/@covault", name);
const packages = ["errors", "mpc", "sdk"];
const { version } = JSON.parse(readFileSync(join(root, "packages/mpc/package.json"), "utf8")) as { readonly version: string };

beforeAll(() => {
  const workspaces = packages.flatMap((name) => ["-w", `@covault/${name}`]);
  execFileSync("npm", ["pack", ...workspaces, "--pack-destination", folder, "--silent"], { cwd: root });
  for (const name of packages) {
    mkdirSync(installed(name), { recursive: true });
    execFileSync("tar", ["-xzf", join(folder, `covault-${name}-${version}.tgz`), "-C", installed(name), "--strip-components", "1"]);
  }
  // npm would fetch what is linked here.
  symlinkSync(join(root, "node_modules/@noble"), join(folder, "node_modules/@noble"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
});
afterAll(() => rmSync(folder, { recursive: true }));

const filesOf = (name: string): string[] =>
  readdirSync(installed(name), { recursive: true }).map((file) => String(file).replaceAll("\\", "/"));

describe.each(packages)("the tarball of %s", (name) => {
  it("has the licence and every file that its entries name", () => {
    const { exports } = JSON.parse(readFileSync(join(installed(name), "package.json"), "utf8")) as {
      exports: Record<string, Record<string, string>>;
    };
    const named = Object.values(exports).flatMap((entry) => Object.values(entry));
    expect(named.filter((file) => !existsSync(join(installed(name), file)))).toEqual([]);
    expect(readFileSync(join(installed(name), "LICENSE"), "utf8")).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
  });

  it("has no test and nothing of the compiler, and every source map leads to a source that is there", () => {
    const files = filesOf(name);
    expect(files.filter((file) => /\.test\.|tsbuildinfo|^test\/|vectors/.test(file))).toEqual([]);
    const maps = files.filter((file) => file.endsWith(".map"));
    expect(maps.length).toBeGreaterThan(0);
    const sources = maps.flatMap((map) => {
      const { sources } = JSON.parse(readFileSync(join(installed(name), map), "utf8")) as { sources: string[] };
      return sources.map((source) => join(installed(name), dirname(map), source));
    });
    expect(
      sources.filter((source) => !existsSync(source)),
      "left of an older build? delete dist, then npm run build",
    ).toEqual([]);
  });
});

it("every entry of mpc exports the error class, the same one", () => {
  const entries = ["dkls23", "frost", "protocol", "backup"];
  const imports = entries.map((entry) => `import { CovaultError as ${entry} } from "@covault/mpc/${entry}";`);
  const program = [...imports, `console.log(new Set([${entries.join(", ")}]).size, dkls23.name);`].join("\n");
  writeFileSync(join(folder, "entries.js"), program);
  expect(execFileSync("node", ["entries.js"], { cwd: folder, encoding: "utf8" })).toBe("1 CovaultError\n");
});

it("the program of the README makes a key, signs one digest and two, stores, resumes, renews a pair and is refused as it says", () => {
  const readme = readFileSync(join(installed("mpc"), "README.md"), "utf8");
  const program = [...readme.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join("\n");
  // The package that is loaded signs, too.
  const more = `
    const again = { ...session, nonce: freshNonce(signers) };
    const outputs = await together(signers, (self) => signMachine({ ...again, share: shares.get(self) }));
    console.log("loaded", outputs.length);`;
  writeFileSync(join(folder, "readme.js"), `${program}\n${more}\n`);
  const lines = execFileSync("node", ["readme.js"], { cwd: folder, encoding: "utf8" }).trim().split("\n");
  const [, signature = "", , publicKey = ""] = lines[0]?.split(" ") ?? [];
  const digest = createHash("sha256").update("to be signed").digest();
  expect(secp256k1.verify(Buffer.from(signature, "hex"), digest, Buffer.from(publicKey, "hex"), { prehash: false })).toBe(true);
  const renewed = ["renewed 1 3 1 true", "renewed 1 3 1 true"];
  expect(lines.slice(1)).toEqual(["item 64", "item 64", "resumed true", ...renewed, "refused mpc/bad-setup usage 0", "loaded 2"]);
});
