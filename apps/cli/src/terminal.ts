// What a command is given of the outside world, and how it speaks to a person or, with --json, to a
// program.
import { noProgress, type Palette, plain } from "@covault/server/terminal";

export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** The process's environment over `.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * The width of standard output, where it is a terminal. When it is absent, lines are as long as
   * need be.
   */
  readonly columns?: number | undefined;
  /** The colours of standard output. Absent means no colour. */
  readonly palette?: Palette;
  /** The colours of standard error. Absent means no colour. */
  readonly errorPalette?: Palette;
  /** Shows on standard error, where it is a terminal, that something takes its time. */
  readonly during?: <T>(text: string, work: Promise<T>) => Promise<T>;
}

/** How a command writes: the width that it fits, in characters, and the colours. */
export interface Look {
  readonly columns: number;
  readonly palette: Palette;
}
export const lookOf = ({ columns, palette }: Terminal): Look => ({
  columns: columns ?? Number.POSITIVE_INFINITY,
  palette: palette ?? plain,
});
export const duringOf = (terminal: Terminal): NonNullable<Terminal["during"]> => terminal.during ?? noProgress.during;
