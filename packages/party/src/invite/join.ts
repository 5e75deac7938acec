// The join: this member's fresh contribution and X25519 key under its identity, for one attempt. The private half stays in the worker.
import { create, toBinary } from "@bufbuild/protobuf";
import { signStatement } from "@covault/channel";
import { JoinStatementSchema, type Signed, signatureTags } from "@covault/wire";
import type { PartyContext } from "../context.ts";
import type { SessionRun } from "../run/runner.ts";
import { type Attempt, joinedKey } from "../session/attempt.ts";

export async function makeJoin(context: PartyContext, attempt: Attempt, run: SessionRun): Promise<Signed> {
  const { rid, intentId, self, signers } = attempt;
  const { partyId, instanceId } = context;
  const statement = create(JoinStatementSchema, {
    rid,
    intentId,
    attempt: attempt.attempt,
    partyId,
    instanceId,
    shareIndex: self,
    contribution: context.entropy.bytes(32),
    x25519: await run.joinKey(),
    signers: [...signers],
    ...keyFields(attempt),
  });
  return signStatement(context.identity, signatureTags.join, partyId, toBinary(JoinStatementSchema, statement));
}

/** Of an attempt that signs: key and epoch, and the pair that I would use with each other signer. */
function keyFields(attempt: Attempt) {
  const { key, protocol, self, signers } = attempt;
  const joined = joinedKey(attempt);
  if (key === undefined || joined === undefined) return {};
  const { keyId, epoch, epochNumber } = joined;
  const { pairId } = protocol;
  const partners = signers.filter((index) => index !== self);
  const pairs = pairId === undefined ? [] : partners.map((shareIndex) => ({ shareIndex, pairId: pairId(key, self, shareIndex) }));
  return { keyId, epoch, epochNumber, pairs };
}
