// This file shows colour where a terminal shows it. FORCE_COLOR and NO_COLOR, which other programs
// know too, decide otherwise.

/** A stream, as far as its looks matter. process.stdout is one. */
export interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}
type Env = Readonly<Record<string, string | undefined>>;

const codes = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;
export type Palette = { readonly [Name in keyof typeof codes]: (text: string) => string };

/** Whether the stream is a terminal that can move its cursor. With TERM=dumb it cannot. */
export function isTerminal(stream: Pick<Stream, "isTTY">, env: Env): boolean {
  return stream.isTTY === true && env.TERM !== "dumb";
}

export function paletteOf(stream: Pick<Stream, "isTTY">, env: Env): Palette {
  const forced = env.FORCE_COLOR;
  const coloured = forced ? forced !== "0" && forced !== "false" : !env.NO_COLOR && isTerminal(stream, env);
  return coloured ? colourful : plain;
}

function paletteBy(wrap: (start: number, end: number, text: string) => string): Palette {
  const entries = Object.entries(codes).map(([name, [start, end]]) => [
    name,
    (text: string) => (text === "" ? "" : wrap(start, end, text)),
  ]);
  return Object.fromEntries(entries) as Palette;
}
const colourful = paletteBy((start, end, text) => `\x1b[${start}m${text}\x1b[${end}m`);
export const plain = paletteBy((_start, _end, text) => text);
