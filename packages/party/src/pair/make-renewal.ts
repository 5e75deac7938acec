// What a renewal leaves in the store of one end (dkls23-spec 7.1, "Stored"): the new pair, sealed,
// and this party's acknowledgement of it.
import { create, toBinary } from "@bufbuild/protobuf";
import { signStatement } from "@covault/channel";
import { PairAckSchema, SignedSchema, signatureTags } from "@covault/wire";
import type { AttemptTerms } from "../attempt/attempt-terms.ts";
import type { PartyDeps } from "../deps.ts";
import type { NewRenewal } from "../ports/pairs.ts";
import type { PairFacts } from "../protocols/protocol.ts";
import type { AttemptSecrets } from "../run/runner.ts";
import { eraseKeys } from "../vault/blob.ts";

export async function makeRenewal(
  { identity, partyId, vault }: PartyDeps,
  { intentId, sessionId, self, signed }: AttemptTerms,
  { keyId, epoch, lo, hi, generation, pairId }: PairFacts,
  secrets: AttemptSecrets,
): Promise<NewRenewal> {
  const keys = await vault.pairKeys(keyId, epoch);
  const { partner, state } = await secrets.sealPair(keys).finally(() => eraseKeys(keys));
  const named = { keyId, epoch, generation, pairId, sessionId, intentId };
  const ack = create(PairAckSchema, { ...named, shareIndexLo: lo, shareIndexHi: hi, shareIndex: self });
  const acknowledged = signStatement(identity, signatureTags.pairAck, partyId, toBinary(PairAckSchema, ack));
  return { ...named, partner, state, intent: toBinary(SignedSchema, signed), ack: toBinary(SignedSchema, acknowledged) };
}
