// The hook of a process of the crash cluster. Each step is passed right before and right after it,
// and the process may be killed at either (armed.js). Its name is that of the port and the method,
// with what tells two calls of one method apart (names.js).
import { watched } from "@covault/service-kit/run";
import { pass } from "./armed.js";
import { detailOf, envelopeName, learnEvents, noAnswers, routedName } from "./names.js";
import { reads } from "./reads.js";
import { inStep } from "./statements.js";

const fullName = ({ port, method }) => `${port}.${method}`;
const pointOf = (step) => [fullName(step), detailOf(step)].filter(Boolean).join(" ");

/** @type {import("@covault/service-kit/run").OnStep} */
export function onStep(step, act) {
  const name = fullName(step);
  const inParts = parts[name];
  if (inParts !== undefined) return inParts(step, act);
  if (reads.has(name) || noAnswers(step)) return act(...step.args);
  const point = pointOf(step);
  return around(point, () => inStep(step.port, point, () => act(...step.args)));
}

function around(point, run) {
  pass(point, "before");
  const done = run();
  if (!(done instanceof Promise)) {
    pass(point, "after");
    return done;
  }
  return done.then((value) => {
    pass(point, "after");
    return value;
  });
}

/** A step that the adapter takes once this returns, and before the turn is over. */
function follows(point) {
  pass(point, "before");
  setImmediate(pass, point, "after");
}

/** Methods that are given or give a function, which holds a step. And a read that names others. */
const parts = {
  "store.load": async (step, act) => learnEvents(await act(...step.args)),
  /** What is in a transaction is one step, right before and right after its commit. */
  "store.transaction": async (step, act) => {
    const inside = [];
    let point;
    const note = (inner, run) => {
      if (!reads.has(fullName(inner))) inside.push(pointOf(inner).replace("store.", ""));
      return run(...inner.args);
    };
    const [work] = step.args;
    const made = await inStep(step.port, "store.transaction", () =>
      act(async (store) => {
        const result = await work(watched("store", store, note));
        point = `store.transaction ${inside.join(", ")}`;
        pass(point, "before");
        return result;
      }),
    );
    pass(point, "after");
    return made;
  },
  /** A message is acknowledged when its handler resolves. */
  "broker.consume": ({ args: [queue, handle, options] }, act) =>
    act(
      queue,
      async (message) => {
        await handle(message);
        follows(`broker.acknowledge ${routedName(message.body)}`);
      },
      options,
    ),
  /** An envelope is acknowledged when its receiver resolves. */
  "transport.onEnvelope": ({ args: [receive] }, act) =>
    act(async (from, envelope) => {
      // An invite tells what the answer to it is about.
      envelopeName(envelope);
      await receive(from, envelope);
      follows(`transport.received ${envelopeName(envelope)}`);
    }),
  /** What was counted may be given back. */
  "rate.take": async (step, act) => {
    const answer = await around("rate.take", () => act(...step.args));
    return { ...answer, giveBack: () => around("rate.giveBack", () => answer.giveBack()) };
  },
};
