// What every command is given.
import type { ConnectionOptions } from "./connection.ts";
import type { Terminal } from "./terminal.ts";

export interface GlobalOptions extends ConnectionOptions {
  readonly json?: boolean;
}

export interface CommandContext {
  readonly terminal: Terminal;
  readonly options: () => GlobalOptions;
  /** `value` with --json, otherwise `text`. */
  readonly show: (value: unknown, text: string) => void;
  readonly exit: (code: number) => void;
}
