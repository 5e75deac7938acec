// GET /api/v1/roster says which roster is in use here, at the routers and at the parties. A
// rotation of keys goes on when all of them have the new one.
import type { routes } from "@covault/api/coordinator";
import type { Handler } from "@covault/service-kit/http";
import type { RouteParts } from "./route-parts.ts";

export function getRoster({ heldRoster, presence }: RouteParts): Handler<typeof routes.getRoster> {
  return async () => {
    const present = await presence.list();
    const routers = new Map(present.map(({ routerId, routerRosterSerial = null }) => [routerId, routerRosterSerial]));
    const { serial, parties } = heldRoster();
    return {
      serial: String(serial),
      routers: [...routers].map(([router_id, serial]) => ({ router_id, serial })).sort((a, b) => (a.router_id < b.router_id ? -1 : 1)),
      parties: parties.map(({ partyId }) => ({
        party_id: partyId,
        instances: present
          .filter((entry) => entry.partyId === partyId)
          .map(({ instanceId, rosterSerial = null }) => ({ instance_id: instanceId, serial: rosterSerial })),
      })),
    };
  };
}
