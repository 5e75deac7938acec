// Whether the share that is at rest is still one. A row may be damaged, or sealed under a master
// key that is gone. Then the party has no share, and says so, so that it can be given one again.
import { asCovaultError, type ErrorCode } from "@covault/errors";
import { intentIdOf, parseExact } from "@covault/trust";
import { SignedSchema } from "@covault/wire";
import type { StoredShare } from "../ports/store.ts";
import { eraseKeys, openBlob } from "./blob.ts";
import { shareAad, type Vault } from "./vault.ts";

/** Opens the secret of a share and erases it. Gives false when it does not open. */
export async function shareOpens(vault: Vault, partyId: string, { keyId, epoch, record, secret, intent }: StoredShare): Promise<boolean> {
  const madeBy = parseExact(SignedSchema, intent);
  if (madeBy === undefined) return false;
  const ring = await vault.shareKeys(keyId, epoch);
  try {
    (await openBlob(ring, shareAad("share", partyId, keyId, epoch, record, intentIdOf(madeBy.body)), secret)).fill(0);
    return true;
  } catch (error) {
    if (asCovaultError(error)?.code !== ("party/unreadable-secret" satisfies ErrorCode)) throw error;
    return false;
  } finally {
    eraseKeys(ring);
  }
}
