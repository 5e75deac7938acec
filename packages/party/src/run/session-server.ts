// The other side of a thread pool, which runs inside a thread: its sessions, one SessionCore each. Calls of one session are answered in order.
import { CovaultError } from "@covault/errors";
import { platformEntropy } from "../ports/entropy.ts";
import { protocols } from "../protocols/registry.ts";
import { type Answer, type Call, detached } from "./calls.ts";
import { failureOf } from "./failure.ts";
import { SessionCore } from "./session-core.ts";

/** Gives what is called with every call that arrives. */
export function sessionServer(reply: (answer: Answer) => void): (call: Call) => void {
  const sessions = new Map<number, SessionCore>();

  async function answer(call: Extract<Call, { kind: "call" }>): Promise<Answer> {
    const session = sessions.get(call.session);
    try {
      if (session === undefined) throw new CovaultError("party/bad-order", "The session has ended.");
      const method = session[call.method] as (...args: readonly unknown[]) => Promise<unknown>;
      return { call: call.call, value: detached(await method.apply(session, [...call.args])) };
    } catch (error) {
      return { call: call.call, failure: failureOf(error) };
    }
  }

  return (call) => {
    if (call.kind === "open") sessions.set(call.session, new SessionCore(protocols, platformEntropy));
    else if (call.kind === "end") {
      sessions.get(call.session)?.end();
      sessions.delete(call.session);
    } else void answer(call).then(reply);
  };
}
