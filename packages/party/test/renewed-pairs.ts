// A renewed pair as a renewal would leave it at one end. Its OT state stays what it was, so that no
// protocol has to run.
import { sha256 } from "@covault/crypto";
import { decodePairs, encodePairs } from "@covault/mpc/dkls23";
import type { PairName, Store } from "@covault/party";
import type { World } from "@covault/testkit";
import { openBlob, sealBlob } from "../src/vault/blob.ts";
import { pairAad } from "../src/vault/vault.ts";
import { pairWith } from "./standing.ts";

type OfEpoch = Pick<PairName, "keyId" | "epoch">;

/** The id of a generation of a pair, the same at both ends. */
export const renewedId = ({ epoch }: OfEpoch, ends: readonly [number, number], generation: number): Uint8Array =>
  sha256(epoch, Uint8Array.of(...ends.toSorted((a, b) => a - b), generation));

/** Opens the present pair of `self` with `partner`, and seals it anew as one of this generation. */
async function sealedAnew(world: World, key: OfEpoch, [self, partner]: readonly [number, number], generation: number): Promise<Uint8Array> {
  const { store, vault, partyId } = world.actor(self);
  const before = await pairWith(store, key, partner);
  const ring = await vault.pairKeys(key.keyId, key.epoch);
  const opened = decodePairs(await openBlob(ring, pairAad(partyId, before, before), before.state as Uint8Array));
  const pairId = renewedId(key, [self, partner], generation);
  const partners = new Map([...opened.partners].map(([each, pair]) => [each, { ...pair, generation, id: pairId }] as const));
  const aad = pairAad(partyId, { ...key, partner }, { generation, pairId });
  return sealBlob(ring, aad, encodePairs({ ...opened, partners }), sha256(pairId).slice(0, 12));
}

/** Stages a generation of a pair at `self`. Gives the id of its intent. */
export async function stageRenewal(
  world: World,
  key: OfEpoch,
  ends: readonly [self: number, partner: number],
  generation: number,
  store: Store = world.actor(ends[0]).store,
): Promise<Uint8Array> {
  const [self, partner] = ends;
  const { keyId, epoch } = key;
  const pairId = renewedId(key, ends, generation);
  const state = await sealedAnew(world, key, ends, generation);
  const intentId = sha256(pairId, Uint8Array.of(1));
  const sessionId = `ses_renew_${[...ends].sort().join("_")}_${generation}`;
  const rid = sha256(pairId, Uint8Array.of(2, self));
  const name = { keyId, epoch, partner };
  const session = {
    rid,
    sessionId,
    intentId,
    context: rid,
    state: rid,
    outbox: [],
    expiresAtMs: world.clock.nowMs() + 60_000,
    renews: name,
  };
  // The operator has looked into what burned the pair before, if something did.
  await store.clearPair(name, (await pairWith(store, key, partner)).pairId);
  const fence = (await store.openSession(session, { name: "instance/renewal", fence: 1 })) as number;
  const renewal = { ...name, generation, pairId, state, sessionId, intentId, intent: rid, ack: rid };
  if (!(await store.stagePair(renewal, { rid, fence }))) throw new Error("not staged");
  return intentId;
}

/** Makes a pair anew at both ends, to its commit. */
export async function renewPair(world: World, key: OfEpoch, [one, other]: readonly [number, number], generation = 1): Promise<void> {
  for (const ends of [
    [one, other],
    [other, one],
  ] as const) {
    const intentId = await stageRenewal(world, key, ends, generation);
    await world.actor(ends[0]).store.commitPair(intentId, intentId);
  }
}
