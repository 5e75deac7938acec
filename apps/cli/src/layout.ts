// Facts and tables in columns. At a terminal they fit its width. Elsewhere nothing is cut.
import type { Palette } from "@covault/server/terminal";
import type { Look } from "./terminal.ts";

export type Fact = readonly [name: string, value: string];

export interface Column {
  readonly name: string;
  /**
   * How the column gives way where a table is too wide: it is cut at its end, it is cut in its
   * middle, or it takes more lines, which only the last column can do. Absent means that it never
   * gives way.
   */
  readonly fit?: "end" | "middle" | "wrap";
  readonly paint?: (text: string, palette: Palette) => string;
}

const gap = "  ";
/** The least width of a column that gives way, in characters. */
const narrowest = { end: 6, middle: 13, wrap: 20 };

/** Writes the names in one column, and the values in the next. */
export function facts(rows: readonly Fact[], { columns, palette }: Look): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  const line = ([name, value]: Fact): string => {
    const lines = wrap(value, Math.max(narrowest.wrap, columns - width - gap.length));
    return `${palette.dim(name.padEnd(width))}${gap}${lines.join(`\n${" ".repeat(width)}${gap}`)}\n`;
  };
  return rows.map(line).join("");
}

/**
 * Writes a table with a header. A column is as wide as its widest cell. Where that is too wide for
 * the terminal, the widest columns give way.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], look: Look): string {
  const widths = columns.map(({ name }, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const total = (): number => widths.reduce((sum, width) => sum + width + gap.length, -gap.length);
  while (total() > look.columns) {
    const giving = [...columns.keys()].filter((at) => (widths[at] as number) > leastOf(columns[at] as Column));
    const widest = giving.sort((one, other) => (widths[other] as number) - (widths[one] as number))[0];
    if (widest === undefined) break;
    widths[widest] = (widths[widest] as number) - 1;
  }
  const header = columns.map((column) => ({ ...column, paint: look.palette.bold }));
  const names = columns.map(({ name }) => name);
  return linesOf(names, header, widths, look.palette) + rows.map((row) => linesOf(row, columns, widths, look.palette)).join("");
}

const leastOf = ({ name, fit }: Column): number => (fit === undefined ? Number.POSITIVE_INFINITY : Math.max(name.length, narrowest[fit]));

function linesOf(row: readonly string[], columns: readonly Column[], widths: readonly number[], palette: Palette): string {
  const cells = columns.map(({ fit }, at) => {
    const [cell, width] = [row[at] ?? "", widths[at] as number];
    return fit === "wrap" ? wrap(cell, width) : [cut(cell, width, fit)];
  });
  const height = Math.max(...cells.map((lines) => lines.length));
  const line = (number: number): string =>
    columns
      .map(({ paint }, at) => {
        const text = cells[at]?.[number] ?? "";
        const spaces = " ".repeat(at === columns.length - 1 ? 0 : (widths[at] as number) - text.length);
        return (paint?.(text, palette) ?? text) + spaces;
      })
      .join(gap)
      .trimEnd();
  return Array.from({ length: height }, (_, number) => `${line(number)}\n`).join("");
}

function cut(text: string, width: number, fit: Column["fit"]): string {
  if (text.length <= width) return text;
  const tail = fit === "middle" ? Math.floor((width - 1) / 2) : 0;
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`;
}

/**
 * Breaks a text at spaces. A word that is longer than the line stays whole: a terminal breaks it,
 * and it can be copied.
 */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
