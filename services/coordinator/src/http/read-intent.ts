// An intent that came over HTTP, and the key that it is about.
import { hex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { checkMayAsk, keysOf, type OpenedIntent, openIntent, parseExact, type VerifiedKey } from "@covault/trust";
import { type Intent, type Signed, SignedSchema } from "@covault/wire";
import type { RouteParts } from "./route-parts.ts";

export interface ReadIntent {
  readonly opened: OpenedIntent;
  readonly signed: Signed;
  /** The key that the intent names. Undefined for an intent that founds a key. */
  readonly key: VerifiedKey | undefined;
}

/**
 * Gives an intent that an initiator of the roster signed and may sign, and the key that it is
 * about. Throws trust/… or coordinator/unknown-key.
 */
export async function readIntent({ roster, chains, nowMs }: RouteParts, bytes: Uint8Array): Promise<ReadIntent> {
  const opened = openIntent(bytes, keysOf(roster()), nowMs());
  // What opens has one reading.
  const signed = parseExact(SignedSchema, bytes) as Signed;
  const keyId = keyOfIntent(opened.intent);
  const key = keyId && (await chains.current(keyId));
  if (keyId !== undefined && key === undefined)
    throw new CovaultError("coordinator/unknown-key", `No certificate of key ${hex(keyId)} is known here.`);
  checkMayAsk(opened, roster(), key);
  return { opened, signed, key };
}

/** The id of the key that the intent is about. Undefined for an intent that founds a key. */
function keyOfIntent({ action }: Intent): Uint8Array | undefined {
  return action.value !== undefined && "keyId" in action.value ? action.value.keyId : undefined;
}
