// The page that a run prints. It is Markdown, as docs/verification/system.md keeps it.
import { cpus } from "node:os";
import { quantile } from "../report.ts";
import type { BareTimes } from "./bare.ts";
import { bounds, figureFor, reached } from "./bounds.ts";
import { type Figures, type Measured, type SystemName, summaryOf, systemNames } from "./figures.ts";
import { notThere, works } from "./requests.ts";

/** Writes the page. `date` is the day of the run. */
export function pageOf(
  bare: BareTimes,
  systems: Partial<Readonly<Record<SystemName, Measured>>>,
  figures: Figures,
  run: { readonly date: Date; readonly command: string; readonly quiet: number },
): string {
  const machine = `Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model.trim()})`;
  const there = systemNames.flatMap((name) => (systems[name] === undefined ? [] : [[name, systems[name]] as const]));
  return [
    "# The whole system",
    "",
    `\`${run.command}\`: HTTP through \`npm start\` (embedded) and \`npm run cluster\`, the callers in a process of their own, in turn with the bare protocol (all parties in one thread). ${run.date.toISOString().slice(0, 10)}, ${machine}.`,
    "",
    ...markdown(
      ["figure", "measured", "must", "aim", "reached"],
      bounds.map((bound) => {
        const { about, better, must, aim, unit } = bound;
        const value = figureFor(bound, figures);
        const mark = (limit: number): string => `${better === "less" ? "at most" : "at least"} ${limit}${unit}`;
        return [about, value === null ? "not measured" : `${short(value)}${unit}`, mark(must), mark(aim), reached(bound, figures)];
      }),
    ),
    "",
    `The bare protocol: ${short(quantile(bare.sign, 0.5))} ms for a signature of ECDSA, ${short(quantile(bare.frostSign, 0.5))} ms for one of Ed25519, ${short(quantile(bare.keygen, 0.5))} ms for a key of ECDSA (medians). Two cores then allow ${short((2 * 1_000) / figures.bare.sign_ms)} signatures of ECDSA a second. The protocol had ${Math.round(Math.min(1, run.quiet) * 100)}% of a core while it ran; below 95% the machine was not quiet.`,
    "",
    ...markdown(
      ["system", "work", "callers", "p50 ms", "p95 ms", "p99 ms", "a second", "CPU ms", "statements", "frames"],
      [
        ...there.flatMap(([name, { measurements, statements }]) =>
          measurements.map((measurement) => {
            const { p50Ms, p95Ms, p99Ms, perSecond, cpuMs, frames } = summaryOf(measurement);
            const counted = measurement.callers === 1 ? statements[measurement.work] : undefined;
            return [
              ...[name, works[measurement.work], String(measurement.callers)],
              ...[p50Ms, p95Ms, p99Ms, perSecond, cpuMs].map(short),
              ...[counted === undefined ? "" : short(counted), short(frames)],
            ];
          }),
        ),
        ...notThere.map((work) => ["", works[work], "not there"]),
      ],
    ),
    "",
    "CPU, statements and frames are for one request. The CPU is that of all of the system's processes: the callers' is apart, and so is that of PostgreSQL, RabbitMQ and Redis. Frames are what the routers received and sent. Statements were counted at one caller in a pass of its own.",
    "",
    ...markdown(
      ["system", "first start ms", "second start ms", "memory at start MB", "memory at end MB", "idle CPU a minute s"],
      there.map(([name, { startMs, memoryBytes, idle }]) => [
        name,
        ...[startMs.first, startMs.second].map((ms) => (ms === undefined ? "" : short(ms))),
        ...[memoryBytes.start, memoryBytes.end].map((bytes) => short(bytes / 1_048_576)),
        short((idle.cpuMs * 60) / idle.elapsedMs),
      ]),
    ),
    "",
  ].join("\n");
}

/** Writes three digits, or all digits of a whole number above 100. */
function short(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return value >= 10 ? value.toFixed(1) : value.toFixed(value >= 1 ? 2 : 3);
}

/** Writes a table that is aligned, so that a terminal shows it as well as a page does. */
function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}
