// The account service's API, which callers use.
import { healthRoutes } from "../health.ts";
import type { Contract } from "../route.ts";
import { accountRoutes } from "./accounts.ts";
import { backupRoutes } from "./backups.ts";
import { eventRoutes } from "./events.ts";
import { keyRoutes } from "./keys.ts";
import { lifecycleRoutes } from "./lifecycle.ts";
import { sessionRoutes } from "./sessions.ts";
import { signingRoutes } from "./signing.ts";

export { type Account, type CreateAccountRequest, type ImportRecipientView, type ImportRequest, thresholdMax } from "./accounts.ts";
export type { KeyBackups } from "./backups.ts";
export { type AuditEntry, auditEntry } from "./events.ts";
export type { AccountParty, Addresses, AddressList, AddressQuery, Key, KeySummary } from "./keys.ts";
export type { ExportRequest, RecoverRequest, RefreshRequest, RenewRequest, RepairRequest, ReshareRequest } from "./lifecycle.ts";
export { type Act, act, network, payloadKind, schemeName } from "./names.ts";
export { partyState, type Session, type SessionPartyState, type SessionResult } from "./sessions.ts";
export { bytesPattern, messageBytesMax, type Signature, type SignedInput, type SigningConfiguration, type SignRequest } from "./signing.ts";

/** The routes that need an API key, by their operation ids. */
export const routes = {
  ...accountRoutes,
  ...keyRoutes,
  ...signingRoutes,
  ...lifecycleRoutes,
  ...backupRoutes,
  ...sessionRoutes,
  ...eventRoutes,
};

export const accountApi = {
  title: "Covault account service",
  description: "Accounts whose key never exists in one place, and signatures by them.",
  routes: { ...routes, ...healthRoutes },
} as const satisfies Contract;
