// This file chooses the members that will hold a new key's shares. The coordinator proposes, and
// the roster decides. Identity keys come from the roster alone, so a stolen coordinator cannot fill
// a keygen with parties of its own.
import { CovaultError } from "@covault/errors";
import type { RosterParty } from "@covault/wire";
import type { AccountContext } from "../context.ts";
import { isAway, partiesMissing } from "../coordinator/client.ts";
import type { KeygenMember } from "../intent/statements.ts";
import { pause } from "../stopping.ts";

/** The role of the parties that are chosen to hold shares. */
export const holderRole = "persistent";

/** Whether a party may be chosen at this time. */
export function entitled(party: RosterParty, nowMs: number): boolean {
  const now = BigInt(nowMs);
  return party.role === holderRole && party.validFromMs <= now && (party.validUntilMs === 0n || now < party.validUntilMs);
}

/**
 * Gives the ids that the coordinator proposes. Gives none while the coordinator is away and
 * `mayWait` is true.
 */
async function candidates({ coordinator }: AccountContext, count: number, mayWait: boolean): Promise<string[]> {
  try {
    return (await coordinator.candidates(holderRole, count)).candidates.map(({ party_id }) => party_id);
  } catch (error) {
    if (mayWait && isAway(error)) return [];
    throw error;
  }
}

/**
 * Gives `count` members in ascending order of their ids. `including` is one of them. Throws
 * account/parties-missing, which names the absent parties, when too few are connected.
 */
export async function chooseMembers(context: AccountContext, count: number, including?: string): Promise<KeygenMember[]> {
  const { roster, timing, nowMs, signal } = context;
  const untilMs = performance.now() + timing.candidatesGraceMs;
  for (;;) {
    const last = performance.now() >= untilMs;
    const proposed = new Set(await candidates(context, count, !last));
    const known = new Map(
      roster()
        .parties.filter((party) => entitled(party, nowMs()))
        .map((party) => [party.partyId, party]),
    );
    if (known.size < count)
      throw new CovaultError("account/bad-threshold", `threshold_n: ${count} parties are asked for, the roster has ${known.size}.`);
    const first = including === undefined ? [] : [including];
    const present = [...new Set([...first, ...proposed])].filter((id) => known.has(id)).slice(0, count);
    if (present.length === count)
      return present.sort().map((partyId) => ({ partyId, role: holderRole, idpk: (known.get(partyId) as RosterParty).idpk }));
    if (last) {
      const absent = [...known.keys()].filter((id) => !present.includes(id));
      throw partiesMissing(absent, `A key with ${count} shares needs ${count} connected parties, there are ${present.length}.`);
    }
    await pause(timing.pauseMs, signal);
  }
}
