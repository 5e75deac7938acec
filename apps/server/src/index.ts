// This package composes the services: all in one process, one role, or a cluster on one machine. It
// also holds what an operator makes before.

export type { AlteredAccount, ApiKey, HeldAccount } from "@covault/account";
export { type ClusterCommand, cluster } from "./cluster/main.ts";
export { type Cluster, type ClusterOptions, startCluster } from "./cluster/start-cluster.ts";
export { withApiKeys } from "./operator/api-keys.ts";
export { storedAuditKey } from "./operator/audit-key.ts";
export { keyKinds, type NewKey, newKey, signingKeyOf } from "./operator/new-keys.ts";
export { listPartyAccounts, type PartyAccounts, type PartyAccountsSettings } from "./operator/party-accounts.ts";
export { clearPartyPair, listPartyPairs } from "./operator/party-pairs.ts";
export type { PartyPlace } from "./operator/party-store.ts";
export { resealParty } from "./operator/reseal-party.ts";
export { markRestored } from "./operator/restored-party.ts";
export { type SignedRosterFile, signRosterFile } from "./operator/roster-file.ts";
export { listPartyBackups, restorePartyShare } from "./operator/sealed-backups.ts";
export { type ServeOptions, serve } from "./serve.ts";
export { roleNames } from "./settings/role-settings.ts";
export { type StartOptions, start } from "./start.ts";
