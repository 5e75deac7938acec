// How the pairs of a key stand in a store, for tests that ask about burns and strikes.
import type { Burn, PairName, Store, StoredPair } from "@covault/party";

type OfEpoch = Pick<PairName, "keyId" | "epoch">;

/** Gives the partners whose present pair is burned. */
export async function burnedOf(store: Store, { keyId, epoch }: OfEpoch): Promise<readonly number[]> {
  return (await store.pairs(keyId, epoch)).filter(({ burn }) => burn !== undefined).map(({ partner }) => partner);
}

/** Gives the strikes of the present pairs by partner, for those that have any. */
export async function strikesOf(store: Store, { keyId, epoch }: OfEpoch): Promise<ReadonlyMap<number, number>> {
  const struck = (await store.pairs(keyId, epoch)).filter(({ strikes }) => strikes > 0);
  return new Map(struck.map(({ partner, strikes }) => [partner, strikes]));
}

/** Gives the present pair with a partner. */
export async function pairWith(store: Store, { keyId, epoch }: OfEpoch, partner: number): Promise<StoredPair> {
  return (await store.pairs(keyId, epoch)).find((pair) => pair.partner === partner) as StoredPair;
}

/** Burns the present pair with a partner. */
export async function burnPair(store: Store, key: OfEpoch, partner: number, reason = "mpc/ot-check-failed"): Promise<void> {
  const { pairId } = await pairWith(store, key, partner);
  const burn: Burn = { partner, pairId, reason, sid: new Uint8Array(32).fill(1), digest: new Uint8Array(32).fill(2) };
  await store.burn(key.epoch, [burn]);
}
