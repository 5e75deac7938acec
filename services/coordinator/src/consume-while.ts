// A consumer that ends while its process may decide nothing, and begins anew when it may again.
// What it does not take is there for other replicas.
import type { StopConsuming } from "@covault/service-kit/messages";

const lookEveryMs = 250;

export interface ConsumeWhileOptions {
  readonly mayDecide: () => boolean;
  readonly consume: () => Promise<StopConsuming>;
  /** Gets what a begin or an end throws. It is tried again. */
  readonly onError: (error: unknown) => void;
}

/** Begins at once. Throws what the first begin throws. Gives how to end. */
export async function consumeWhile({ mayDecide, consume, onError }: ConsumeWhileOptions): Promise<StopConsuming> {
  let stop: StopConsuming | undefined = await consume();
  let turning: Promise<void> = Promise.resolve();
  async function turn(): Promise<void> {
    const former = stop;
    if (mayDecide() === (former !== undefined)) return;
    stop = undefined;
    if (former === undefined) stop = await consume();
    else await former();
  }
  const looks = setInterval(() => {
    turning = turning.then(turn).catch(onError);
  }, lookEveryMs);
  return async () => {
    clearInterval(looks);
    await turning;
    await stop?.();
  };
}
