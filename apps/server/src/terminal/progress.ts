// This file shows one line at the bottom of a terminal. The line says what is being waited for, and
// for how long already. Nothing is shown anywhere else.
import { isTerminal, type Stream } from "./colour.ts";

export interface Progress {
  /** Resolves and rejects as `work` does. Work that ends at once is not shown. */
  during<T>(text: string, work: Promise<T>): Promise<T>;
  /** Takes the line away so that another can be written in its place. It comes again below. */
  hide(): void;
  /** Takes the line away for good. */
  end(): void;
}

const firstMs = 400;
const everyMs = 100;
const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const clearLine = "\r\x1b[2K";

export const noProgress: Progress = { during: (_text, work) => work, hide: () => {}, end: () => {} };

export function progressOn(stream: Stream, env: Readonly<Record<string, string | undefined>>): Progress {
  if (!isTerminal(stream, env)) return noProgress;
  let shown = false;
  let ended = false;
  const hide = (): void => {
    if (shown) stream.write(clearLine);
    shown = false;
  };
  return {
    hide,
    end() {
      hide();
      ended = true;
    },
    async during(text, work) {
      const started = performance.now();
      let frame = 0;
      const draw = (): void => {
        const elapsedMs = performance.now() - started;
        if (ended || elapsedMs < firstMs) return;
        const seconds = Math.floor(elapsedMs / 1_000);
        const line = `${frames[frame++ % frames.length]} ${text}${seconds > 0 ? `, ${seconds} s` : ""}`;
        stream.write(clearLine + line.slice(0, (stream.columns || 80) - 1));
        shown = true;
      };
      const timer = setInterval(draw, everyMs);
      try {
        return await work;
      } finally {
        clearInterval(timer);
        hide();
      }
    },
  };
}
