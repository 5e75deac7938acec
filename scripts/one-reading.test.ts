// Which files read protobuf leniently, and what they read: bytes of this very process's own store,
// which were read exactly before they were written. Whatever comes over a socket is read by
// parseExact (packages/trust), because a field that is not known here could change what the others
// mean.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

const readers: Record<string, string> = {
  "packages/party/src/commit/chain.ts": "epochs of certificates that the store has",
  "packages/party/src/commit/chains.ts": "intents of the store",
  "packages/party/src/commit/statements.ts": "acknowledgements and certificates of the store",
  "packages/party/src/commit/waiting-shares.ts": "intents and acknowledgements of the store",
  "packages/party/src/invite/admit.ts": "the intent of a stored share",
  "packages/party/src/invite/answer.ts": "certificates of the store",
  "packages/party/src/attempt/attempt-terms.ts": "intent and joins of a stored session",
  "packages/party/src/attempt/job.ts": "the intent of a stored share",
  "packages/party/src/pair/pair-terms.ts": "an acknowledgement of the store",
  "packages/party/src/pair/renewals.ts": "intents, acknowledgements and certificates of the store",
  "packages/trust/src/fields.ts": "parseExact itself",
  "services/coordinator/src/certify-pair.ts": "acknowledgements of the stream, and an intent of it",
  "services/coordinator/src/join-command.ts": "joins of the stream",
  "services/coordinator/src/publisher.ts": "statements of the stream, and certificates of the table",
  "services/coordinator/src/session/known-key.ts": "the founding certificate of the table",
  "services/coordinator/src/session/plan-of-intent.ts": "statements of the stream, and certificates of the table",
};

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name)) yield path;
  }
}

it("reads what comes over a socket in exactly one way, and leniently only what is stored", () => {
  const files = ["packages", "services", "apps"].flatMap((group) =>
    readdirSync(join(root, group))
      .filter((name) => name !== "testkit")
      .flatMap((name) => [...sources(join(root, group, name, "src"))]),
  );
  const lenient = files.filter((path) => /\bfromBinary\(/.test(readFileSync(path, "utf8"))).map((path) => relative(root, path));
  expect(lenient.sort()).toEqual(Object.keys(readers).sort());
});
