// Which files read the wall clock, and what for. They read it for statements that carry a time, and
// for what is shown. Everything that lasts (an interval, a bucket, a back-off, a time-out) is
// measured on a monotonic clock, which nobody can set (docs/decisions/0013-no-clock-decides.md).
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

const readers: Record<string, string> = {
  "packages/party/src/ports/clock.ts": "the port's wall clock, for intents",
  "packages/service-kit/src/http/request-id.ts": "the time in a request id",
  "services/account/src/api-keys.ts": "the end of an API key",
  "services/account/src/party-accounts.ts": "which holders of an account the roster has",
  "services/account/src/start.ts": "intents, API keys, rows",
  "services/coordinator/src/start.ts": "intents, join tokens, the opening of a session",
  "services/router/src/start.ts": "the roster, and since when a stream is shown to stand",
  "services/server-party/src/start.ts": "the roster, and the time in an instance id",
  "services/server-party/src/trace-attempts.ts": "spans",
  "apps/cli/src/commands/api-key.ts": "the end of an API key",
  "apps/cli/src/commands/import.ts": "whether a party's key for an import is still good",
  "apps/cli/src/commands/roster.ts": "the serial of a roster",
  "apps/server/src/operator/restored-party.ts": "up to when a restored party refuses intents",
  "apps/server/src/serve.ts": "a log line",
  "apps/server/src/terminal/screen.ts": "a log line",
};
/**
 * The differences with the wall clock. Each is taken once, of a statement's time, and then measured
 * on the monotonic clock.
 */
const differences: Record<string, string> = {
  "packages/party/src/party.ts": "which intents are long over",
  "packages/party/src/restored.ts": "up to when a restored party refuses intents",
  "packages/party/src/backup/backups.ts": "how old a backup may be, where its operator has set a number of days",
  "packages/party/src/attempt/attempts.ts": "the rest of an intent's life",
  "packages/party/src/attempt/attempt-timers.ts": "the rest of an intent's life",
  "services/account/src/operations/renewal-allowance.ts": "how many renewals a pair had in a day",
};

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name)) yield path;
  }
}
const files = ["packages", "services", "apps"].flatMap((group) =>
  readdirSync(join(root, group))
    .filter((name) => name !== "testkit")
    .flatMap((name) => [...sources(join(root, group, name, "src"))]),
);
const matching = (pattern: RegExp): string[] =>
  files
    .filter((path) => pattern.test(readFileSync(path, "utf8")))
    .map((path) => relative(root, path))
    .sort();

it("reads the wall clock in the files of a short list alone", () => {
  expect(matching(/Date\.now|new Date\(\)/)).toEqual(Object.keys(readers).sort());
});

it("takes a difference with the wall clock for the rest of a statement's life alone", () => {
  const call = String.raw`[\w.#]*\b(?:nowMs|wallMs)\(\)`;
  expect(matching(new RegExp(String.raw`${call}\s*[-+]|[-+]\s*${call}`))).toEqual(Object.keys(differences).sort());
});

it("compares no time of the database with a wall clock, and no time of a machine with now() in SQL", () => {
  const migrations = ["account", "coordinator", "server-party"].flatMap((service) => {
    const folder = join(root, "services", service, "migrations");
    return readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  });
  const ends = migrations.flatMap((sql) => [...sql.matchAll(/^ +(\w*(?:until|due)\w*) /gm)].map(([, column]) => column));
  // Every statement that touches these columns uses the database's clock
  // (services/coordinator/src/store/due-work.ts).
  expect(ends).toEqual(["due_at_ms", "lease_until_ms"]);
});
