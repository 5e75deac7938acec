// The pairs of a party, for its operator: how each stands, and the clearing of one that a failed
// check has burned. Without that a burned pair is never renewed (dkls23-spec 9, rule 2).
import { CovaultError } from "@covault/errors";
import { hasFailed, membersOf, type PairState, pairStateOf, type Store, type StoredPair } from "@covault/party";
import { type SchemeName, schemeOf } from "@covault/trust";

/** A pair as its operator sees it. */
export interface ListedPair {
  /** Hex. */
  readonly keyId: string;
  /** The party id of the other end. */
  readonly partner: string;
  readonly generation: number;
  readonly state: PairState;
  readonly strikes: number;
  /** The error code that says why the pair is burned. Undefined for a pair that is not. */
  readonly burnedBy: string | undefined;
  /** True when the operator of this party has cleared the burn. */
  readonly cleared: boolean;
}

const keysAtOnce = 100;

/**
 * Lists the pairs of a party, ascending by key: each in its highest generation, of the committed
 * epoch of each key, or of one key alone (`keyId`, 32 bytes). A key of a scheme without pairs has
 * none.
 */
export async function listPairs(store: Store, partyId: string, keyId?: Uint8Array): Promise<readonly ListedPair[]> {
  if (keyId !== undefined) return (await pairsOf(store, partyId, keyId)).map(({ listed }) => listed);
  const all: ListedPair[] = [];
  let after: Uint8Array | undefined = new Uint8Array();
  while (after !== undefined) {
    const page = await store.heldKeys(after, keysAtOnce);
    for (const held of page) all.push(...(await listPairs(store, partyId, held.keyId)));
    after = page.length === keysAtOnce ? page.at(-1)?.keyId : undefined;
  }
  return all;
}

/**
 * Notes that the operator of `partyId` has cleared its present pair with `partner` (a party id),
 * and gives how the pair stands. Doing it twice changes nothing. Throws party/unknown-share when
 * the party has no pair of the key with that partner, and party/not-burned when no failed check has
 * burned the pair.
 */
export async function clearBurnedPair(store: Store, partyId: string, keyId: Uint8Array, partner: string): Promise<ListedPair> {
  const found = (await pairsOf(store, partyId, keyId)).find(({ listed }) => listed.partner === partner);
  const facts = { party: partyId, key: Buffer.from(keyId).toString("hex"), partner };
  if (found === undefined)
    throw new CovaultError("party/unknown-share", `${partyId} has no pair of the key ${facts.key} with ${partner}.`, {
      facts,
      hint: "`covault party pairs` lists the pairs of a party by key id and partner.",
    });
  const { pair, listed } = found;
  if (pair === undefined || !hasFailed(pair) || !(await store.clearPair(pair, pair.pairId)))
    throw new CovaultError(
      "party/not-burned",
      `The pair of ${partyId} and ${partner} is ${listed.state}${listed.burnedBy === undefined ? "" : ` (${listed.burnedBy})`}, and no failed check has burned it.`,
      { facts },
    );
  return { ...listed, cleared: true };
}

async function pairsOf(
  store: Store,
  partyId: string,
  keyId: Uint8Array,
): Promise<readonly { readonly pair: StoredPair | undefined; readonly listed: ListedPair }[]> {
  const share = await store.committedShare(keyId);
  if (share === undefined || !schemeOf(share.scheme as SchemeName).pairs) return [];
  const pairs = await store.pairs(keyId, share.epoch);
  const partners = membersOf(share.intent).filter((member) => member.partyId !== partyId);
  return partners.map((member) => {
    const pair = pairs.find(({ partner }) => partner === member.shareIndex);
    const { generation = 0, strikes = 0, cleared = false, burn } = pair ?? {};
    const named = { keyId: Buffer.from(keyId).toString("hex"), partner: member.partyId };
    return { pair, listed: { ...named, generation, state: pairStateOf(pair), strikes, burnedBy: burn?.reason, cleared } };
  });
}
