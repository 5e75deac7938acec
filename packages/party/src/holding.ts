// What this party says that it holds of a key, signed, in answer to one question (packages/trust,
// `verifyHolding`). Nothing in it is secret. It says the numbers that a run to come must be above
// (dkls23-spec 7, rule 1), and which pairs of the committed epoch can sign.
import { create, toBinary } from "@bufbuild/protobuf";
import { signStatement } from "@covault/channel";
import { CovaultError } from "@covault/errors";
import { schemeOf, type VerifiedKey } from "@covault/trust";
import { type Holding, HoldingReportSchema, type HoldingRequest, HoldingSchema, signatureTags } from "@covault/wire";
import { envelope, post, ttlMs } from "./attempt/mail.ts";
import type { PartyDeps } from "./deps.ts";
import type { StoredShare } from "./ports/store.ts";
import type { Address } from "./ports/transport.ts";
import { protocolFor } from "./protocols/protocol.ts";
import { shareOpens } from "./vault/share-opens.ts";

export async function reportHolding(deps: PartyDeps, { keyId, nonce }: HoldingRequest, to: Address): Promise<void> {
  const { identity, partyId, restores } = deps;
  const era = await restores.ready();
  const body = { keyId, nonce, partyId, ...(await held(deps, keyId)) };
  // What was read may be of a store that is not the live one.
  if (restores.era !== era) return;
  const holding = signStatement(identity, signatureTags.holding, partyId, toBinary(HoldingSchema, create(HoldingSchema, body)));
  post(deps, to, envelope({ case: "holdingReport", value: create(HoldingReportSchema, { holding }) }), ttlMs.signing);
}

type Stated = Partial<Omit<Holding, "$typeName" | "keyId" | "nonce" | "partyId">>;

async function held(deps: PartyDeps, keyId: Uint8Array): Promise<object> {
  const { store, keys } = deps;
  const key = await keys.held(store, keyId);
  const staged = await store.stagedShares(keyId);
  const highestEpochNumber = Math.max(key?.epochNumber ?? 0, ...staged.map(({ epochNumber }) => epochNumber));
  if (key === undefined) return { highestEpochNumber, share: "none" };
  const { epoch, epochNumber } = key;
  const share = await store.share(keyId, epoch);
  const common = { epoch, epochNumber, highestEpochNumber };
  if (share?.status === "committed" && (await shareOpens(deps.vault, deps.partyId, share)))
    return { ...common, ...(await ofShare(deps, share, key)) };
  // An epoch that names this party, and whose share is not here or does not open, is one whose
  // share is lost.
  const isNamed = key.members.some(({ partyId }) => partyId === deps.partyId);
  return { ...common, share: isNamed ? "none" : "left" };
}

async function ofShare({ store, protocols, partyId }: PartyDeps, { record, epoch, keyId }: StoredShare, key: VerifiedKey): Promise<Stated> {
  const { scheme } = key.charter;
  const read = protocols.find((protocol) => protocol.scheme === scheme && protocol.publicRecord !== undefined)?.publicRecord;
  const mine = key.members.find((member) => member.partyId === partyId);
  if (read === undefined || mine === undefined)
    throw new CovaultError("party/unknown-protocol", `This party cannot read its share of a key for ${scheme}.`);
  const { shareIndex } = mine;
  const publicShares = read(record).holders.map(({ index, publicShare }) => ({ shareIndex: index, point: publicShare }));
  const partners = schemeOf(scheme).pairs ? publicShares.filter((each) => each.shareIndex !== shareIndex) : [];
  const pairId = protocolFor(protocols, "sign", scheme)?.pairId;
  const [burned, strikes, pairs] = [await store.burned(epoch), await store.strikes(epoch), await store.pairs(keyId, epoch)];
  return {
    share: "held",
    shareIndex,
    publicShares: publicShares as Holding["publicShares"],
    pairs: partners.map((partner) => ({
      shareIndex: partner.shareIndex,
      state: burned.includes(partner.shareIndex) ? "burned" : pairs === undefined ? "lost" : "usable",
      strikes: strikes.get(partner.shareIndex) ?? 0,
      pairId: pairId?.(key, shareIndex, partner.shareIndex) ?? new Uint8Array(32),
    })) as Holding["pairs"],
  };
}
