// Lets no more than so many pieces of work run at once. The others wait for their turn, first come,
// first served.

export interface Gate {
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function makeGate(most: number): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    async run(work) {
      if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
      else running++;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
      }
    },
  };
}
