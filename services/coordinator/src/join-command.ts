// A join: its token says that we invited this party to this attempt, its signature that the party's identity key made it.
import { toBinary } from "@bufbuild/protobuf";
import { verifyJoin } from "@covault/trust";
import { type Address, type Join, SignedSchema } from "@covault/wire";
import type { JoinTokens } from "./join-token.ts";
import { base64, fromHex, hex } from "./session/bytes.ts";
import type { Command } from "./session/commands.ts";
import { inFlight, type SessionState } from "./session/state.ts";

/** Undefined: not of the attempt in flight, or not with its token. Throws trust/bad-join, coordinator/token-revoked. */
export async function joinCommand(tokens: JoinTokens, state: SessionState, from: Address, value: Join): Promise<Command | undefined> {
  const running = inFlight(state);
  const { attempt, join } = value;
  const { partyId } = from;
  const seat = state.plan?.seats.find((member) => member.partyId === partyId);
  if (running?.attempt !== attempt || join === undefined || seat === undefined || state.plan === undefined) return undefined;
  const invitation = { sessionId: state.plan.sessionId, partyId, attempt, rid: running.rid };
  if (!(await tokens.verify(value.joinToken, invitation))) return undefined;
  const statement = verifyJoin(join, {
    rid: fromHex(running.rid),
    intentId: fromHex(state.plan.intentId),
    attempt,
    signers: running.members.map((member) => member.shareIndex),
    member: { partyId, shareIndex: seat.shareIndex, idpk: fromHex(seat.idpk) },
  });
  // The start goes to the instance of the statement: it must be the one that speaks.
  if (statement.instanceId !== from.instanceId) return undefined;
  const fresh = hex(statement.contribution) + hex(statement.x25519);
  const text = base64(toBinary(SignedSchema, join));
  return { type: "Join", data: { partyId, attempt, instanceId: statement.instanceId, join: text, fresh } };
}
