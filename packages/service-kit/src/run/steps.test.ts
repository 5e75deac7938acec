import { expect, it } from "vitest";
import { type OnStep, type Step, watched } from "./steps.ts";

class Counter {
  #count = 0;
  get count(): number {
    return this.#count;
  }
  async add(by: number): Promise<number> {
    this.#count += by;
    return this.#count;
  }
}

const noted = (): { readonly steps: Step[]; readonly onStep: OnStep } => {
  const steps: Step[] = [];
  const onStep: OnStep = (step, act) => {
    steps.push(step);
    return act(...step.args);
  };
  return { steps, onStep };
};

it("binds a port as it is when there is no hook", () => {
  const port = { write: async () => {} };
  expect(watched("store", port, undefined)).toBe(port);
});

it("hands every method to the hook, with its name and arguments, also one that was added later", async () => {
  const { steps, onStep } = noted();
  const port: Record<string, (by: number) => number> = { one: (by) => by };
  const bound = watched("store", port, onStep);
  port.later = (by) => by * 2;
  expect([bound.one?.(3), bound.later?.(4)]).toEqual([3, 8]);
  expect(steps).toEqual([
    { port: "store", method: "one", args: [3] },
    { port: "store", method: "later", args: [4] },
  ]);
});

it("names the parts of a port by their path", () => {
  const { steps, onStep } = noted();
  watched("store", { keys: { put: () => 1 } }, onStep).keys.put();
  expect(steps).toEqual([{ port: "store.keys", method: "put", args: [] }]);
});

it("leaves a class its private fields and its getters", async () => {
  const { steps, onStep } = noted();
  const bound = watched("counter", new Counter(), onStep);
  expect(await bound.add(2)).toBe(2);
  expect(bound.count).toBe(2);
  expect(steps).toHaveLength(1);
});

it("takes the hook's arguments in the place of the caller's", async () => {
  const bound = watched("counter", new Counter(), (_step, act) => act(40));
  expect(await bound.add(2)).toBe(40);
});
