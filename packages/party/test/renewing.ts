// Renewals of pairs of a held key, as the account service would ask for them.
import { create } from "@bufbuild/protobuf";
import type { StoredPair } from "@covault/party";
import type { TestSession, World } from "@covault/testkit";
import { intentIdOf } from "@covault/trust";
import { type Envelope, type RenewAction, RenewActionSchema, type Signed } from "@covault/wire";
import { digest } from "./fixture.ts";
import type { Lifecycle } from "./lifecycle.ts";

export type Ends = readonly [lo: number, hi: number];
type Change = (action: RenewAction) => void;

/** What a party's store has of its pair with a partner. */
export async function pairOf({ world, key }: Lifecycle, index: number, partner: number): Promise<StoredPair> {
  const pairs = await world.actor(index).store.pairs(key.charter.keyId, key.epoch);
  const pair = pairs.find((each) => each.partner === partner);
  if (pair === undefined) throw new Error(`party ${index} has no pair with party ${partner}`);
  return pair;
}

/** Where a pair stands at both of its ends. */
export async function standing(life: Lifecycle, [lo, hi]: Ends): Promise<readonly (readonly [number, string])[]> {
  const pairs = [await pairOf(life, lo, hi), await pairOf(life, hi, lo)];
  return pairs.map(({ generation, status }) => [generation, status]);
}

/** The intent of a renewal. Unless `change` says otherwise it is the first one of the pair. */
export async function askRenewal(life: Lifecycle, [lo, hi]: Ends, change: Change = () => {}): Promise<Signed> {
  const { world, key } = life;
  const { keyId, scheme } = key.charter;
  const { pairId } = await pairOf(life, lo, hi);
  const action = create(RenewActionSchema, {
    ...{ keyId, scheme, epoch: key.epoch, epochNumber: key.epochNumber },
    ...{ shareIndexLo: lo, shareIndexHi: hi, generation: 1, oldPairId: pairId },
  });
  change(action);
  return world.sign(world.intent({ action: { case: "renew", value: action } }));
}

export const nth =
  (generation: number): Change =>
  (action) => {
    action.generation = generation;
  };

/** Opens the session of a renewal as the coordinator does, with both ends. */
export function openRenewal({ world, key, certificates }: Lifecycle, intent: Signed, ends: Ends): TestSession {
  const { epoch, epochNumber, charter } = key;
  world.coordinator.learn(charter.keyId, { epoch, epochNumber, certificates: certificates.slice(-1) });
  return world.coordinator.open(intent, ends);
}

/** Runs one attempt of a renewal to its end, however it ends. */
export async function renew(life: Lifecycle, ends: Ends, change?: Change): Promise<TestSession> {
  const session = openRenewal(life, await askRenewal(life, ends, change), ends);
  await life.world.hub.settle();
  return session;
}

/** A check of the pair has failed at a party. */
export async function burnPair(life: Lifecycle, index: number, partner: number, reason = "mpc/ot-check-failed"): Promise<void> {
  const { pairId } = await pairOf(life, index, partner);
  await life.world.actor(index).store.burn(life.key.epoch, [{ partner, pairId, reason, sid: digest(1), digest: digest(2) }]);
}

/** The operator of a party clears its pair with a partner. */
export async function clearPair(life: Lifecycle, index: number, partner: number): Promise<boolean> {
  const { keyId, epoch, pairId } = await pairOf(life, index, partner);
  return life.world.actor(index).store.clearPair({ keyId, epoch, partner }, pairId);
}

/** A party's store comes back from a backup. */
export async function restore(world: World, index: number): Promise<void> {
  const { store } = world.actor(index);
  const { generation } = await store.standing();
  await store.markRestored({ seen: generation, generation: generation + 1, refuseUpToMs: 0 });
}

export const intentOf = ({ intent }: TestSession): Uint8Array => intentIdOf(intent.body);

/** Lets messages of these kinds get lost, from one party to another. */
export function lose(world: World, cases: readonly Envelope["body"]["case"][], isLost: (from: string, to: string) => boolean): void {
  world.hub.intercept = (flight, { body }) => (cases.includes(body.case) && isLost(flight.from.partyId, flight.to.partyId) ? [] : [flight]);
}
export const heal = ({ hub }: World): void => {
  hub.intercept = (flight) => [flight];
};
