// This file says which parties sign for an account: parties in order of preference, and those
// without which nothing is signed.
import type { SigningConfiguration } from "@covault/api/account";
import { CovaultError } from "@covault/errors";
import type { VerifiedKey } from "@covault/trust";
import type { AccountContext } from "../context.ts";
import { type Actor, event } from "../events/event.ts";
import { keyOfAccount } from "../keys/account-key.ts";
import type { AccountRow } from "../store/tables.ts";

export function configurationOf(account: AccountRow, key: VerifiedKey): SigningConfiguration {
  const list = (text: string | null): string[] | undefined => (text === null ? undefined : (JSON.parse(text) as string[]));
  return {
    parties: list(account.signing_parties) ?? key.members.map(({ partyId }) => partyId),
    required: list(account.signing_required) ?? [],
  };
}

function refuse(field: "parties" | "required", reason: string): never {
  throw new CovaultError("account/bad-signing-configuration", `${field}: ${reason}`, { facts: { pointer: `/${field}` } });
}

function checkConfiguration(configuration: SigningConfiguration, key: VerifiedKey): void {
  const holders = new Set(key.members.map(({ partyId }) => partyId));
  for (const field of ["parties", "required"] as const) {
    const names = configuration[field];
    const stranger = names.find((name) => !holders.has(name));
    if (stranger !== undefined) refuse(field, `${stranger} holds no share of this account.`);
    if (new Set(names).size !== names.length) refuse(field, "a party is named twice.");
  }
  if (configuration.parties.length < key.threshold)
    refuse("parties", `${key.threshold} parties must sign, ${configuration.parties.length} are named.`);
  if (configuration.required.length > key.threshold)
    refuse("required", `${key.threshold} parties sign, ${configuration.required.length} cannot all be required.`);
  const missing = configuration.required.find((name) => !configuration.parties.includes(name));
  if (missing !== undefined) refuse("required", `${missing} is not among parties.`);
}

export function notActive(account: AccountRow): CovaultError {
  return new CovaultError("account/not-active", `The account ${account.account_id} is ${account.status}.`, {
    facts: { account: account.account_id, status: account.status },
  });
}

export async function changeConfiguration(
  context: AccountContext,
  tenantId: string,
  accountId: string,
  configuration: SigningConfiguration,
  actor: Actor,
): Promise<SigningConfiguration | undefined> {
  const { store, nowMs } = context;
  for (;;) {
    const account = await store.accounts.find(tenantId, accountId);
    if (!account) return undefined;
    if (account.status !== "active") throw notActive(account);
    checkConfiguration(configuration, await keyOfAccount(context, account));
    const change = { signing_parties: JSON.stringify(configuration.parties), signing_required: JSON.stringify(configuration.required) };
    const frame = { tenant: tenantId, actor, now: new Date(nowMs()) };
    const changed = event(frame, "signing_configuration.changed", { account_id: accountId }, { ...configuration });
    if (await store.accounts.change(account, change, frame.now, changed)) return configuration;
  }
}
