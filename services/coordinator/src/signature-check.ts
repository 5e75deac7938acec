// The coordinator's own check of a reported signature: against the public key and message of the intent, never what a party says.
import { schemeOf } from "@covault/trust";
import type { Intent } from "@covault/wire";

/** `intent`: verified. False for one that asks for no signature. Never throws. */
export function isSignatureOf({ action }: Intent, signature: Uint8Array): boolean {
  if (action.case !== "sign") return false;
  const { scheme, publicKey, message } = action.value;
  return schemeOf(scheme).signature.verify(publicKey, message, signature);
}
