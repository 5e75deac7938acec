// What one consumer has in its hands. When its connection or channel is gone, the server hands all of that out again, and nothing done about it counts any more.

export interface Grip {
  readonly isLost: boolean;
}
export interface Hands {
  /** Resolves with what the work comes to, or with undefined as soon as it is lost. */
  hold<T>(work: (grip: Grip) => Promise<T>): Promise<T | undefined>;
  /** All that is held is lost. */
  letGo(): void;
}

export function makeHands(): Hands {
  // Not one promise for all to race with: it would keep something of each message for as long as the consumer lives.
  const held = new Set<() => void>();
  return {
    hold: (work) =>
      new Promise((resolve, reject) => {
        const grip = { isLost: false };
        const lose = () => {
          grip.isLost = true;
          resolve(undefined);
        };
        held.add(lose);
        work(grip)
          .finally(() => held.delete(lose))
          .then(resolve, reject);
      }),
    letGo() {
      for (const lose of held) lose();
      held.clear();
    },
  };
}
