// Which parties could take part: the candidates for a new key, and for operators the whole picture
// of parties, presence and burns.
import type { Burn, Party, routes } from "@covault/api/coordinator";
import type { Handler } from "@covault/service-kit/http";
import type { PresenceEntry } from "@covault/service-kit/messages";
import { rosterParty } from "@covault/trust";
import { isDevice } from "../session/plan.ts";
import { holdersOf } from "../session/plan-of-intent.ts";
import type { RouteParts } from "./route-parts.ts";

export function listCandidates(parts: RouteParts): Handler<typeof routes.listCandidates> {
  return async (request) => {
    const roster = parts.roster();
    const wanted = roster.parties.filter((party) => party.role === request.query.role);
    const valid = wanted.filter((party) => rosterParty(roster, party.partyId, parts.nowMs()) !== undefined);
    const present = byParty(await parts.presence.list());
    const loads = valid.map(({ partyId }) => (present.get(partyId) ?? []).map((entry) => entry.sessions));
    const found = valid.map((party, at) => ({ party_id: party.partyId, role: party.role, load: Math.min(...loads[at]!) }));
    const there = found
      .filter((party) => Number.isFinite(party.load))
      .sort((a, b) => a.load - b.load || (a.party_id < b.party_id ? -1 : 1));
    return {
      candidates: there.slice(0, request.query.count),
      absent: found.filter((party) => !Number.isFinite(party.load)).map((party) => party.party_id),
    };
  };
}

export function listParties(parts: RouteParts): Handler<typeof routes.listParties> {
  return async () => ({ parties: await everybody(parts), burns: await burns(parts) });
}

/** Groups the entries in one pass, because there may be many devices. */
function byParty(entries: readonly PresenceEntry[]): ReadonlyMap<string, readonly PresenceEntry[]> {
  const found = new Map<string, PresenceEntry[]>();
  for (const entry of entries) {
    const instances = found.get(entry.partyId);
    if (instances === undefined) found.set(entry.partyId, [entry]);
    else instances.push(entry);
  }
  return found;
}

async function everybody({ roster, presence }: RouteParts): Promise<Party[]> {
  const present = byParty(await presence.list());
  const devices = [...present.keys()].filter(isDevice);
  const known = [...roster().parties, ...devices.map((partyId) => ({ partyId, role: "device" }))];
  return known.map((party) => {
    const instances = present.get(party.partyId) ?? [];
    return {
      party_id: party.partyId,
      role: party.role,
      present: instances.length > 0,
      instances: instances.map((entry) => ({
        instance_id: entry.instanceId,
        router_id: entry.routerId,
        load: entry.sessions,
        connected_at: new Date(entry.connectedAtMs).toISOString(),
      })),
    };
  });
}

async function burns({ store }: RouteParts): Promise<Burn[]> {
  return Promise.all(
    (await store.allBurns()).map(async ({ key_id, epoch, low, high, pair_id, code, reported_by, session_id }) => {
      const certificate = await store.certificateOf(key_id, epoch);
      const members = certificate === undefined ? [] : holdersOf(certificate);
      const named = members.filter((member) => member.shareIndex === low || member.shareIndex === high).map((member) => member.partyId);
      return { key_id, epoch, share_indices: [low, high], parties: named, pair_id, code, reported_by, session_id };
    }),
  );
}
