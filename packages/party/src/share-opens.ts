// Whether the stored secret of a share opens. A row may be there whose secret was altered, or was
// sealed under a master key that is lost. Such a share is lost, and can be repaired.
import { same } from "@covault/crypto";
import { intentIdOf, parseExact, type VerifiedKey } from "@covault/trust";
import { SignedSchema } from "@covault/wire";
import type { PartyDeps } from "./deps.ts";
import type { StoredShare } from "./ports/store.ts";
import { eraseKeys } from "./vault/blob.ts";
import { shareAad } from "./vault/vault.ts";

/**
 * Tells whether a share of the key's epoch opens. It is opened where the secrets of attempts live,
 * and erased at once. Throws `party/worker-crashed`.
 */
export async function shareOpens(
  { vault, runner, partyId }: Pick<PartyDeps, "vault" | "runner" | "partyId">,
  { charter, epoch, intentId }: VerifiedKey,
  { intent, record, secret }: StoredShare,
): Promise<boolean> {
  // A share is used only with the intent that its row has.
  const madeBy = parseExact(SignedSchema, intent);
  if (madeBy === undefined || !same(intentIdOf(madeBy.body), intentId)) return false;
  const { keyId } = charter;
  const secretKeys = await vault.shareKeys(keyId, epoch);
  const secrets = runner.open();
  try {
    return await secrets.opens({ secret, secretKeys, secretAad: shareAad(partyId, keyId, epoch, record, intentId) });
  } finally {
    eraseKeys(secretKeys);
    secrets.end();
  }
}
