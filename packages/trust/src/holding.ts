// This file verifies what a party says that it holds of a key. An epoch to come is asked for with
// the highest number and the public shares that the holders state (dkls23-spec 7, rule 1). They
// compare the intent with their own records afterwards, so that a wrong statement costs an attempt
// and nothing else.
import { hex, same } from "@covault/crypto";
import { type Holding, HoldingSchema, type Member, type PublicShare, type Signed, signatureTags } from "@covault/wire";
import { generationMax } from "./actions/renew.ts";
import { type FieldChecks, fieldChecks, holdersMax, parseExact } from "./fields.ts";
import { type SchemeName, schemeOf } from "./schemes/index.ts";
import { signingKeyOf } from "./signature.ts";

export interface ExpectedHolding {
  /**
   * The party that was asked, with its identity key of the roster or of the epoch's certificate.
   */
  readonly holder: Pick<Member, "partyId" | "idpk">;
  readonly keyId: Uint8Array;
  /** The 32 bytes of the question. */
  readonly nonce: Uint8Array;
  readonly scheme: SchemeName;
}

const holds = ["held", "left", "none"] as const;
const exposures = ["", "imported", "exported"] as const;
const pairStates = ["usable", "burned", "lost", "staged"] as const;

/**
 * Verifies the answer of one party. It proves that the party said so after the question, and not
 * that it is true. Throws `trust/bad-holding`.
 */
export function verifyHolding(signed: Signed, { holder, keyId, nonce, scheme }: ExpectedHolding): Holding {
  const check = fieldChecks("trust/bad-holding", `The statement of ${holder.partyId}`);
  check.that(signed.signer === holder.partyId, "another party claims to have signed it");
  signingKeyOf(signed, signatureTags.holding, [holder.idpk], check, "its identity key did not sign it");
  const holding = parseExact(HoldingSchema, signed.body) ?? check.fail("its body cannot be read in exactly one way");
  check.that(holding.partyId === holder.partyId, "party_id is not the signer's");
  check.that(same(holding.keyId, keyId), "key_id is that of another key");
  check.that(same(holding.nonce, nonce), "nonce is that of another question");
  check.bytesOrNone(holding.epoch, 32, "epoch");
  check.that(holding.epoch.length > 0 || holding.epochNumber === 0, "epoch_number is given without epoch");
  check.that(holding.highestEpochNumber >= holding.epochNumber, "highest_epoch_number is below epoch_number");
  const isHeld = check.word(holding.share, holds, "share") === "held";
  check.that(!isHeld || holding.epoch.length > 0, "share is held without an epoch");
  check.word(holding.exposed, exposures, "exposed");
  checkPublicShares(holding, isHeld, scheme, check);
  checkPairs(holding, isHeld && schemeOf(scheme).pairs, check);
  return holding;
}

function checkPublicShares({ shareIndex, publicShares }: Holding, isHeld: boolean, scheme: SchemeName, check: FieldChecks): void {
  // Each is a point of a curve. So their number is checked before any of them is looked at.
  check.that(publicShares.length <= holdersMax, `public_shares has ${publicShares.length} entries, more than ${holdersMax}`);
  check.ascending(indicesOf(publicShares), "public_shares.share_index");
  check.that(
    publicShares.every(({ point }) => schemeOf(scheme).publicShare.is(point)),
    `public_shares has one that is no point of ${scheme}`,
  );
  const isThere = indicesOf(publicShares).includes(shareIndex);
  if (isHeld) check.that(isThere, "share_index is none of public_shares");
  else check.that(shareIndex === 0 && publicShares.length === 0, "share_index or public_shares are given without a share");
}

function checkPairs({ shareIndex, publicShares, pairs }: Holding, hasPairs: boolean, check: FieldChecks): void {
  const partners = hasPairs ? indicesOf(publicShares).filter((index) => index !== shareIndex) : [];
  check.that(indicesOf(pairs).join() === partners.join(), "pairs are not one for each other holder, ascending");
  for (const { state, generation, pairId, uncleared } of pairs) {
    const stated = check.word(state, pairStates, "pairs.state");
    check.that(generation <= generationMax, `pairs.generation is ${generation}, more than ${generationMax}`);
    check.bytes(pairId, 32, "pairs.pair_id");
    const isNamed = pairId.some((byte) => byte !== 0);
    check.that(isNamed || stated === "lost", `pairs.pair_id is that of a lost pair, and the pair is ${stated}`);
    check.that(isNamed || generation === 0, "pairs.generation is given without pairs.pair_id");
    check.that(!uncleared || stated === "burned", `pairs.uncleared is said of a pair that is ${stated}`);
  }
}

const indicesOf = (list: readonly { readonly shareIndex: number }[]): readonly number[] => list.map(({ shareIndex }) => shareIndex);

/**
 * Gives the public shares of an epoch that at least `threshold` holders state alike, so that one of
 * them is honest. `holdings` are verified statements of distinct parties. Gives undefined when
 * fewer agree.
 */
export function agreedPublicShares(holdings: readonly Holding[], epoch: Uint8Array, threshold: number): readonly PublicShare[] | undefined {
  const votes = new Map<string, { readonly publicShares: readonly PublicShare[]; readonly holders: Set<string> }>();
  for (const { partyId, share, epoch: stated, publicShares } of holdings) {
    if (share !== "held" || !same(stated, epoch)) continue;
    const name = publicShares.map(({ shareIndex, point }) => `${shareIndex}:${hex(point)}`).join();
    const vote = votes.get(name) ?? { publicShares, holders: new Set<string>() };
    vote.holders.add(partyId);
    votes.set(name, vote);
  }
  return [...votes.values()].find(({ holders }) => holders.size >= threshold)?.publicShares;
}
