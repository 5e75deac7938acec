// Asks parties for a key that an import can be sealed to. Each makes one for this question, if its
// operator lets it import.
import { toBinary } from "@bufbuild/protobuf";
import { fromHex, hex } from "@covault/crypto";
import { defaultScheme, parseExact, rosterParty, verifyImportRecipient } from "@covault/trust";
import { type ImportRecipientReport, ImportRecipientSchema, type Roster, SignedSchema } from "@covault/wire";
import { type AskPartiesOptions, askParties, type PartiesAnswer } from "../holdings/ask-parties.ts";
import type { HoldingStore } from "../store/holding-store.ts";

export interface ImportRecipientsQuestion {
  /** 32 random bytes. */
  readonly nonce: Uint8Array;
  /** The ids of parties of the roster. Others are left out. */
  readonly parties: readonly string[];
  readonly signal: AbortSignal;
}

/** The reports are encoded Signed import recipients. */
export type AskImportRecipients = (question: ImportRecipientsQuestion) => Promise<PartiesAnswer>;

const waitMs = 3_000;
const questionOf = (nonce: Uint8Array): string => `import/${hex(nonce)}`;

export function makeAskImportRecipients(options: AskPartiesOptions & { readonly roster: () => Roster }): AskImportRecipients {
  return async ({ nonce, parties, signal }) => {
    const asked = [...new Set(parties)].flatMap((partyId) => {
      const known = rosterParty(options.roster(), partyId, options.nowMs());
      return known === undefined ? [] : [{ partyId, idpk: hex(known.idpk) }];
    });
    // The question is about no key that is there.
    const question = await options.store.ask({ nonce: questionOf(nonce), about: "import", keyId: "", scheme: defaultScheme, asked });
    return askParties(options, { question, body: { case: "importRecipientRequest", value: { nonce } }, waitMs, signal });
  };
}

/**
 * Keeps an answer. Gives whether it was one that somebody had asked for. Throws
 * `trust/bad-import-recipient`.
 */
export async function takeImportRecipient(
  store: HoldingStore,
  nowMs: number,
  partyId: string,
  { recipient }: ImportRecipientReport,
): Promise<boolean> {
  const nonce = recipient && parseExact(ImportRecipientSchema, recipient.body)?.nonce;
  if (recipient === undefined || nonce === undefined || nonce.length !== 32) return false;
  const question = await store.question(questionOf(nonce));
  const asked = question?.asked.find((party) => party.partyId === partyId);
  if (question === undefined || asked === undefined) return false;
  verifyImportRecipient(recipient, { party: { partyId, idpk: fromHex(asked.idpk) }, nonce, nowMs });
  await store.report(question.nonce, { partyId, statement: toBinary(SignedSchema, recipient) });
  return true;
}
