// The coordinator's own check of a reported signature: against the public key and message of the intent, never what a party says.
import { schemeOf } from "@covault/trust";
import type { SignAction } from "@covault/wire";

/** `sign`: of a verified intent. Never throws. */
export const isSignatureOf = ({ scheme, publicKey, message }: SignAction, signature: Uint8Array): boolean =>
  schemeOf(scheme).signature.verify(publicKey, message, signature);
