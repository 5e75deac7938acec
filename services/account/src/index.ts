// This is the account service (HTTP 4000): accounts, signatures, sessions. It signs intents and
// verifies results. It never sees a share.

export type { AlteredAccount, HeldAccount } from "./accounts/held-accounts.ts";
export { type ApiKey, type ApiKeyRequest, type ApiKeys, openApiKeys } from "./api-keys.ts";
export { defaultTiming, type Timing } from "./context.ts";
export { type PartyAccountsOptions, partyAccounts } from "./party-accounts.ts";
export { type AccountConfig, type AccountService, type AccountServiceOptions, startAccount } from "./start.ts";
