// This file decides the order of the faults. They happen by rounds. Each round has one fault of
// every kind, shuffled by the seed: first those of processes and ways, then those of single
// messages. So a short run has met every kind, and one that is long enough has met every fault of
// every role and every way.
import type { Seeded } from "@covault/testkit";
import { type Fault, faults } from "./faults.ts";

const kinds: readonly string[] = [...new Set(faults.map(({ kind }) => kind))];
const isOfMessages = (kind: string): boolean => kind.startsWith("messages");
/**
 * The kinds of faults of processes and of the ways between them. A long run does not end before it
 * has met each.
 */
export const kindsMin: readonly string[] = kinds.filter((kind) => !isOfMessages(kind));

function shuffled<T>(list: readonly T[], random: Seeded): T[] {
  const rest = [...list];
  const mixed: T[] = [];
  while (rest.length > 0) mixed.push(...rest.splice(random.below(rest.length), 1));
  return mixed;
}

/** Gives all faults, and then all of them again in another order. */
export function* planned(random: Seeded): Generator<Fault, never> {
  for (;;) {
    const left = new Map(
      kinds.map((kind) => {
        const of = faults.filter((fault) => fault.kind === kind);
        return [kind, shuffled(of, random)] as const;
      }),
    );
    while ([...left.values()].some((of) => of.length > 0))
      for (const kind of [...shuffled(kindsMin, random), ...shuffled(kinds.filter(isOfMessages), random)]) {
        const next = left.get(kind)?.pop();
        if (next !== undefined) yield next;
      }
  }
}
