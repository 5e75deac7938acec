// Asks the holders of a key for an export. They answer the intent and nobody's word beside it: what
// they seal, and to whom, is theirs to decide. The question is kept for a minute. Who asks later
// with the same intent asks them again, and gets from each what it said before.
import { hex } from "@covault/crypto";
import type { VerifiedKey } from "@covault/trust";
import type { Signed } from "@covault/wire";
import { type AskPartiesOptions, askParties, type PartiesAnswer } from "../holdings/ask-parties.ts";

export interface ExportQuestion {
  /** The key in the epoch that the intent names. */
  readonly key: VerifiedKey;
  /** The intent and its id. It was verified. */
  readonly intent: Signed;
  readonly intentId: Uint8Array;
  readonly signal: AbortSignal;
}

/** The reports are encoded Signed releases. */
export type AskExports = (question: ExportQuestion) => Promise<PartiesAnswer>;

/** How long a connected party may take. It seals for some tenths of a second. */
const waitMs = 5_000;

/** The name of the question, which no question of another sort has. */
export const questionOf = (intentId: Uint8Array): string => `export/${hex(intentId)}`;

export function makeAskExports(options: AskPartiesOptions): AskExports {
  return async ({ key, intent, intentId, signal }) => {
    const { keyId, scheme } = key.charter;
    const asked = key.members.map(({ partyId, idpk }) => ({ partyId, idpk: hex(idpk) }));
    const question = await options.store.ask({ nonce: questionOf(intentId), about: "export", keyId: hex(keyId), scheme, asked });
    return askParties(options, { question, body: { case: "exportRequest", value: { intent } }, waitMs, signal });
  };
}
