// Which parties could take part, and for operators the whole picture: parties, presence, burns.
import { z } from "zod";
import { answer, guardedRefusals } from "../answers.ts";
import type { Of, Routes } from "../route.ts";
import { integerParameter } from "../shapes.ts";

const role = z.enum(["persistent", "delegate", "temporary", "co-managed"]);
/** What a party of the roster is for. */
export type Role = Of<typeof role>;

export const candidates = z
  .object({
    candidates: z.array(z.object({ party_id: z.string(), role: z.string(), load: z.int().describe("Its sessions under way") })),
    absent: z.array(z.string()).describe("The ids of parties of the role that are not connected"),
  })
  .meta({
    id: "Candidates",
    examples: [{ candidates: [{ party_id: "server-party-1", role: "persistent", load: 0 }], absent: ["server-party-2"] }],
  });
export type Candidates = Of<typeof candidates>;

const party = z
  .object({
    party_id: z.string(),
    role: z.string(),
    present: z.boolean(),
    instances: z.array(
      z.object({
        instance_id: z.string(),
        router_id: z.string(),
        load: z.int().describe("Its sessions under way"),
        connected_at: z.string(),
      }),
    ),
  })
  .meta({ id: "Party", examples: [{ party_id: "server-party-1", role: "persistent", present: false, instances: [] }] });
export type Party = Of<typeof party>;

const burn = z
  .object({
    key_id: z.string(),
    epoch: z.string(),
    share_indices: z.array(z.int()),
    parties: z.array(z.string()),
    pair_id: z.string().describe("In hex, of a pair that was made anew. Empty for the one that was made with the epoch."),
    code: z.string().describe("Why. For party/pairs-missing, nobody has cheated: the store of reported_by was restored."),
    reported_by: z.string(),
    session_id: z.string(),
  })
  .meta({ id: "Burn", description: "A pair that does not sign. That is over when the pair has another id." });
export type Burn = Of<typeof burn>;

export const parties = z
  .object({ parties: z.array(party), burns: z.array(burn) })
  .meta({ id: "Parties", examples: [{ parties: [], burns: [] }] });
export type Parties = Of<typeof parties>;

const serial = z.string().describe("A whole number");
const rosterInUse = z
  .object({
    serial: serial.describe("That of this coordinator's roster"),
    routers: z.array(z.object({ router_id: z.string(), serial: serial.nullable() })).describe("The routers with a connected party"),
    parties: z.array(
      z.object({
        party_id: z.string(),
        instances: z
          .array(z.object({ instance_id: z.string(), serial: serial.nullable().describe("As it says itself. Null: not yet.") }))
          .describe("Empty where the party is not connected"),
      }),
    ),
  })
  .meta({ id: "RosterInUse", examples: [{ serial: "1", routers: [{ router_id: "router-1", serial: "1" }], parties: [] }] });
export type RosterInUse = Of<typeof rosterInUse>;

export const partyRoutes = {
  listCandidates: {
    method: "GET",
    path: "/api/v1/candidates",
    tag: "parties",
    summary: "Present parties of a role, the least busy first",
    query: z.strictObject({ role: role.default("persistent"), count: integerParameter(1, 20).default(3) }),
    answers: { 200: answer("The parties that could take part", candidates), ...guardedRefusals },
  },
  listParties: {
    method: "GET",
    path: "/api/v1/parties",
    tag: "parties",
    summary: "Roster, presence and burns",
    answers: { 200: answer("Every party", parties), ...guardedRefusals },
  },
  getRoster: {
    method: "GET",
    path: "/api/v1/roster",
    tag: "parties",
    summary: "The serial of the roster in use, by coordinator, router and party",
    answers: { 200: answer("The serials", rosterInUse), ...guardedRefusals },
  },
} as const satisfies Routes;
