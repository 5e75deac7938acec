// What every command is given.
import type { ConnectionOptions } from "./connection.ts";
import type { Look, Terminal } from "./terminal.ts";

export interface GlobalOptions extends ConnectionOptions {
  readonly json?: boolean;
}

export interface CommandContext {
  readonly terminal: Terminal;
  readonly look: Look;
  readonly options: () => GlobalOptions;
  /** Waits for `work`. A person sees `text` meanwhile. */
  readonly during: <T>(text: string, work: Promise<T>) => Promise<T>;
  /** Prints `value` with --json, and `text` otherwise. */
  readonly show: (value: unknown, text: string) => void;
  readonly exit: (code: number) => void;
}
