// What a command is given of the outside world, and how it speaks to a person or, with --json, to a program.

export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** The process's environment over `.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Fact = readonly [name: string, value: string];

/** Names in one column, values in the next. */
export function facts(rows: readonly Fact[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join("");
}

/** A table with a header; columns as wide as their widest cell. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `${cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd()}\n`;
  return [header, ...rows].map(line).join("");
}
