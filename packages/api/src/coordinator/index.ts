// The session coordinator's API over HTTP, which the account service and operators use.
import { healthRoutes } from "../health.ts";
import type { Contract } from "../route.ts";
import { backupRoutes } from "./backups.ts";
import { exportRoutes } from "./exports.ts";
import { holdingRoutes } from "./holdings.ts";
import { importRoutes } from "./imports.ts";
import { partyRoutes } from "./parties.ts";
import { sessionRoutes } from "./sessions.ts";

export { type Backups, backups } from "./backups.ts";
export { type Releases, releases } from "./exports.ts";
export { type Holdings, holdings } from "./holdings.ts";
export { type ImportRecipients, importRecipients } from "./imports.ts";
export { type Burn, type Candidates, candidates, type Parties, type Party, type Role, type RosterInUse } from "./parties.ts";
export { eventList, openedSession, type PartyState, type Session, type SessionEvent, session, sessionIdForm } from "./sessions.ts";

/** The routes that need an API key, by their operation ids. */
export const routes = { ...sessionRoutes, ...partyRoutes, ...holdingRoutes, ...backupRoutes, ...exportRoutes, ...importRoutes };

export const coordinatorApi = {
  title: "Covault session coordinator",
  description: "Sessions, their events, and the parties that could take part.",
  routes: { ...routes, ...healthRoutes },
} as const satisfies Contract;
