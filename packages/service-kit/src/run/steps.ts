// The steps of a process: each call of a port that reads, writes or sends. A test that ends a
// process before and after each of them gives a hook to its main. Without a hook a port is bound as
// it is, which costs nothing.

export interface Step {
  /** The name of the port, for example `store`. A part of a port has its name behind a dot. */
  readonly port: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

/**
 * Runs one step, and gives what `act` gives. `act` takes the arguments of the step, or others in
 * their place.
 */
export type OnStep = (step: Step, act: (...args: readonly unknown[]) => unknown) => unknown;

/**
 * Gives the port with the hook around each of its methods. A method that is added later is a step
 * by itself.
 */
export function watched<Port extends object>(name: string, port: Port, onStep: OnStep | undefined): Port {
  if (onStep === undefined) return port;
  return new Proxy(port, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof property === "symbol") return member;
      if (typeof member === "function")
        return (...args: unknown[]) =>
          onStep({ port: name, method: property, args }, (...given) => Reflect.apply(member, target, given) as unknown);
      return isPart(member) ? watched(`${name}.${property}`, member, onStep) : member;
    },
  });
}

/** Says whether a member is a part of its port: an object with methods of its own. */
function isPart(member: unknown): member is object {
  return typeof member === "object" && member !== null && Object.getPrototypeOf(member) === Object.prototype;
}
