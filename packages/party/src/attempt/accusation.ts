// What a party holds against other members of an attempt, signed with its identity key. The router
// that carries it must not be able to burn pairs.
import { create, toBinary } from "@bufbuild/protobuf";
import { signStatement } from "@covault/channel";
import { type Accusation, AccusationSchema, accusationTags, type Signed } from "@covault/wire";
import type { PartyDeps } from "../deps.ts";

export interface AccusationFacts extends Pick<Accusation, "sessionId" | "rid" | "code" | "round"> {
  /** The share indices of the accused. Where there are none, nothing is signed. */
  readonly culprits: readonly number[];
  readonly consequence: "retry" | "burn";
}

/**
 * Signs an accusation. `report` is the message that carries it. In another message it counts for
 * nothing.
 */
export function accuse(
  { identity, partyId }: PartyDeps,
  report: keyof typeof accusationTags,
  { culprits, ...facts }: AccusationFacts,
): { accusation?: Signed } {
  if (culprits.length === 0) return {};
  const ascending = [...new Set(culprits)].sort((a, b) => a - b);
  const body = toBinary(AccusationSchema, create(AccusationSchema, { ...facts, partyId, culprits: ascending }));
  return { accusation: signStatement(identity, accusationTags[report], partyId, body) };
}
