// A renewal makes the pair of two holders anew, without the others (dkls23-spec 7.1). The shares,
// and with them the epoch, stay.
import { asCovaultError, CovaultError } from "@covault/errors";
import { holderKeysOf, schemeOf, verifyPairCertificate } from "@covault/trust";
import type { Member, RenewAction } from "@covault/wire";
import type { AccountContext } from "../context.ts";
import { pairPart } from "../intent/subject-of.ts";
import type { AccountKey } from "../keys/account-key.ts";
import { alteredRow } from "../store/row-mac.ts";
import { askHolders, type Holdings, holdsShare, type KeyRequest, lostShare } from "./continuing.ts";
import type { Operation, Subject } from "./operation.ts";
import { areThere, generationMax, nextGeneration, type PairOutlook, pairsOf, presentPairId, unclearedBy } from "./pair-standings.ts";
import { isOfThatKey, keyThen, nameOfHolder, viewOfKey } from "./staying.ts";

export interface RenewRequest extends KeyRequest {
  /** The ids of the two ends of the pair. */
  readonly parties: readonly [string, string];
}

/** Gives the two ends, ascending by share index. Throws account/bad-members. */
function endsOf({ members }: AccountKey, parties: RenewRequest["parties"]): readonly [lo: Member, hi: Member] {
  const bad = (why: string): never => {
    throw new CovaultError("account/bad-members", `parties: ${why}.`, { facts: { pointer: "/parties" } });
  };
  const [lo, hi] = parties
    .map((id) => members.find(({ partyId }) => partyId === id) ?? bad(`${id} holds no share of the key`))
    .sort((a, b) => a.shareIndex - b.shareIndex);
  return lo === undefined || hi === undefined || lo === hi ? bad("two holders make a pair") : [lo, hi];
}

/** Throws account/no-pairs for a key whose scheme has none. */
function requirePairs({ charter: { scheme } }: AccountKey): void {
  if (!schemeOf(scheme).pairs)
    throw new CovaultError("account/no-pairs", `A key of ${scheme} has no pairs.`, { facts: { pointer: "/key", scheme } });
}

/** Throws where one of the ends is away, or has no share. */
function requireEnds(said: Holdings, { lo, hi }: PairOutlook): void {
  const without = [lo, hi].map(({ partyId }) => partyId).filter((id) => !holdsShare(said, id));
  const lost = without.filter((id) => lostShare(said, id));
  if (lost.length > 0)
    throw new CovaultError(
      "account/share-lost",
      `A pair is made anew by holders, and ${lost.join(", ")} has no share of the key any more.`,
      {
        facts: { parties: lost.join(", ") },
      },
    );
  const text = `Both ends make the pair anew, and ${without.join(" and ")} did not say that it holds its share in epoch ${said.key.epochNumber}.`;
  throw new CovaultError("account/holders-away", text, { facts: { absent: said.absent.join(", ") } });
}

/** Gives the action of the intent. Throws when the pair cannot be made anew now. */
function actionFor(
  said: Holdings,
  parties: RenewRequest["parties"],
): { readonly case: "renew"; readonly value: Omit<RenewAction, "$typeName"> } {
  const { key } = said;
  const [lo, hi] = endsOf(key, parties);
  const pair = pairsOf(said).find((one) => one.lo === lo && one.hi === hi);
  if (pair === undefined) throw new TypeError("two holders have a pair");
  if (!areThere(pair)) return requireEnds(said, pair) as never;
  const uncleared = unclearedBy(pair);
  const names = `${lo.partyId} and ${hi.partyId}`;
  if (uncleared.length > 0) {
    const text = `A check of the pair of ${names} has failed, and the operator of ${uncleared.join(" and of ")} has not cleared it.`;
    throw new CovaultError("account/pair-uncleared", text, { facts: { parties: uncleared.join(", ") } });
  }
  const generation = nextGeneration(pair);
  if (generation > generationMax)
    throw new CovaultError("account/pair-exhausted", `The pair of ${names} was made anew ${generationMax} times in its epoch.`);
  const { charter, epoch, epochNumber } = key;
  const ends = { shareIndexLo: lo.shareIndex, shareIndexHi: hi.shareIndex };
  const value = { keyId: charter.keyId, scheme: charter.scheme, epoch, epochNumber, ...ends, generation, oldPairId: presentPairId(pair) };
  return { case: "renew", value };
}

function askedOf(subject: Subject): RenewAction {
  const { action } = subject.session.intent;
  if (action.case !== "renew") throw alteredRow("sessions", subject.session.row.session_id);
  return action.value;
}

function partOf({ key, parties }: Pick<RenewRequest, "key" | "parties">): string {
  requirePairs(key);
  const [lo, hi] = endsOf(key, parties);
  return pairPart(lo.shareIndex, hi.shareIndex);
}

/** The names of the two ends when the session was asked for. */
function endsThen(subject: Subject): readonly string[] {
  const { shareIndexLo, shareIndexHi } = askedOf(subject);
  return [shareIndexLo, shareIndexHi].map((index) => nameOfHolder(subject, index));
}

function view(subject: Subject) {
  return { ...viewOfKey(subject), generation: askedOf(subject).generation, renewed: [...endsThen(subject)] };
}

export const renew = {
  kind: "renew",
  ofPairs: true,
  ttlMs: ({ stayingTtlMs }) => stayingTtlMs,
  part: partOf,
  async intent(context, { account, key, parties }) {
    requirePairs(key);
    return actionFor(await askHolders(context, account, key), parties);
  },
  isOf(request, subject) {
    // The two may hold no share of the key any more.
    return isOfThatKey(request, subject) && [...request.parties].sort().join() === [...endsThen(subject)].sort().join();
  },
  accept(context: AccountContext, subject: Subject, certificate: Uint8Array) {
    const { row, intentId } = subject.session;
    try {
      const expected = { key: keyThen(context, subject), keysOf: context.keysOf, holderKeys: holderKeysOf(context.roster()), intentId };
      verifyPairCertificate(certificate, expected);
    } catch (cause) {
      const known = asCovaultError(cause);
      if (known?.kind !== "usage" || known.code === "account/altered-row") throw cause;
      const text = `The pair certificate delivered for session ${row.session_id} is worthless. ${known.message}`;
      throw new CovaultError("account/bad-result", text, { facts: { session: row.session_id }, cause });
    }
    return { changes: {}, view: view(subject) };
  },
  view,
} as const satisfies Operation<RenewRequest>;
