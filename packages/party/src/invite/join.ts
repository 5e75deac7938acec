// The join: this member's fresh contribution and X25519 key under its identity, for one attempt. The private half stays in the worker.
import { create, toBinary } from "@bufbuild/protobuf";
import { signStatement } from "@covault/channel";
import { JoinStatementSchema, type Signed, signatureTags } from "@covault/wire";
import type { PartyContext } from "../context.ts";
import type { SessionRun } from "../run/runner.ts";
import type { Attempt } from "../session/attempt.ts";

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
  });
  return signStatement(context.identity, signatureTags.join, partyId, toBinary(JoinStatementSchema, statement));
}
