// The other side of a thread pool, which runs inside a thread. It has one AttemptCore for each of
// its attempts. Calls of one attempt are answered in order.
import { CovaultError } from "@covault/errors";
import { platformEntropy } from "../ports/entropy.ts";
import { protocols } from "../protocols/registry.ts";
import { AttemptCore } from "./attempt-core.ts";
import { type Answer, type Call, detached } from "./calls.ts";
import { failureOf } from "./failure.ts";

/** Gives the function to call with every call that arrives. `reply` is called with each answer. */
export function attemptServer(reply: (answer: Answer) => void): (call: Call) => void {
  const attempts = new Map<number, AttemptCore>();

  async function answer(call: Extract<Call, { kind: "call" }>): Promise<Answer> {
    const attempt = attempts.get(call.attempt);
    try {
      if (attempt === undefined) throw new CovaultError("party/bad-order", "The session has ended.");
      const method = attempt[call.method] as (...args: readonly unknown[]) => Promise<unknown>;
      return { call: call.call, value: detached(await method.apply(attempt, [...call.args])) };
    } catch (error) {
      return { call: call.call, failure: failureOf(error) };
    }
  }

  return (call) => {
    if (call.kind === "open") attempts.set(call.attempt, new AttemptCore(protocols, platformEntropy));
    else if (call.kind === "end") {
      attempts.get(call.attempt)?.end();
      attempts.delete(call.attempt);
    } else void answer(call).then(reply);
  };
}
