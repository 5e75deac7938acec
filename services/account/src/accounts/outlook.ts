// What a roster leaves of an account's holders: who may still sign for it, and what to do when too
// few may. A holder that was removed from the roster signs nothing more, here and at every party
// that has the new roster; its past statements stay good.
import type { SigningConfiguration } from "@covault/api/account";
import { CovaultError } from "@covault/errors";
import { isStillHolder, speakerOf, type VerifiedKey } from "@covault/trust";
import type { Member, Roster } from "@covault/wire";
import type { AccountRow } from "../store/tables.ts";
import { configurationOf } from "./signing-configuration.ts";

export interface Outlook {
  readonly accountId: string;
  readonly threshold: number;
  /** Holders that the roster has, in the order of their shares. They may have another key there. */
  readonly left: readonly string[];
  /** Holders that it does not have, or not in that role, or not at this time. */
  readonly removed: readonly string[];
  /**
   * Those of the signing configuration that are left, in order of preference, and those that it or
   * the key's charter requires.
   */
  readonly signers: SigningConfiguration;
  /**
   * `signs`: it signs on. `reconfigure`: enough holders are left, but its signing configuration
   * names too few of them, requires one that is removed, or requires more than sign since a
   * reshare. `blocked`: too few are left, or the key's charter requires one that is removed.
   */
  readonly verdict: "signs" | "reconfigure" | "blocked";
}

export function outlookOf(roster: Roster, account: AccountRow, key: VerifiedKey, nowMs: number): Outlook {
  const { members, threshold, charter } = key;
  const isLeft = (member: (typeof members)[number]): boolean => speakerOf(roster, member, nowMs) !== undefined;
  const left = members.filter(isLeft).map(({ partyId }) => partyId);
  const removed = members.filter((member) => !isLeft(member)).map(({ partyId }) => partyId);
  const { parties, required } = configurationOf(account, key);
  const signers = { parties: parties.filter((id) => left.includes(id)), required };
  const isWithout = (needed: readonly string[]): boolean => needed.some((id) => !left.includes(id));
  const isBlocked = left.length < threshold || isWithout(charter.required);
  const needed = new Set([...required, ...charter.required]);
  const isShort = signers.parties.length < threshold || isWithout(required) || needed.size > threshold;
  const verdict = isBlocked ? "blocked" : isShort ? "reconfigure" : "signs";
  return { accountId: account.account_id, threshold, left, removed, signers, verdict };
}

/** Who may be asked to sign. Throws account/holders-removed when that makes no signature. */
export function signersLeft({ accountId, threshold, left, removed, signers, verdict }: Outlook): SigningConfiguration {
  if (verdict === "signs") return signers;
  const why =
    verdict === "blocked"
      ? `${threshold} of its holders sign, and the roster has ${left.length} of them`
      : `its signing configuration names too few of the holders that the roster has (${left.join(", ")}), requires another one, or requires more than the ${threshold} that sign`;
  const gone = removed.length === 0 ? "" : ` Not in the roster: ${removed.join(", ")}.`;
  throw new CovaultError("account/holders-removed", `The account ${accountId} cannot sign: ${why}.${gone}`, {
    facts: { account: accountId, removed: removed.join(", ") },
    ...(verdict === "reconfigure" && {
      hint: "Set another signing configuration for the account: enough of its holders are in the roster.",
    }),
  });
}

/**
 * Throws account/holders-removed where the roster has not all of these holders with the identity
 * keys of their epoch. One that has another key there signs, and deals again when a recovery has
 * recorded that key (docs/decisions/0081). `why` says why all are needed.
 */
export function requireHolders(roster: Roster, accountId: string, holders: readonly Member[], nowMs: number, why: string): void {
  const removed = holders.filter((holder) => !isStillHolder(roster, holder, nowMs)).map(({ partyId }) => partyId);
  if (removed.length > 0)
    throw new CovaultError(
      "account/holders-removed",
      `The account ${accountId} can do without none of its holders here: ${why}. Not in the roster with that identity key: ${removed.join(", ")}.`,
      { facts: { account: accountId, removed: removed.join(", ") } },
    );
}
