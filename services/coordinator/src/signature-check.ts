// The coordinator's own check of a reported signature. It checks against the intent and the key
// that the session was planned with, and never against what a party says.
import { fromHex } from "@covault/crypto";
import { schemeOf, signedMessage } from "@covault/trust";
import type { Intent } from "@covault/wire";
import type { Plan } from "./session/plan.ts";

/**
 * Says whether the signature is one of the intent. `intent` is the one that the plan was made of.
 * False for a session that makes no signature.
 */
export function isSignatureOf({ action }: Pick<Intent, "action">, { key }: Plan, signature: Uint8Array): boolean {
  if (action.case !== "sign" || key === undefined) return false;
  return schemeOf(action.value.scheme).signature.verify(fromHex(key.signsUnder), signedMessage(action.value), signature);
}
