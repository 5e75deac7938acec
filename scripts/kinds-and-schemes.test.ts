// What follows from a session's kind stands in one table (packages/trust/src/kinds.ts). What
// follows from a scheme stands in one object of that scheme (packages/trust/src/schemes). Code that
// asks for a kind or a scheme by its name would have to be found for every new one. Where that is
// still done stands here, file by file with how often. The list can only shrink.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ["dist", "gen", "node_modules", "test"].includes(entry.name) ? [] : sources(path);
    return entry.name.endsWith(".ts") && !entry.name.includes(".test.") ? [path] : [];
  });
}

/** Gives how often `pattern` stands in each file that has it. */
function found(pattern: RegExp): Record<string, number> {
  const files = ["services", "packages/party", "packages/sdk", "apps"].flatMap((folder) => sources(join(root, folder)));
  const counts = files.map((path) => [relative(root, path), readFileSync(path, "utf8").match(pattern)?.length ?? 0] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

const kind = '"(?:keygen|import|sign|refresh|reshare|recover|renew|repair|export)"';

it("nobody decides by the name of a kind", () => {
  expect(found(new RegExp(`[!=]==? ${kind}|case ${kind}:|${kind} [!=]==?`, "g"))).toEqual({
    // What an action is made of differs. These files read its fields, each once for all others.
    "services/account/src/intent/continuation.ts": 1,
    "services/account/src/intent/subject-of.ts": 2,
    "services/account/src/operations/export.ts": 1,
    "services/account/src/operations/keygen.ts": 1,
    "services/account/src/operations/renew.ts": 1,
    "services/account/src/operations/repair.ts": 1,
    "services/account/src/operations/sign.ts": 1,
    "services/coordinator/src/session/known-key.ts": 1,
    "services/coordinator/src/certify-pair.ts": 1,
    "services/coordinator/src/key-chains.ts": 1,
    "services/coordinator/src/session/plan-of-intent.ts": 6,
    "services/coordinator/src/signature-check.ts": 1,
    "packages/party/src/commit/chain.ts": 1,
    "packages/party/src/import/import-desk.ts": 1,
    "packages/party/src/invite/admit.ts": 2,
    "packages/party/src/protocols/agreed-input.ts": 1,
    "packages/party/src/attempt/attempt-terms.ts": 4,
    "packages/party/src/release.ts": 1,
  });
});

it("nobody names a scheme but the protocols that run it, and one default of the command line", () => {
  expect(found(/"(?:ecdsa-secp256k1|eddsa-ed25519|schnorr-bip340)"/g)).toEqual({
    // The scheme of an import where none is said.
    "apps/cli/src/commands/import.ts": 1,
    "packages/party/src/protocols/dkls23.ts": 1,
    "packages/party/src/protocols/registry.ts": 2,
  });
});

it("CONTRIBUTING names files and folders that are there", () => {
  const text = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
  const lists = text.slice(text.indexOf("## Add an operation"), text.indexOf("## Add a method"));
  const named = [...lists.matchAll(/`((?:packages|services|scripts|e2e)\/[^`]*)`/g)].map(([, path]) => path as string);
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
