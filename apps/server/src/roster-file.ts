// This file reads ROSTER_FILE at the start, and follows it while a role runs. It is read again and
// compared, and not watched. A watcher sees neither the swap of a symlink above the file, which is
// how mounted configuration changes, nor anything on most network file systems. The memory is asked
// again as well, because a replica whose file never changes would go by its old roster for ever.
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { asCovaultError, CovaultError } from "@covault/errors";
import { type Logger, textOf } from "@covault/service-kit/run";
import type { LiveRoster } from "@covault/trust";

const everyMs = 1_000;
const memoryEveryMs = 30_000;

/** Gives the bytes of a signed roster, from the text of its file. */
export const rosterBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.trim(), "base64"));

export const rosterText = (signed: Uint8Array): string => `${Buffer.from(signed).toString("base64")}\n`;

export function unreadableRoster(file: string, cause: unknown): CovaultError {
  const reason = asCovaultError(cause)?.message ?? (cause as NodeJS.ErrnoException).code;
  return new CovaultError("config/bad-value", `ROSTER_FILE: ${file} cannot be read (${reason}).`, {
    hint: "Set ROSTER_FILE to the roster that the root key signed: covault roster sign makes it.",
    cause,
  });
}

export interface Following {
  readonly logger: Logger;
  /** The time between two looks. Default 1 s. */
  readonly everyMs?: number;
  /** The time between two looks at the memory. Default 30 s. */
  readonly memoryEveryMs?: number;
}

/**
 * Looks at the file again and again, and puts each new content in place. Content that cannot be
 * used changes nothing, and is logged once. Gives how to end that.
 */
export function followRoster(file: string, roster: LiveRoster, options: Following): () => Promise<void> {
  const stopping = new AbortController();
  const running = follow(file, roster, options, stopping.signal);
  return () => {
    stopping.abort();
    return running;
  };
}

async function follow(file: string, roster: LiveRoster, options: Following, signal: AbortSignal): Promise<void> {
  const { logger, everyMs: ms = everyMs } = options;
  const lookAtMemory = memoryLook(file, roster, options);
  /** What was looked at last and is done with: the content, or why there was none. */
  let done: string | undefined;
  let said: string | undefined;
  while (!signal.aborted) {
    const look = await lookAt(file);
    if (look.name !== done) {
      try {
        if (look.error !== undefined) throw look.error;
        if (await roster.replace(look.signed)) logger.info({ roster_serial: String(roster.serial) }, "new roster");
        done = look.name;
      } catch (error) {
        const known = asCovaultError(error);
        // A database that is away may take the roster in a second.
        if (known !== undefined && known.kind !== "io") {
          done = look.name;
          roster.refused(known);
        }
        const what = `${look.name} ${known?.code}`;
        if (what !== said)
          logger.error(
            { err: error, roster_file: file, serial_in_use: String(roster.serial) },
            "the roster is not taken: the former one counts",
          );
        said = what;
      }
    }
    const wasBehind = roster.isBehind;
    await lookAtMemory();
    // A memory that went back, as a restored one does, may take now what it did not take before.
    if (wasBehind && !roster.isBehind) done = undefined;
    await pause(ms, undefined, { signal }).catch(() => {});
  }
}

/** Gives a look at the memory, which asks it when it is time to, and says once what it finds. */
function memoryLook(file: string, roster: LiveRoster, { logger, memoryEveryMs: ms = memoryEveryMs }: Following): () => Promise<void> {
  let nextAtMs = performance.now() + ms;
  let said: CovaultError | undefined;
  return async () => {
    if (performance.now() >= nextAtMs) {
      // A database that is away says so itself. It is asked again in time.
      await roster.lookAgain().catch((error: unknown) => logger.warn({ err: error }, "the memory of the roster does not answer"));
      nextAtMs = performance.now() + ms;
    }
    const behind = roster.isBehind ? roster.refusal : undefined;
    if (behind !== undefined && said === undefined)
      logger.error({ err: behind, roster_file: file }, "nothing is decided here until the newest roster is in this file");
    if (behind === undefined && said !== undefined) logger.info({ roster_serial: String(roster.serial) }, "the roster is the newest again");
    said = behind;
  };
}

type Look = { readonly name: string } & (
  | { readonly signed: Uint8Array; readonly error?: undefined }
  | { readonly signed?: undefined; readonly error: CovaultError }
);

async function lookAt(file: string): Promise<Look> {
  try {
    const text = textOf(file, await readFile(file));
    return { name: `content ${text}`, signed: rosterBytes(text) };
  } catch (cause) {
    const error = unreadableRoster(file, cause);
    return { name: `error ${error.message}`, error };
  }
}
