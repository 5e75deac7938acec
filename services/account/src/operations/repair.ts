// A repair gives a holder its lost share of the present epoch back (dkls23-spec 7.2). So many other
// holders as sign together help. It is only for a share that is lost and not stolen, since a
// recovery changes all shares and a repair none.
import { randomInt } from "node:crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import { parseExact, rosterParty, type SchemeName, speakerOf, verifyHolding } from "@covault/trust";
import { HoldingSchema, type Member, type RepairAction, SignedSchema } from "@covault/wire";
import type { AccountContext } from "../context.ts";
import { sharePart } from "../intent/subject-of.ts";
import { equal } from "../keys/account-key.ts";
import { alteredRow } from "../store/row-mac.ts";
import type { StoredSession } from "../store/sessions.ts";
import { askHolders, type Holdings, holdsShare, type KeyRequest, publicSharesOf, wasExported } from "./continuing.ts";
import type { Operation, Subject } from "./operation.ts";
import { isOfThatKey, viewOfKey } from "./staying.ts";

export interface RepairRequest extends KeyRequest {
  readonly partyId: string;
}

/** Gives the holder, with the identity key that the roster has for it now. */
function receiverOf(context: AccountContext, members: readonly Member[], partyId: string): Member {
  const bad = (why: string): never => {
    throw new CovaultError("account/bad-members", `The share of ${partyId} cannot be repaired: ${why}.`, {
      facts: { pointer: "/party_id", party: partyId },
    });
  };
  const member = members.find((candidate) => candidate.partyId === partyId) ?? bad("it holds no share of the key");
  const known = rosterParty(context.roster(), partyId, context.nowMs()) ?? bad("the roster has no such party");
  if (known.role !== member.role) bad(`its role in the roster is ${known.role}, and it holds its share as ${member.role}`);
  return { ...member, idpk: known.idpk };
}

/** So many random numbers are told apart that no two holders draw the same one. */
const drawsMax = 2 ** 47;

/**
 * Gives the helpers, ascending. Those that stood in the last repair of this share that failed give
 * way to others, since one of them may have been at fault. Who stays of them is drawn by lot: by
 * any fixed order one liar could stay in every run.
 */
async function helpersOf(context: AccountContext, said: Holdings, partyId: string): Promise<readonly number[]> {
  const { key } = said;
  const { members, threshold, charter } = key;
  const [roster, nowMs] = [context.roster(), context.nowMs()];
  const may = members.filter(
    (one) => one.partyId !== partyId && speakerOf(roster, one, nowMs) !== undefined && holdsShare(said, one.partyId),
  );
  if (may.length < threshold)
    throw new CovaultError(
      "account/holders-away",
      `${threshold} of the other holders have to help, and ${may.map((one) => one.partyId).join(", ") || "none of them"} said that it holds its share.`,
      { facts: { absent: said.absent.join(", ") } },
    );
  const last = await context.store.sessions.lastOfKey(charter.tenantId, charter.keyId, sharePart(partyId));
  const stood = last?.row.status === "failed" ? askedIn(last).helpers : [];
  const ranked = may.map(({ shareIndex }) => ({ shareIndex, rank: stood.includes(shareIndex) ? 1 : 0, lot: randomInt(drawsMax) }));
  const byLot = stood.length > 0;
  ranked.sort((a, b) => a.rank - b.rank || (byLot ? a.lot - b.lot : a.shareIndex - b.shareIndex));
  const chosen = ranked.slice(0, threshold).map(({ shareIndex }) => shareIndex);
  return chosen.sort((a, b) => a - b);
}

function askedIn({ row, intent }: StoredSession): RepairAction {
  if (intent.action.case !== "repair") throw alteredRow("sessions", row.session_id);
  return intent.action.value;
}
const askedOf = ({ session }: Subject): RepairAction => askedIn(session);

const view = (subject: Subject) => ({ ...viewOfKey(subject), repaired: askedOf(subject).receiver?.partyId ?? "" });

export const repair = {
  kind: "repair",
  ttlMs: ({ stayingTtlMs }) => stayingTtlMs,
  part: ({ partyId }) => sharePart(partyId),
  async intent(context, { account, key, partyId }) {
    // It is refused before anybody is asked.
    receiverOf(context, key.members, partyId);
    const said = await askHolders(context, account, key);
    const receiver = receiverOf(context, said.key.members, partyId);
    if (holdsShare(said, partyId))
      throw new CovaultError("account/share-held", `${partyId} says that it holds its share in epoch ${said.key.epochNumber}.`, {
        facts: { party: partyId },
      });
    if (!said.holdings.some((holding) => holding.partyId === partyId))
      throw new CovaultError(
        "account/holders-away",
        `${partyId} gets its share back in a run that it takes part in, and it did not answer.`,
        {
          facts: { absent: said.absent.join(", ") },
        },
      );
    const { charter, epoch, epochNumber, threshold } = said.key;
    const [helpers, publicShares] = [await helpersOf(context, said, partyId), publicSharesOf(said)];
    const named = { keyId: charter.keyId, scheme: charter.scheme, epoch, epochNumber, exported: await wasExported(context, said) };
    return { case: "repair", value: { ...named, threshold, helpers: [...helpers], receiver, publicShares: [...publicShares] } };
  },
  isOf: (request, subject) => isOfThatKey(request, subject) && askedOf(subject).receiver?.partyId === request.partyId,
  /**
   * The result is the word of the receiver. Its nonce is that of an attempt, which this service
   * does not know, so that an older word of this epoch would do. Nothing follows from it here.
   */
  accept(_context: AccountContext, subject: Subject, statement: Uint8Array) {
    const { row } = subject.session;
    const { receiver, keyId, epoch, scheme } = askedOf(subject);
    const worthless = (why: string, cause?: unknown): CovaultError =>
      new CovaultError("account/bad-result", `The statement delivered for session ${row.session_id} is worthless. ${why}`, {
        facts: { session: row.session_id },
        cause,
      });
    const signed = parseExact(SignedSchema, statement);
    const nonce = signed && parseExact(HoldingSchema, signed.body)?.nonce;
    if (signed === undefined || nonce === undefined || receiver === undefined) throw worthless("It is no holding.");
    try {
      const said = verifyHolding(signed, { holder: receiver, keyId, nonce, scheme: scheme as SchemeName });
      if (said.share !== "held" || !equal(said.epoch, epoch)) throw worthless("It says that the share is not there.");
    } catch (cause) {
      const known = asCovaultError(cause);
      if (known?.kind !== "usage") throw cause;
      throw worthless(known.message, cause);
    }
    return { changes: {}, view: view(subject) };
  },
  view,
} as const satisfies Operation<RepairRequest>;
