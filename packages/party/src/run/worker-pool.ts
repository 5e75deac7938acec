// Runner over Node's worker threads: a session belongs to one worker from its first to its last round. A worker that crashes takes its
// sessions with it (they abort, nothing of signing survives) and is replaced. The only file of the driver that needs Node.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { CovaultError } from "@covault/errors";
import type { Answer, Call, Method } from "./calls.ts";
import { errorOf } from "./failure.ts";
import type { Runner, SessionRun } from "./runner.ts";

const sourceRun = import.meta.url.endsWith(".ts");
/** The compiled entry, also when this file itself runs from source. */
const workerEntry = new URL(sourceRun ? "../../dist/worker.js" : "../worker.js", import.meta.url);

const crashed = (): CovaultError => new CovaultError("party/worker-crashed", "The worker thread that owned this session ended.");

interface Waiting {
  readonly session: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One thread and the calls that wait for it. */
class Thread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly sessions = new Set<number>();
  #calls = 0;
  alive = true;

  constructor(entry: URL) {
    // No environment: the process's secrets have no business there. Nor its flags: a test runner's would resolve packages to source.
    this.#worker = new Worker(entry, { env: {}, execArgv: [], name: "covault-session" });
    this.#worker.on("message", (answer: Answer) => this.#settle(answer));
    this.#worker.on("error", () => this.#die());
    this.#worker.on("exit", () => this.#die());
  }

  call(session: number, method: Method, args: readonly unknown[]): Promise<unknown> {
    if (!this.alive || !this.sessions.has(session)) return Promise.reject(crashed());
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { session, resolve, reject });
      this.post({ kind: "call", call, session, method, args });
    });
  }

  post(call: Call): void {
    if (this.alive) this.#worker.postMessage(call);
  }

  async terminate(): Promise<void> {
    this.#die();
    await this.#worker.terminate();
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.call);
    this.#waiting.delete(answer.call);
    if ("failure" in answer) waiting?.reject(errorOf(answer.failure));
    else waiting?.resolve(answer.value);
  }

  #die(): void {
    this.alive = false;
    this.sessions.clear();
    for (const { reject } of this.#waiting.values()) reject(crashed());
    this.#waiting.clear();
  }
}

export interface WorkerPoolOptions {
  /** Number of threads; min(cores, 4) when left out. */
  readonly workers?: number;
  /** Another compiled entry, for tests. */
  readonly entry?: URL;
}

class WorkerPool implements Runner {
  readonly #threads: (Thread | undefined)[];
  readonly #entry: URL;
  #sessions = 0;
  #closed = false;

  constructor(workers: number, entry: URL) {
    this.#threads = new Array<Thread | undefined>(workers).fill(undefined);
    this.#entry = entry;
  }

  open(): SessionRun {
    const thread = this.#leastLoaded();
    const session = ++this.#sessions;
    thread.sessions.add(session);
    thread.post({ kind: "open", session });
    const call =
      <M extends Method>(method: M) =>
      (...args: Parameters<SessionRun[M]>) =>
        thread.call(session, method, args) as ReturnType<SessionRun[M]>;
    return {
      joinKey: call("joinKey"),
      start: call("start"),
      restore: call("restore"),
      deliver: call("deliver"),
      check: call("check"),
      resume: call("resume"),
      sealShare: call("sealShare"),
      end: () => {
        thread.sessions.delete(session);
        thread.post({ kind: "end", session });
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map((thread) => thread?.terminate()));
  }

  /** Threads start when they are needed; a dead one is replaced here. */
  #leastLoaded(): Thread {
    if (this.#closed) throw new CovaultError("party/worker-crashed", "The worker pool is closed.");
    let best = 0;
    const load = (k: number): number => {
      const thread = this.#threads[k];
      return thread?.alive === true ? thread.sessions.size : 0;
    };
    for (let k = 1; k < this.#threads.length; k++) if (load(k) < load(best)) best = k;
    const thread = this.#threads[best];
    if (thread?.alive === true) return thread;
    const fresh = new Thread(this.#entry);
    this.#threads[best] = fresh;
    return fresh;
  }
}

export function workerPool(options: WorkerPoolOptions = {}): Runner {
  return new WorkerPool(options.workers ?? Math.min(availableParallelism(), 4), options.entry ?? workerEntry);
}
