// A runner over threads, whatever the platform has of them. An attempt belongs to one thread from
// its first to its last round. A thread that crashes takes its attempts with it (they abort, and
// nothing of signing survives) and is replaced. A round of a run that makes an epoch computes for
// seconds, so that one thread never gets any of them and always has its hands free for signatures.
// Where there is one thread only, a signature waits for the round that computes there.
import { CovaultError } from "@covault/errors";
import type { Answer, Call, Method } from "./calls.ts";
import { errorOf } from "./failure.ts";
import type { AttemptSecrets, Runner } from "./runner.ts";

/** One thread of the platform, which serves calls as `attemptServer` does. */
export interface AttemptThread {
  post(call: Call): void;
  terminate(): Promise<void>;
}
export interface ThreadEvents {
  onAnswer(answer: Answer): void;
  /** Called when the thread has ended, or cannot be trusted with an attempt any more. */
  onEnd(): void;
}
export type StartThread = (events: ThreadEvents) => AttemptThread;

const crashed = (): CovaultError => new CovaultError("party/worker-crashed", "The worker thread that owned this session ended.");

interface Waiting {
  readonly attempt: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const longWeight = 8;

/** One thread and the calls that wait for it. */
class PooledThread {
  readonly #thread: AttemptThread;
  readonly #waiting = new Map<number, Waiting>();
  /** The attempts that are open, and whether each is a long one. */
  readonly attempts = new Map<number, boolean>();
  #calls = 0;
  alive = true;

  constructor(start: StartThread) {
    this.#thread = start({ onAnswer: (answer) => this.#resolve(answer), onEnd: () => this.#die() });
  }

  call(attempt: number, method: Method, args: readonly unknown[]): Promise<unknown> {
    if (!this.alive || !this.attempts.has(attempt)) return Promise.reject(crashed());
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { attempt, resolve, reject });
      this.post({ kind: "call", call, attempt, method, args });
    });
  }

  post(call: Call): void {
    if (this.alive) this.#thread.post(call);
  }

  /** How much there is to do. One long attempt counts like several signatures. */
  get load(): number {
    return [...this.attempts.values()].reduce((sum, isLong) => sum + (isLong ? longWeight : 1), 0);
  }

  async terminate(): Promise<void> {
    this.#die();
    await this.#thread.terminate();
  }

  #resolve(answer: Answer): void {
    const waiting = this.#waiting.get(answer.call);
    this.#waiting.delete(answer.call);
    if ("failure" in answer) waiting?.reject(errorOf(answer.failure));
    else waiting?.resolve(answer.value);
  }

  #die(): void {
    this.alive = false;
    this.attempts.clear();
    for (const { reject } of this.#waiting.values()) reject(crashed());
    this.#waiting.clear();
  }
}

class ThreadPool implements Runner {
  readonly #threads: (PooledThread | undefined)[];
  readonly #start: StartThread;
  #attempts = 0;
  #closed = false;

  constructor(start: StartThread, threads: number) {
    this.#threads = new Array<PooledThread | undefined>(threads).fill(undefined);
    this.#start = start;
  }

  open(rounds: "stored" | "memory" = "memory"): AttemptSecrets {
    const isLong = rounds === "stored";
    const thread = this.#leastLoaded(isLong ? this.#reserved : 0);
    const attempt = ++this.#attempts;
    thread.attempts.set(attempt, isLong);
    thread.post({ kind: "open", attempt });
    const call =
      <M extends Method>(method: M) =>
      (...args: Parameters<AttemptSecrets[M]>) =>
        thread.call(attempt, method, args) as ReturnType<AttemptSecrets[M]>;
    return {
      joinKey: call("joinKey"),
      start: call("start"),
      restore: call("restore"),
      deliver: call("deliver"),
      check: call("check"),
      resume: call("resume"),
      opens: call("opens"),
      sealShare: call("sealShare"),
      sealPair: call("sealPair"),
      sealSecret: call("sealSecret"),
      sealTo: call("sealTo"),
      end: () => {
        thread.attempts.delete(attempt);
        thread.post({ kind: "end", attempt });
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map((thread) => thread?.terminate()));
  }

  /** The number of threads, at the beginning, that get no long attempt. */
  get #reserved(): number {
    return this.#threads.length > 1 ? 1 : 0;
  }

  /**
   * Gives the thread with the least to do, of those from `first` on. Threads start when they are
   * needed, and a dead one is replaced here.
   */
  #leastLoaded(first: number): PooledThread {
    if (this.#closed) throw new CovaultError("party/worker-crashed", "The worker pool is closed.");
    let best = first;
    const load = (k: number): number => {
      const thread = this.#threads[k];
      return thread?.alive === true ? thread.load : 0;
    };
    for (let k = first + 1; k < this.#threads.length; k++) if (load(k) < load(best)) best = k;
    const thread = this.#threads[best];
    if (thread?.alive === true) return thread;
    const fresh = new PooledThread(this.#start);
    this.#threads[best] = fresh;
    return fresh;
  }
}

/**
 * Gives a runner over at most `threads` threads. Of two or more, the first one gets signatures
 * alone.
 */
export function threadPool(start: StartThread, threads: number): Runner {
  return new ThreadPool(start, threads);
}
