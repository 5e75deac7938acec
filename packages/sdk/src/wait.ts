// Waits for the end of a session that goes on after its answer.
import { aborted, CovaultApiError } from "./api-error.ts";
import type { Session } from "./types.ts";

export interface WaitOptions {
  /**
   * Ends the wait with `sdk/aborted`, or with your own reason. The session goes on. Without it the
   * wait is as long as the session, which ends by itself.
   */
  readonly signal?: AbortSignal;
  /** Gets the session as it is, whenever its status or whom it waits for has changed. */
  readonly onProgress?: (session: Session) => void;
  /** The pause between two looks, in milliseconds. Default 1000. */
  readonly everyMs?: number;
}

/** So many looks may fail in a row, since a service that restarts is back in a moment. */
const failuresMax = 10;

export async function waitForSession(
  look: () => Promise<Session>,
  url: string,
  { signal, onProgress, everyMs = 1_000 }: WaitOptions,
): Promise<Session> {
  let told = "";
  for (let failures = 0; ; ) {
    try {
      const session = await look();
      failures = 0;
      const now = JSON.stringify([session.status, session.awaited, session.attempt]);
      if (now !== told) onProgress?.(session);
      told = now;
      if (session.status === "completed" || session.status === "failed") return session;
    } catch (error) {
      failures += 1;
      if (!mayPass(error) || failures >= failuresMax) throw error;
    }
    await pause(everyMs, url, signal);
  }
}

const mayPass = (error: unknown): boolean =>
  error instanceof CovaultApiError && (error.code === "sdk/unreachable" || error.status === 429 || error.status === 503);

function pause(ms: number, url: string, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = (): void => {
      clearTimeout(timer);
      reject(aborted(url, signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", over);
      resolve();
    }, ms);
    if (signal?.aborted) over();
    else signal?.addEventListener("abort", over, { once: true });
  });
}
