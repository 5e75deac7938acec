// A key that honest parties make once per test file, and copies of their stores for every test.
import { fromBinary } from "@bufbuild/protobuf";
import type { Store } from "@covault/party";
import { type CopyableStore, World, type WorldOptions } from "@covault/testkit";
import { AckSchema, IntentSchema, SignedSchema } from "@covault/wire";

export interface Key {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly threshold: number;
}
export interface Fixture {
  readonly key: Key;
  readonly stores: ReadonlyMap<number, CopyableStore>;
}

export const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

/** Makes a key by a keygen of all parties, to its commit. */
export async function makeKey(world: World, threshold: number): Promise<Key> {
  const session = world.coordinator.open(world.keygenIntent(threshold), [...world.actors.keys()]);
  await world.hub.settle();
  const key = await committedKey(world, [...world.actors.keys()][0] ?? 1, session.sessionId);
  if (key === undefined) throw new Error(`keygen failed: ${[...session.aborts, ...session.declines].map((each) => each.code).join(", ")}`);
  return key;
}

/** Gives the key of a session as a party's store has it committed. */
export async function committedKey(world: World, index: number, sessionId: string): Promise<Key | undefined> {
  const share = (await world.actor(index).store.sharesOfSession(sessionId))[0];
  if (share === undefined || share.status !== "committed") return undefined;
  const ack = fromBinary(AckSchema, fromBinary(SignedSchema, share.ack).body);
  const { action } = fromBinary(IntentSchema, fromBinary(SignedSchema, share.intent).body);
  if (action.case !== "keygen") return undefined;
  return { keyId: ack.keyId, epoch: ack.epoch, publicKey: ack.publicKey, threshold: action.value.threshold };
}

export async function makeFixture(options: WorldOptions, threshold: number): Promise<Fixture> {
  const world = await World.create(options);
  const key = await makeKey(world, threshold);
  const stores = new Map([...world.actors].map(([index, actor]) => [index, actor.store]));
  return { key, stores };
}

/** Makes a world on copies of the fixture's stores. */
export function worldOf(fixture: Fixture, options: Omit<WorldOptions, "stores">): Promise<World> {
  return World.create({ ...options, stores: new Map([...fixture.stores].map(([index, store]) => [index, store.copy()])) });
}

/** The same store with another method of this name. */
export function withMethod<Name extends keyof Store>(store: Store, name: Name, method: Store[Name]): Store {
  return new Proxy(store, {
    get(inner, property) {
      const own: unknown = property === name ? method : Reflect.get(inner, property);
      return typeof own === "function" ? own.bind(inner) : own;
    },
  });
}
