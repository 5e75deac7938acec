// This file runs the account service as a role: accounts and signatures for callers with an API
// key.
import { type AccountServiceOptions, startAccount } from "@covault/account";
import type { DatabaseParts, Edge, RateParts, Running } from "./parts.ts";

export interface AccountRole extends Edge {
  readonly coordinatorUrls: readonly string[];
  readonly coordinatorApiKey?: string;
  readonly initiator: AccountServiceOptions["initiator"];
  readonly rowKeys: AccountServiceOptions["rowKeys"];
  readonly auditKeys: AccountServiceOptions["auditKeys"];
  /** How old the shares of a key may be, in days, before it is refreshed. 0 for no schedule. */
  readonly refreshEveryDays: number;
  /** Whether exports are asked for. */
  readonly allowExport: boolean;
  /** Whether imports are asked for. */
  readonly allowImport: boolean;
}

export async function runAccount(role: AccountRole, parts: DatabaseParts & RateParts): Promise<Running> {
  const { initiator, rowKeys, auditKeys, coordinatorUrls, refreshEveryDays, ...edge } = role;
  const account = await startAccount({
    config: { ...edge, coordinatorUrl: coordinatorUrls, byItself: { everyDays: refreshEveryDays } },
    database: parts.database,
    roster: parts.roster,
    initiator,
    rowKeys,
    auditKeys,
    logger: parts.logger,
    onStep: parts.onStep,
    ...(parts.metrics === undefined ? {} : { metrics: parts.metrics }),
    ...(parts.tracing === undefined ? {} : { tracing: parts.tracing }),
    ...(parts.rate === undefined ? {} : { rate: parts.rate }),
  });
  parts.shutdown.add("account", account.stop);
  return account;
}
