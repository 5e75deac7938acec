// Every order in which the port calls of several replicas can happen, with kills between any two of
// them. This is a small model checker over the real code of src/restored.ts. A call is one atomic
// step of the store or of the record outside. A killed replica starts again. A write that was on
// its way when its replica was killed may still arrive, at once, at any later moment, or never. So
// it is enough to kill replicas at their writes.
import { type MemoryGeneration, memoryGeneration, memoryStore } from "@covault/testkit";
import type { StoreStanding } from "../src/ports/store.ts";
import { RestoreWatch } from "../src/restored.ts";

const writes = new Set(["raise", "moveGeneration", "markRestored"]);

export interface World {
  readonly store: ReturnType<typeof memoryStore>;
  readonly outside: MemoryGeneration;
}
/** What one process does from its start on. */
export type Program = (watch: RestoreWatch, served: () => void) => Promise<void>;
export interface Picture extends StoreStanding {
  readonly recorded: number | undefined;
  /** The number of processes that have got as far as `served`. */
  readonly served: number;
  /** The marks of the store when the first of them did. */
  readonly marksWhenServed: number | undefined;
}

interface Call {
  readonly text: string;
  readonly isWrite: boolean;
  readonly act: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
}
interface Replica {
  call: Call | undefined;
  /** What its calls have answered. Its own state is known by this, and by nothing else. */
  heard: string[];
  served: number;
}
type Choice = { readonly step: number } | { readonly kill: number } | { readonly late: number };

class Run {
  readonly #world: World;
  readonly #programs: readonly Program[];
  readonly #replicas: Replica[];
  readonly #late: Call[] = [];
  #killsLeft: number;
  #served = 0;
  #marksWhenServed: number | undefined;

  constructor(world: World, programs: readonly Program[], kills: number) {
    this.#world = world;
    this.#programs = programs;
    this.#killsLeft = kills;
    this.#replicas = programs.map(() => ({ call: undefined, heard: [], served: 0 }));
    for (const at of programs.keys()) this.#boot(at);
  }

  #boot(at: number): void {
    const replica: Replica = { call: undefined, heard: [], served: 0 };
    this.#replicas[at] = replica;
    const through = <T extends object>(port: T): T =>
      new Proxy(port, {
        get: (target, name) => {
          const method = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
          return (...args: unknown[]) =>
            new Promise((resolve) => {
              const text = `${String(name)} ${JSON.stringify(args)}`;
              // A replica makes nothing else of what it was answered before its last look than what
              // it raises the record to.
              if (name === "raise") replica.heard = replica.heard.slice(-4);
              replica.call = { text, isWrite: writes.has(String(name)), act: () => method.apply(target, args), resolve };
            });
        },
      });
    const clock = { nowMs: () => 0 } as ConstructorParameters<typeof RestoreWatch>[0]["clock"];
    const watch = new RestoreWatch({ store: through(this.#world.store), clock }, through(this.#world.outside), () => {});
    const served = (): void => {
      replica.served += 1;
      this.#served += 1;
      this.#marksWhenServed ??= this.#marks;
    };
    void this.#programs[at]?.(watch, served);
  }
  #marks = 0;

  choices(): Choice[] {
    const standing = [...this.#replicas.keys()].filter((at) => this.#replicas[at]?.call !== undefined);
    return [
      ...standing.map((step) => ({ step })),
      ...(this.#killsLeft > 0 ? standing.filter((at) => this.#replicas[at]?.call?.isWrite).map((kill) => ({ kill })) : []),
      ...this.#late.map((_, late) => ({ late })),
    ];
  }

  async take(choice: Choice): Promise<void> {
    if ("step" in choice) {
      const replica = this.#replicas[choice.step] as Replica;
      const call = replica.call as Call;
      replica.call = undefined;
      const answer = await call.act();
      replica.heard.push(JSON.stringify(answer) ?? "");
      this.#marks = (await this.#world.store.standing()).marks;
      call.resolve(answer);
    } else if ("kill" in choice) {
      const { call } = this.#replicas[choice.kill] as Replica;
      if (call?.isWrite) this.#late.push(call);
      this.#killsLeft -= 1;
      this.#boot(choice.kill);
    } else {
      const [call] = this.#late.splice(choice.late, 1);
      await call?.act();
      this.#marks = (await this.#world.store.standing()).marks;
    }
    await this.settled();
  }

  /**
   * Resolves when every replica has made its next call, or is done. Its code awaits nothing else.
   */
  async settled(): Promise<void> {
    for (let hops = 0; hops < 30; hops++) await undefined;
  }

  async picture(): Promise<Picture> {
    const recorded = this.#world.outside.record?.generation;
    return { ...(await this.#world.store.standing()), recorded, served: this.#served, marksWhenServed: this.#marksWhenServed };
  }

  /** Two runs with one name have the same future. */
  async name(): Promise<string> {
    const replicas = this.#replicas.map(({ call, heard, served }) => [heard, served, call?.text]);
    const late = this.#late.map(({ text }) => text).sort();
    return JSON.stringify([await this.picture(), this.#world.outside.record, replicas, late, this.#killsLeft]);
  }
}

/** Visits every state that can be reached, and gives their number. `check` throws at a bad one. */
export async function inAllOrders(
  makeWorld: () => World,
  programs: readonly Program[],
  kills: number,
  check: (picture: Picture) => void,
): Promise<number> {
  const known = new Set<string>();
  const waiting: Choice[][] = [[]];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const run = new Run(makeWorld(), programs, kills);
    await run.settled();
    for (const choice of path) await run.take(choice);
    for (let here = path; ; ) {
      const name = await run.name();
      if (known.has(name)) break;
      known.add(name);
      try {
        check(await run.picture());
      } catch (error) {
        throw new Error(`after ${JSON.stringify(here)}: ${name}`, { cause: error });
      }
      const [first, ...others] = run.choices();
      for (const choice of others) waiting.push([...here, choice]);
      if (first === undefined) break;
      here = [...here, first];
      await run.take(first);
    }
  }
  return known.size;
}

export const emptyWorld = (): World => ({ store: memoryStore(), outside: memoryGeneration() });
