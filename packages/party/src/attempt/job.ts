// What the attempt's worker gets: public agreements, the share as it is at rest, and the keys for
// this attempt alone.

import { fromBinary } from "@bufbuild/protobuf";
import { intentIdOf } from "@covault/trust";
import { type Intent, SignedSchema } from "@covault/wire";
import { continuing } from "../commit/chain.ts";
import type { PartyDeps } from "../deps.ts";
import { dealtBy, importedKey } from "../import/import-desk.ts";
import { isExportedKey } from "../keys.ts";
import { canSign } from "../ports/pairs.ts";
import type { StoredShare } from "../ports/store.ts";
import { storesRounds } from "../protocols/protocol.ts";
import type { Job, SealedShare, ShareAtRest } from "../run/runner.ts";
import { shareAad } from "../vault/vault.ts";
import { type AttemptTerms, pairsOf, repairing, type Started } from "./attempt-terms.ts";

/** Makes the job. `starts` is false for a round that is restored, which needs no `own`. */
export async function makeJob(deps: PartyDeps, terms: AttemptTerms, started: Started, starts: boolean): Promise<Job> {
  const { intent, intentId, rid, self, signers, members, key, signing, pairs, protocol, share, importKey } = terms;
  const dealt = dealtBy(intent, self);
  const { contributions, pairIds } = started;
  const burned = pairs.flatMap(({ partner, burn }) => (burn === undefined ? [] : [partner]));
  const isExported = key !== undefined && signing === undefined && (saysExported(intent) || (await isExportedKey(deps.store, key)));
  const setup = protocol.plan({
    intent,
    self,
    signers,
    members,
    contributions,
    key,
    signing,
    pairs,
    burned,
    pairIds,
    record: share?.record,
    isExported,
  });
  return {
    protocol: protocol.name,
    scheme: protocol.scheme,
    setup,
    rid,
    intentId,
    joinsDigest: started.joinsDigest,
    self,
    joinKeys: started.joinKeys,
    share: await sealedShare(deps, terms),
    stateKeys: storesRounds(protocol) ? await deps.vault.sessionKeys(rid) : undefined,
    partyId: deps.partyId,
    // This secret comes last. Nothing that fails comes after it, and the owner of the job erases
    // it.
    imported: starts && dealt !== undefined && importKey !== undefined ? await importedKey(deps, dealt, importKey) : undefined,
    own: starts && storesRounds(protocol) ? deps.identity.ownSecret() : undefined,
  };
}

/** Tells whether the intent of a run that makes shares says that the key has been exported. */
const saysExported = (intent: Intent): boolean => (continuing(intent) ?? repairing(intent))?.exported === true;

async function sealedShare(deps: PartyDeps, terms: AttemptTerms): Promise<SealedShare | undefined> {
  const { share, protocol } = terms;
  if (share === undefined) return undefined;
  const { keyId, epoch, record } = share;
  return {
    keyId,
    epoch,
    ...(await shareAtRest(deps, share)),
    record,
    // No worker gets more pairs than its attempt needs.
    pairs: (protocol.usesPairs === true ? pairsOf(terms) : [])
      .filter(canSign)
      .map(({ partner, generation, pairId, state }) => ({ partner, generation, pairId, state: state as Uint8Array })),
    pairKeys: await deps.vault.pairKeys(keyId, epoch),
  };
}

/** Gives a share without its pairs, and what opens it. The caller erases the keys. */
export async function shareAtRest(
  { vault, partyId }: Pick<PartyDeps, "vault" | "partyId">,
  { keyId, epoch, record, secret, intent }: Pick<StoredShare, "keyId" | "epoch" | "record" | "secret" | "intent">,
): Promise<ShareAtRest> {
  const madeBy = intentIdOf(fromBinary(SignedSchema, intent).body);
  const secretAad = shareAad(partyId, keyId, epoch, record, madeBy);
  return { secret, secretKeys: await vault.shareKeys(keyId, epoch), secretAad };
}
