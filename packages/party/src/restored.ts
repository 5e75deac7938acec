// At every start, and after every burn: is this store the one that this party last wrote? (dkls23-spec section 8)
import type { PartyContext } from "./context.ts";
import type { Generation } from "./ports/generation.ts";

/** True when the store is a restored one; it is marked then. Both counters move on, the store's first: a crash in between leaves it one ahead. */
export async function checkGeneration(context: PartyContext, outside: Generation): Promise<boolean> {
  const first = await look(context, outside);
  // Another replica may have moved both counters on between the two reads.
  const { live, newest } = first.live ? first : await look(context, outside);
  if (!live) await context.store.markRestored(context.clock.nowMs());
  await advance(context, outside, newest);
  return !live;
}

async function look({ store }: PartyContext, outside: Generation): Promise<{ readonly live: boolean; readonly newest: number }> {
  // The one outside first: another replica moves the store's first, so that in this order it can only seem one ahead.
  const counted = await outside.read();
  const inside = await store.generation();
  const fresh = inside === 0 && counted === undefined;
  return { live: fresh || inside === counted || inside - 1 === counted, newest: Math.max(inside, counted ?? 0) };
}

/** A backup made before this moment is recognised from now on. */
export async function bumpGeneration(context: PartyContext, outside: Generation): Promise<void> {
  await advance(context, outside, await context.store.generation());
}

async function advance({ store }: PartyContext, outside: Generation, from: number): Promise<void> {
  // Level first: a second crash between the next two must not leave them two apart, which means restored.
  await outside.write(from);
  await store.setGeneration(from + 1);
  await outside.write(from + 1);
}
