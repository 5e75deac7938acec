// The join: this member's fresh contribution and X25519 key under its identity, for one attempt.
// The private half of that key stays in the worker.
import { create, toBinary } from "@bufbuild/protobuf";
import { signStatement } from "@covault/channel";
import { JoinStatementSchema, type Signed, signatureTags } from "@covault/wire";
import { type AttemptTerms, joinedKey } from "../attempt/attempt-terms.ts";
import type { PartyDeps } from "../deps.ts";
import { canSign } from "../ports/pairs.ts";
import type { AttemptSecrets } from "../run/runner.ts";

export async function makeJoin(deps: PartyDeps, terms: AttemptTerms, secrets: AttemptSecrets): Promise<Signed> {
  const { rid, intentId, self, signers } = terms;
  const { partyId, instanceId } = deps;
  const statement = create(JoinStatementSchema, {
    rid,
    intentId,
    attempt: terms.attempt,
    partyId,
    instanceId,
    shareIndex: self,
    contribution: deps.entropy.bytes(32),
    x25519: await secrets.joinKey(),
    signers: [...signers],
    ...keyFields(terms),
  });
  return signStatement(deps.identity, signatureTags.join, partyId, toBinary(JoinStatementSchema, statement));
}

/**
 * Gives what the join of an attempt that signs names: the key and the epoch, and the pair that this
 * party would use with each other signer.
 */
function keyFields(terms: AttemptTerms) {
  const { protocol, self, signers } = terms;
  const joined = joinedKey(terms);
  if (joined === undefined) return {};
  const { keyId, epoch, epochNumber } = joined;
  const partners = protocol.usesPairs === true ? signers.filter((index) => index !== self) : [];
  return { keyId, epoch, epochNumber, pairs: partners.map((shareIndex) => ({ shareIndex, pairId: usablePair(terms, shareIndex) })) };
}

/** Gives the id of the pair with a partner that can sign, 32 bytes, or zeros when there is none. */
function usablePair({ pairs }: AttemptTerms, partner: number): Uint8Array {
  const pair = pairs.find((each) => each.partner === partner);
  return canSign(pair) ? pair.pairId : new Uint8Array(32);
}
