// What this party says that it holds of a key, signed, in answer to one question (packages/trust,
// `verifyHolding`). Nothing in it is secret. It says the numbers that a run to come must be above
// (dkls23-spec 7, rule 1), and how the pairs of the committed epoch stand, each in its highest
// generation.
import { create, toBinary } from "@bufbuild/protobuf";
import { signStatement } from "@covault/channel";
import { CovaultError } from "@covault/errors";
import { schemeOf, type VerifiedKey } from "@covault/trust";
import { type Holding, HoldingReportSchema, type HoldingRequest, HoldingSchema, type PairStanding, signatureTags } from "@covault/wire";
import { envelope, post, ttlMs } from "./attempt/mail.ts";
import type { PartyDeps } from "./deps.ts";
import { isExportedKey } from "./keys.ts";
import { isUncleared, pairStateOf, type StoredPair } from "./ports/pairs.ts";
import type { StoredShare } from "./ports/store.ts";
import type { Address } from "./ports/transport.ts";
import { shareOpens } from "./share-opens.ts";

/** `nonce` is that of the question. A share that was repaired is stated unasked, with the rid. */
export async function reportHolding(
  deps: PartyDeps,
  { keyId, nonce }: Pick<HoldingRequest, "keyId" | "nonce">,
  to: Address,
): Promise<void> {
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
  if (key === undefined) return { highestEpochNumber, share: "none", exposed: (await store.isExported(keyId)) ? "exported" : "" };
  const { epoch, epochNumber } = key;
  const share = await store.share(keyId, epoch);
  const exposed = (await isExportedKey(store, key)) ? "exported" : key.charter.isImported ? "imported" : "";
  const common = { epoch, epochNumber, highestEpochNumber, exposed };
  if (share?.status === "committed" && (await shareOpens(deps, key, share))) return { ...common, ...(await ofShare(deps, share, key)) };
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
  const { holders, exposed } = read(record);
  const publicShares = holders.map(({ index, publicShare }) => ({ shareIndex: index, point: publicShare }));
  const partners = schemeOf(scheme).pairs ? publicShares.filter((each) => each.shareIndex !== shareIndex) : [];
  const pairs = partners.length === 0 ? [] : await store.pairs(keyId, epoch);
  return {
    share: "held",
    // The record may say more than the rest of the store, as after a restore.
    ...(exposed === "exported" && { exposed }),
    shareIndex,
    publicShares: publicShares as Holding["publicShares"],
    pairs: partners.map((partner) =>
      standingOf(
        partner.shareIndex,
        pairs.find((pair) => pair.partner === partner.shareIndex),
      ),
    ) as Holding["pairs"],
  };
}

/** Says of the highest generation of a pair that is known here how it stands. */
function standingOf(shareIndex: number, pair: StoredPair | undefined): Omit<PairStanding, "$typeName"> {
  if (pair === undefined) return { shareIndex, state: "lost", strikes: 0, generation: 0, pairId: new Uint8Array(32), uncleared: false };
  const { generation, pairId, strikes } = pair;
  return { shareIndex, state: pairStateOf(pair), strikes, generation, pairId, uncleared: isUncleared(pair) };
}
