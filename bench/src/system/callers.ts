// The process of the callers. It runs what it is told over its channel, and tells what came out.
import { ask, type Signed, type Signer, type Target, type Work } from "./requests.ts";

export interface Order {
  readonly work: Work;
  readonly callers: number;
  /** No caller asks again after this time. What is under way is waited for. */
  readonly ms: number;
  readonly target: Target;
  readonly signer: Signer;
}

export interface Outcome {
  /** The milliseconds of each request. */
  readonly latenciesMs: readonly number[];
  /** From the first request to the last answer, in milliseconds. */
  readonly elapsedMs: number;
  /** The last signature of each caller. */
  readonly sample: readonly Signed[];
}

async function carryOut({ work, callers, ms, target, signer }: Order): Promise<Outcome> {
  const latenciesMs: number[] = [];
  const sample: Signed[] = [];
  const started = performance.now();
  const call = async (caller: number): Promise<void> => {
    let last: Signed | undefined;
    for (let turn = caller; turn === caller || performance.now() - started < ms; turn++) {
      const asked = performance.now();
      last = await ask(work, target, turn, signer);
      latenciesMs.push(performance.now() - asked);
    }
    if (last !== undefined) sample.push(last);
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  return { latenciesMs, elapsedMs: performance.now() - started, sample };
}

process.on("message", (order: Order) => {
  carryOut(order).then(
    (outcome) => process.send?.({ outcome }),
    (error: Error) => process.send?.({ failure: `${error.message}${error.cause === undefined ? "" : ` (${error.cause})`}` }),
  );
});
process.on("disconnect", () => process.exit());
// Ctrl-C is for the bench, which ends this process when the system has ended.
process.on("SIGINT", () => {});
