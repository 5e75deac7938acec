// Makes a client of a running system's /openapi.json, compiles it in strict mode, and runs it.
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { typesOf } from "../openapi-types.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

const compilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  target: "es2023",
  module: "nodenext",
  rewriteRelativeImportExtensions: true,
  types: ["node"],
  outDir: "built",
};

/** Gives what the client printed. Throws with the compiler's or the client's words. */
export async function runGeneratedClient(url: string, apiKey: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "covault-generated-"));
  try {
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as object;
    writeFileSync(join(folder, "api.ts"), await typesOf(document));
    copyFileSync(join(import.meta.dirname, "client.ts"), join(folder, "client.ts"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["client.ts"] }));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]).catch((failure: { stdout?: string }) => {
      throw new Error(`The generated client does not compile:\n${failure.stdout}`);
    });
    const env = { PATH: process.env.PATH ?? "", COVAULT_URL: url, MPC_API_KEY: apiKey };
    const { stdout } = await run(process.execPath, [join(folder, "built/client.js")], { env });
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
