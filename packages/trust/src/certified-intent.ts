// The intent within a certificate was made in the past. So it is opened without regard to the time,
// and the keys that its initiator had then count.
import { asCovaultError, CovaultError } from "@covault/errors";
import type { Member, Signed } from "@covault/wire";
import { claimsToBeDevice } from "./device-id.ts";
import type { FieldChecks } from "./fields.ts";
import { type OpenedIntent, openIntent } from "./intent.ts";
import type { InitiatorKeys } from "./roster.ts";

/**
 * Opens the intent of a certificate. `devices` are the holders among whom a device may have signed
 * it.
 */
export function certifiedIntent(
  { intent }: { readonly intent?: Signed | undefined },
  { keysOf, devices = [] }: { readonly keysOf: InitiatorKeys; readonly devices?: readonly Member[] | undefined },
  check: FieldChecks,
): OpenedIntent {
  const signed = intent ?? check.fail("it has no intent");
  check.that(
    !claimsToBeDevice(signed.signer) || devices.some(({ partyId }) => partyId === signed.signer),
    "it is asked for by a device that held no share then",
  );
  try {
    return openIntent(signed, keysOf, undefined);
  } catch (error) {
    const known = asCovaultError(error);
    if (known === undefined) throw error;
    throw new CovaultError(check.code, `${check.what} is refused: ${known.message}`, { cause: error });
  }
}
