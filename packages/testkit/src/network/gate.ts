// A gate stands in one direction of a connection. It lets everything pass, holds everything back
// until it opens again, or holds it back for ever.

export interface Gate {
  /** Resolves when the gate is open. It may never resolve. */
  passed(): Promise<void>;
  open(): void;
  shut(): void;
  /** Shuts the gate for ever. Nothing passes any more, whatever `open` says later. */
  seal(): void;
}

export function makeGate(isOpen: boolean): Gate {
  let open = isOpen;
  let sealed = false;
  let waiting: (() => void)[] = [];
  return {
    passed: () => (open ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    open() {
      if (sealed) return;
      open = true;
      for (const resolve of waiting.splice(0)) resolve();
    },
    shut() {
      open = false;
    },
    seal() {
      sealed = true;
      open = false;
      waiting = [];
    },
  };
}
