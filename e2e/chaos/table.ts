// docs/verification/chaos.md: what happened, and how long it was felt.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Happened, Report } from "./run-chaos.ts";

const file = join(import.meta.dirname, "../../docs/verification/chaos.md");
const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

export function writeTable({ seed, seconds: length, happened, operations, fates, wrong }: Report): void {
  const names = [...new Set(happened.map(({ fault }) => fault))].sort();
  const asked = operations.flatMap((operation) => operation.asked);
  const of = (kind: string) => operations.filter((operation) => operation.kind === kind);
  const results = (kind: string) => of(kind).filter((operation) => operation.results.size > 0).length;
  const slowest = Math.max(...asked.map(({ ms }) => ms));
  const late = asked.filter(({ ms }) => ms > 10_000).length;
  const date = new Date().toISOString().slice(0, 10);
  const frames = Object.entries(fates)
    .filter(([act]) => act !== "pass")
    .map(([act, count]) => `${act} ${count}`)
    .join(", ");
  writeFileSync(
    file,
    `# Chaos

\`npm run chaos -- --seconds ${length} --seed ${seed}\`, ${date}, Node ${process.versions.node}. Two account services, two coordinators, two routers and three
parties, one of them twice, on PostgreSQL, RabbitMQ and Redis, with a proxy on every way between them. Keys are made and digests are signed all the
time; the faults happen one after the other, in an order and of a length that the seed gives. A silence breaks the present connections without a word to
either end; half-open is a silence in one direction.

${happened.length} faults. Asked for: ${of("sign").length} signatures (${results("sign")} made) and ${of("keygen").length} keys (${results("keygen")} made) in ${asked.length} requests; every
request ended, the slowest after ${seconds(slowest)} s, ${late} of them after more than 10 s. Frames between parties and routers that were touched: ${frames}.
${wrong.length === 0 ? "At the end every request had ended, every active account signed, no idempotency key had two results, and no party held a burn or an open check\nagainst another, but for notes of checks in which a party was killed or lost its database." : `**Wrong:** ${wrong.join("; ")}`}

| fault | times | longest until a signature was made again, s | slowest request, s | answers that were no results |
|---|---|---|---|---|
${names.map((name) => line(name, happened)).join("\n")}
`,
  );
}

function line(name: string, happened: readonly Happened[]): string {
  const those = happened.filter(({ fault }) => fault === name);
  const ends = those.flatMap((one) => one.ends);
  const codes = [...new Set(ends)].sort().map((code) => `${code} ${ends.filter((each) => each === code).length}`);
  const healed = those.some(({ healedMs }) => healedMs === undefined)
    ? "**never**"
    : seconds(Math.max(...those.map(({ healedMs }) => healedMs ?? 0)));
  const slowest = seconds(Math.max(...those.map(({ slowestMs }) => slowestMs)));
  return `| ${name} | ${those.length} | ${healed} | ${slowest} | ${codes.join(", ")} |`;
}
