// docs/verification/crashes.md: what became of every crash.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "./crash-at.ts";
import { besides } from "./points.ts";
import type { ScenarioName } from "./scenarios.ts";
import type { Armed } from "./system.ts";

export interface Row extends Armed {
  readonly in: ScenarioName;
  /** Undefined: it failed. */
  readonly outcome: Outcome | undefined;
}

const root = join(import.meta.dirname, "../..");
const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

export function writeTable(rows: readonly Row[], run: { readonly seed: number; readonly nth: number; readonly seconds: number }): void {
  const names = [...new Set(rows.map((row) => `${row.in}\t${row.role}\t${row.point}`))].sort();
  const lines = names.map((name) => {
    const [scenario, role, point] = name.split("\t");
    const cells = (["before", "after"] as const).map((when) =>
      cell(rows.find((row) => row.in === scenario && row.role === role && row.point === point && row.when === when)),
    );
    return `| ${scenario} | ${role} | ${point} | ${cells.join(" | ")} |`;
  });
  const outcomes = rows.flatMap(({ outcome }) => outcome ?? []);
  const answers = outcomes.flatMap((outcome) => outcome.answers);
  const codes = [...new Set(answers)].sort().map((code) => `${code} ${answers.filter((each) => each === code).length}`);
  const date = new Date().toISOString().slice(0, 10);
  mkdirSync(join(root, "docs/verification"), { recursive: true });
  writeFileSync(
    join(root, "docs/verification/crashes.md"),
    `# A crash at every step

\`npm run crashes\`, ${date}, Node ${process.versions.node}, seed \`${run.seed}\`, ${Math.round(run.seconds / 60)} minutes. Every point at which a service or a party writes or
sends something for a key generation, its commit, a refresh, a reshare, a recovery, a renewal, a repair, a sealed backup, an export, an import or a signature (e2e/crash/scenarios.ts; a test compares the lists with what the
processes pass), and there \`kill -9\` right before and right after it, with two account services, two coordinators, two routers and three parties (one of them twice) on
PostgreSQL, RabbitMQ and Redis. Each time requests were under way; the process was started again at once, as a supervisor does.

${names.length} points, ${rows.length} crashes, ${rows.length - outcomes.length} failed. What the requests under way were answered with: ${codes.join(", ")}. The longest wait for an
answer was ${seconds(Math.max(...outcomes.map((outcome) => outcome.slowestMs)))} s; the longest time from a crash to the next signature ${seconds(Math.max(...outcomes.map((outcome) => outcome.healedMs)))} s. At the end no account was half made, no share staged, no session
under way, and no idempotency key claimed for nothing.

Per crash: seconds to the next signature / longest wait of a request under way, and the answers that were no results.

| asked for | role | point | killed before | killed after |
|---|---|---|---|---|
${lines.join("\n")}

Statements of one transaction are one point, at its commit: before it nothing of them is there. No points of their own:

| passed as well | why it is no step |
|---|---|
${besides.map(({ point, why }) => `| \`${point.source.replaceAll("|", "\\|")}\` | ${why} |`).join("\n")}
`,
  );
}

function cell(row: Row | undefined): string {
  if (row?.outcome === undefined) return "**failed**";
  const { healedMs, slowestMs, answers } = row.outcome;
  const errors = answers.filter((answer) => answer !== "result");
  return `${seconds(healedMs)} / ${seconds(slowestMs)}${errors.length > 0 ? ` ${errors.join(", ")}` : ""}`;
}
