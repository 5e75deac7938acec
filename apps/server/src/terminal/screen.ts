// This file writes what a program that stays up shows. At a terminal it writes lines for a person.
// Through a pipe every line is JSON, the program's own words and its log alike.
import { type Palette, paletteOf, plain, type Stream } from "./colour.ts";
import { noProgress, progressOn } from "./progress.ts";
import { readableLine } from "./readable-log.ts";

export interface Screen {
  readonly palette: Palette;
  readonly print: (line: string) => void;
  /** The same as in Progress. */
  readonly during: <T>(text: string, work: Promise<T>) => Promise<T>;
  /** The stream that a logger writes to. */
  readonly log: { readonly write: (json: string) => void };
  /** Shows an orderly stop, on one line. */
  readonly stopping: () => void;
  readonly stopped: (failed: readonly string[]) => void;
}

/** Makes the screen. `name` is that of the program, in its JSON lines. */
export function makeScreen(stream: Stream, env: Readonly<Record<string, string | undefined>>, name = "covault"): Screen {
  return stream.isTTY ? terminalScreen(stream, env) : jsonScreen(stream, name);
}

const howItEnded = (failed: readonly string[]): string =>
  failed.length === 0 ? "Stopped." : `Did not stop in order: ${failed.join(", ")}.`;

function terminalScreen(stream: Stream, env: Readonly<Record<string, string | undefined>>): Screen {
  const palette = paletteOf(stream, env);
  const progress = progressOn(stream, env);
  /** Whether "Stopping..." stands on a line that is not ended. */
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
      // The line begins below the ^C that the terminal has put there.
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
