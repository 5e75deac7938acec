// Figures: quantiles, a table for the terminal, and the dated page that a whole run leaves in docs/verification.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

/** The value below which the fraction `at` of the samples lies. */
export function quantile(samples: readonly number[], at: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] as number;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number)))
      .join("  ");
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

/** Writes docs/verification/`name`.md: what was measured with which command, today, on what, and the table. */
export function leave(name: string, title: string, about: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const date = new Date().toISOString().slice(0, 10);
  const machine = `Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model.trim()})`;
  const text = [`# ${title}`, "", `${about} ${date}, ${machine}.`, "", line(head), line(head.map(() => "---")), ...rows.map(line), ""];
  writeFileSync(join(import.meta.dirname, "../../docs/verification", `${name}.md`), text.join("\n"));
}
