// The messages that one consumer has in its handlers. When its connection or channel is gone, the
// server hands all of them out again, so whatever is still done about them counts no more.

export interface Hold {
  /** The server has taken the message back. */
  readonly isLost: boolean;
}
export interface HeldMessages {
  /** Resolves with the result of the work, or with undefined as soon as the message is lost. */
  hold<T>(work: (hold: Hold) => Promise<T>): Promise<T | undefined>;
  /** Every message that is held now is lost. */
  loseAll(): void;
}

export function makeHeldMessages(): HeldMessages {
  // One promise for all to race with would keep something of each message for as long as the
  // consumer lives.
  const held = new Set<() => void>();
  return {
    hold: (work) =>
      new Promise((resolve, reject) => {
        const hold = { isLost: false };
        const lose = () => {
          hold.isLost = true;
          resolve(undefined);
        };
        held.add(lose);
        work(hold)
          .finally(() => held.delete(lose))
          .then(resolve, reject);
      }),
    loseAll() {
      for (const lose of held) lose();
      held.clear();
    },
  };
}
