// GET /api/v1/roster says which roster is in use here, at the routers and at the parties. A
// rotation of keys goes on when all of them have the new one.
import { type Api, guardedRefusals } from "@covault/service-kit/http";
import { z } from "zod";
import type { RouteParts } from "./route-parts.ts";

const serial = z.string().describe("A whole number");
const answer = z.object({
  serial: serial.describe("Of this coordinator's roster"),
  routers: z.array(z.object({ router_id: z.string(), serial: serial.nullable() })).describe("Those with a connected party"),
  parties: z.array(
    z.object({
      party_id: z.string(),
      instances: z
        .array(z.object({ instance_id: z.string(), serial: serial.nullable().describe("As it says itself; null: not yet") }))
        .describe("Empty: it is not connected"),
    }),
  ),
});

export function rosterRoute(api: Api, { roster, presence }: RouteParts): void {
  const schema = {
    tags: ["parties"],
    summary: "The serial of the roster in use, by coordinator, router and party",
    response: { 200: answer.describe("The serials"), ...guardedRefusals },
  };
  api.get("/api/v1/roster", { schema }, async () => {
    const present = await presence.list();
    const routers = new Map(present.map(({ routerId, routerRosterSerial = null }) => [routerId, routerRosterSerial]));
    const { serial, parties } = roster();
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
  });
}
