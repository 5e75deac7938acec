// This file writes docs/verification/chaos.md: what happened, and how long it was felt.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { faults } from "./faults.ts";
import type { Happened, Report } from "./run-chaos.ts";

const file = join(import.meta.dirname, "../../docs/verification/chaos.md");
const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

export function writeTable({ seed, seconds: length, happened, operations, late, cutOff, fates, wrong }: Report): void {
  const names = [...new Set(happened.map(({ fault }) => fault))].sort();
  const asked = operations.flatMap((operation) => operation.asked);
  const of = (kind: string) => operations.filter((operation) => operation.kind === kind);
  const results = (kind: string) => of(kind).filter((operation) => operation.results.size > 0).length;
  const slowest = Math.max(...asked.map(({ ms }) => ms));
  const date = new Date().toISOString().slice(0, 10);
  const touched = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .filter(([act]) => act !== "pass")
      .map(([act, count]) => `${act} ${count}`)
      .join(", ");
  writeFileSync(
    file,
    `# Chaos

\`npm run chaos -- --seconds ${length} --seed ${seed}\`, ${date}, Node ${process.versions.node}. Two account services, two coordinators, two routers and three
parties, one of them twice, on PostgreSQL, RabbitMQ and Redis, with a proxy on every way between them. Keys are made, refreshed and reshared, their pairs are renewed, lost shares are repaired, and digests are signed all the
time; the faults happen one after the other, by rounds that have one of every kind, in an order and of a length that the seed gives. A silence breaks the
present connections without a word to either end; half-open is a silence in one direction; another address is a silence after which new connections reach
the server elsewhere; refuse and stand still last until readiness names the part. HTTP is the way from account services to coordinators.

${happened.length} faults, ${names.length} of ${faults.length} different ones. Asked for: ${of("sign").length} signatures (${results("sign")} made) and ${of("keygen").length} keys (${results("keygen")} made), ${of("refresh").length} refreshes and ${of("reshare").length} reshares (${
      of("refresh")
        .concat(of("reshare"))
        .filter(({ session }) => session !== undefined).length
    } begun) in ${asked.length} requests; the
slowest took ${seconds(slowest)} s, ${late.length} took more than 10 s. Frames between parties and routers that were touched: ${touched(fates.frames)}; messages to RabbitMQ: ${touched(fates.broker)}.
${wrong.length === 0 ? `At the end every request had ended, every active account signed, no idempotency key had two results, and no party held a burn or a note of a check\nagainst another, but for ${cutOff} notes that were open in a party's process when it was killed. Every key had as many holders as at first, each with its share, and t sealed\nbackups of its present epoch.` : `**Wrong:** ${wrong.join("; ")}`}

| fault | times | longest until a signature was made again, s | slowest request, s | answers that were no results |
|---|---|---|---|---|
${names.map((name) => line(name, happened)).join("\n")}

Every request ends within 10 s; one that meets another fault meanwhile has 10 s from there on, and none has more than 10 s for each fault. While somebody
stands still or refuses everybody, what needs it may wait for its end, and begin anew then: that time comes on top, and so does the median of such requests here.${
      late.length === 0
        ? " None took more than 10 s."
        : ` Those of more than 10 s:

| request | s | bound, s | its end | met |
|---|---|---|---|---|
${late.map(({ kind, ms, boundMs, end, met }) => `| ${kind} | ${seconds(ms)} | ${seconds(boundMs)} | ${end} | ${met.join(", ")} |`).join("\n")}`
    }
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
