// What the session's worker gets: public agreements, the share as it is at rest, and the keys for this session alone.

import { fromBinary } from "@bufbuild/protobuf";
import { intentIdOf } from "@covault/trust";
import { SignedSchema } from "@covault/wire";
import type { PartyContext } from "../context.ts";
import { storesRounds } from "../protocols/protocol.ts";
import type { Job, SealedShare } from "../run/runner.ts";
import { shareContext } from "../vault/vault.ts";
import type { Attempt, Started } from "./attempt.ts";

/** `starts`: not for a round that is restored, which needs no `own`. */
export async function makeJob(context: PartyContext, attempt: Attempt, started: Started, starts: boolean): Promise<Job> {
  const { intent, intentId, rid, self, signers, signing, burned, protocol } = attempt;
  const setup = protocol.plan({ intent, self, signers, contributions: started.contributions, signing, burned });
  return {
    protocol: protocol.name,
    scheme: protocol.scheme,
    setup,
    rid,
    intentId,
    joinsDigest: started.joinsDigest,
    self,
    joinKeys: started.joinKeys,
    share: await sealedShare(context, attempt),
    stateKeys: storesRounds(protocol) ? await context.vault.sessionKeys(rid) : undefined,
    partyId: context.partyId,
    // The last: nothing that fails comes after it, and whoever has the job erases it.
    own: starts && storesRounds(protocol) ? context.identity.ownSecret() : undefined,
  };
}

async function sealedShare({ vault, partyId }: PartyContext, { share, pairs }: Attempt): Promise<SealedShare | undefined> {
  if (share === undefined) return undefined;
  const { keyId, epoch, record, secret } = share;
  const madeBy = intentIdOf(fromBinary(SignedSchema, share.intent).body);
  return {
    record,
    secret,
    secretKeys: await vault.shareKeys(keyId, epoch),
    secretContext: shareContext("share", partyId, keyId, epoch, record, madeBy),
    pairs,
    pairKeys: await vault.pairKeys(keyId, epoch),
    pairsContext: shareContext("pairs", partyId, keyId, epoch, record, madeBy),
  };
}
