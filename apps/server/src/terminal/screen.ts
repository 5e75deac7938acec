// What a program that stays up shows: lines for a person at a terminal; through a pipe every line is JSON, its own words and its log alike.
import { type Palette, paletteOf, plain, type Stream } from "./colour.ts";
import { noProgress, progressOn } from "./progress.ts";
import { readableLine } from "./readable-log.ts";

export interface Screen {
  readonly palette: Palette;
  readonly print: (line: string) => void;
  /** See Progress. */
  readonly during: <T>(text: string, work: Promise<T>) => Promise<T>;
  /** Where a logger writes. */
  readonly log: { readonly write: (json: string) => void };
  /** An orderly stop, told on one line. */
  readonly stopping: () => void;
  readonly stopped: (failed: readonly string[]) => void;
}

/** `name`: of the program, in its JSON lines. */
export function makeScreen(stream: Stream, env: Readonly<Record<string, string | undefined>>, name = "covault"): Screen {
  return stream.isTTY ? terminalScreen(stream, env) : jsonScreen(stream, name);
}

const howItEnded = (failed: readonly string[]): string =>
  failed.length === 0 ? "Stopped." : `Did not stop in order: ${failed.join(", ")}.`;

function terminalScreen(stream: Stream, env: Readonly<Record<string, string | undefined>>): Screen {
  const palette = paletteOf(stream, env);
  const progress = progressOn(stream, env);
  /** "Stopping..." stands on a line that is not ended. */
  let lineIsOpen = false;
  const write = (text: string): void => {
    progress.hide();
    stream.write(`${lineIsOpen ? "\n" : ""}${text}`);
    lineIsOpen = false;
  };
  return {
    palette,
    print: (line) => write(`${line}\n`),
    during: progress.during,
    log: { write: (json) => write(readableLine(json, palette)) },
    stopping() {
      progress.end();
      // Below the ^C that the terminal has put there.
      write("\nStopping... ");
      lineIsOpen = true;
    },
    stopped(failed) {
      const sameLine = lineIsOpen;
      lineIsOpen = false;
      write(`${sameLine ? "" : "Stopping... "}${howItEnded(failed)}\n`);
    },
  };
}

function jsonScreen(stream: Stream, name: string): Screen {
  const say = (level: string, msg: string): void => {
    stream.write(`${JSON.stringify({ level, time: new Date().toISOString(), name, msg })}\n`);
  };
  return {
    palette: plain,
    print(line) {
      if (line.trim() !== "") say("info", line.trim());
    },
    during: noProgress.during,
    log: { write: (json) => void stream.write(json) },
    stopping: () => say("info", "Stopping..."),
    stopped: (failed) => say(failed.length === 0 ? "info" : "error", howItEnded(failed)),
  };
}
