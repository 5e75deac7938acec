// What the attempt's worker gets: public agreements, the share as it is at rest, and the keys for
// this attempt alone.

import { fromBinary } from "@bufbuild/protobuf";
import { intentIdOf } from "@covault/trust";
import { SignedSchema } from "@covault/wire";
import type { PartyDeps } from "../deps.ts";
import { canSign } from "../ports/pairs.ts";
import { storesRounds } from "../protocols/protocol.ts";
import type { Job, SealedShare } from "../run/runner.ts";
import { shareAad } from "../vault/vault.ts";
import { type AttemptTerms, pairsOf, type Started } from "./attempt-terms.ts";

/** Makes the job. `starts` is false for a round that is restored, which needs no `own`. */
export async function makeJob(deps: PartyDeps, terms: AttemptTerms, started: Started, starts: boolean): Promise<Job> {
  const { intent, intentId, rid, self, signers, members, key, signing, pairs, protocol, share } = terms;
  const { contributions, pairIds } = started;
  const burned = pairs.flatMap(({ partner, burn }) => (burn === undefined ? [] : [partner]));
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
    own: starts && storesRounds(protocol) ? deps.identity.ownSecret() : undefined,
  };
}

async function sealedShare({ vault, partyId }: PartyDeps, terms: AttemptTerms): Promise<SealedShare | undefined> {
  const { share, protocol } = terms;
  if (share === undefined) return undefined;
  const { keyId, epoch, record, secret } = share;
  const madeBy = intentIdOf(fromBinary(SignedSchema, share.intent).body);
  return {
    keyId,
    epoch,
    record,
    secret,
    secretKeys: await vault.shareKeys(keyId, epoch),
    secretAad: shareAad(partyId, keyId, epoch, record, madeBy),
    // No worker gets more pairs than its attempt needs.
    pairs: (protocol.usesPairs === true ? pairsOf(terms) : [])
      .filter(canSign)
      .map(({ partner, generation, pairId, state }) => ({ partner, generation, pairId, state: state as Uint8Array })),
    pairKeys: await vault.pairKeys(keyId, epoch),
  };
}
