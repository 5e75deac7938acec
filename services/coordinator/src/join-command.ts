// A join. Its token shows that we invited this party to this attempt, and its signature shows that
// the party's identity key made it. A party whose pairs do not fit those of the members that have
// joined is seen here as every member would see it, before any of them starts (dkls23-spec 0.4).

import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { base64, fromBase64, fromHex, hex } from "@covault/crypto";
import { type JoinedKey, pairFaults, schemeOf, verifyJoin } from "@covault/trust";
import { type Address, type Join, type JoinStatement, JoinStatementSchema, SignedSchema } from "@covault/wire";
import type { JoinTokens } from "./join-token.ts";
import type { Command } from "./session/commands.ts";
import type { Plan } from "./session/plan.ts";
import { type Attempt, inFlight, type SessionState } from "./session/state.ts";

/**
 * Gives the command for a join, or undefined when it is not for the attempt in flight or has not
 * its token. Throws trust/bad-join.
 */
export async function joinCommand(tokens: JoinTokens, state: SessionState, from: Address, value: Join): Promise<Command | undefined> {
  const running = inFlight(state);
  const { attempt, join } = value;
  const { partyId } = from;
  const seat = state.plan?.seats.find((member) => member.partyId === partyId);
  if (running?.attempt !== attempt || join === undefined || seat === undefined || state.plan === undefined) return undefined;
  const invitation = { sessionId: state.plan.sessionId, partyId, attempt, rid: running.rid };
  if (!(await tokens.verify(value.joinToken, invitation))) return undefined;
  const key = joinedKey(state.plan);
  const statement = verifyJoin(join, {
    rid: fromHex(running.rid),
    intentId: fromHex(state.plan.intentId),
    attempt,
    signers: running.members.map((member) => member.shareIndex),
    member: { partyId, shareIndex: seat.shareIndex, idpk: fromHex(seat.idpk) },
    key,
  });
  // The start goes to the instance that the statement names, so this instance must be the sender.
  if (statement.instanceId !== from.instanceId) return undefined;
  const fresh = hex(statement.contribution) + hex(statement.x25519);
  const text = base64(toBinary(SignedSchema, join));
  const strangers = key?.pairs === true ? strangersOf(running, statement) : [];
  return { type: "Join", data: { partyId, attempt, instanceId: statement.instanceId, join: text, fresh, strangers } };
}

/**
 * What the joins of a signature name. The joins of a session that makes an epoch name nothing yet.
 */
function joinedKey({ key, scheme }: Plan): JoinedKey | undefined {
  if (key === undefined) return undefined;
  const { keyId, epoch, epochNumber } = key;
  return { keyId: fromHex(keyId), epoch: fromHex(epoch), epochNumber, pairs: schemeOf(scheme).pairs };
}

/** The share indices of members that have joined and do not name the same pair with this one. */
function strangersOf({ members, states }: Attempt, statement: JoinStatement): readonly number[] {
  const others = members.filter(({ shareIndex }) => shareIndex !== statement.shareIndex).map(({ partyId }) => states[partyId]?.join ?? "");
  const joined = others.filter((join) => join !== "").map((join) => statementOf(join));
  return joined.filter((other) => pairFaults([statement, other]).length > 0).map(({ shareIndex }) => shareIndex);
}

/** Reads a join that was verified before it was appended. */
const statementOf = (join: string): JoinStatement => fromBinary(JoinStatementSchema, fromBinary(SignedSchema, fromBase64(join)).body);
