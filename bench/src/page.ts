// The dated page that a whole run leaves in docs/verification.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

/**
 * Writes docs/verification/`name`.md. It says what was measured with which command, on which day
 * and machine, and has the table.
 */
export function leave(name: string, title: string, about: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const date = new Date().toISOString().slice(0, 10);
  const machine = `Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model.trim()})`;
  const text = [`# ${title}`, "", `${about} ${date}, ${machine}.`, "", line(head), line(head.map(() => "---")), ...rows.map(line), ""];
  writeFileSync(join(import.meta.dirname, "../../docs/verification", `${name}.md`), text.join("\n"));
}
