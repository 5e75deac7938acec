// The service looks after keys by itself (dkls23-spec 7, 7.1, 9). It refreshes keys whose shares
// are old, where a schedule is set, and makes pairs anew that are lost or struck. A pair that was
// made anew too often is refreshed with its key. After a failed check people decide, because a
// refresh keeps whoever has cheated. Only keys of the custody `server` are meant.
import { setImmediate as breathe } from "node:timers/promises";
import { asCovaultError, CovaultError } from "@covault/errors";
import { parseExact } from "@covault/trust";
import { IntentSchema } from "@covault/wire";
import type { AccountContext } from "../context.ts";
import { isAway } from "../coordinator/client.ts";
import { event } from "../events/event.ts";
import { type AccountKey, hex, openKeys } from "../keys/account-key.ts";
import type { ListedAccount } from "../store/accounts.ts";
import type { AccountRow } from "../store/tables.ts";
import { askHolders } from "./continuing.ts";
import { mayRenew } from "./pair-renewals.ts";
import { generationMax, hasFailed, isRenewable, nextGeneration, pairsOf, unclearedBy } from "./pair-standings.ts";
import { refresh } from "./refresh.ts";
import { launch } from "./run.ts";

/** The time between two looks. The first one is so long after the start. */
export const refreshLookEveryMs = 600_000;
const dayMs = 24 * 3_600_000;
const pageSize = 100;
/** With so many sessions of a key in a day, whoever asked for them, none begins by itself. */
const perDayMax = 3;
/** The holders of a key are asked at one look of the day, so that each look asks about a part. */
const looksPerDay = dayMs / refreshLookEveryMs;

export interface ByItself {
  /** How old the shares of a key may be, in days. With 0 there is no schedule. */
  readonly everyDays: number;
}

type Look = ByItself & { readonly nowMs: number };

/** Looks once at every active account, every `refreshLookEveryMs`. It never throws. */
export async function refreshByItself(context: AccountContext, { everyDays }: ByItself, nowMs: number): Promise<void> {
  let after: string | undefined;
  try {
    for (;;) {
      const page = await context.store.accounts.active({ after, limit: pageSize });
      for (const listed of page) {
        if (context.signal.aborted) return;
        if (!(await lookAt(context, listed, { everyDays, nowMs }))) return;
        await breathe();
      }
      if (page.length < pageSize) return;
      after = page.at(-1)?.accountId;
    }
  } catch (error) {
    if (!context.signal.aborted) context.logger.error({ code: asCovaultError(error)?.code }, "keys are not looked at for a refresh");
  }
}

/** Gives false when the coordinator is away, since there is no use in looking at the others. */
async function lookAt(context: AccountContext, { accountId, read }: ListedAccount, look: Look): Promise<boolean> {
  try {
    const account = read();
    for (const key of await openKeys(context, account)) await lookAtKey(context, account, key, look);
  } catch (error) {
    if (isAway(error)) return false;
    // One account keeps no other one from its refresh.
    if (!context.signal.aborted)
      context.logger.warn({ account_id: accountId, code: asCovaultError(error)?.code }, "not refreshed by itself");
  }
  return true;
}

async function lookAtKey(context: AccountContext, account: AccountRow, key: AccountKey, { everyDays, nowMs }: Look): Promise<void> {
  if (key.charter.custody !== "server") return;
  const isOld = everyDays > 0 && nowMs - madeAtMs(key) >= everyDays * dayMs;
  const isItsLook = lookOf(key) === Math.floor(nowMs / refreshLookEveryMs) % looksPerDay;
  if (!isOld && !isItsLook) return;
  const { keyId } = key.charter;
  const begun = async (): Promise<number> => (await context.store.sessions.ofKeySince({ keyId, part: "" }, new Date(nowMs - dayMs))).length;
  const before = await begun();
  const said = await askHolders(context, account, key);
  const { holdings, key: current } = said;
  const pairs = pairsOf(said);
  const burned = pairs.filter(hasFailed);
  const facts = { account_id: account.account_id, key_id: hex(current.charter.keyId) };
  if (burned.length > 0) {
    // People are told once a day, however old the shares are.
    if (!isItsLook) return;
    const frame = {
      tenant: account.tenant_id,
      actor: { kind: "service", id: context.initiator.id },
      now: new Date(context.nowMs()),
    } as const;
    const names = burned.map(({ lo, hi }) => `${lo.partyId} and ${hi.partyId}`);
    // Whose operators have to clear the pair before it is made anew.
    const uncleared = [...new Set(burned.flatMap(unclearedBy))];
    const told = event(frame, "key.burned", { account_id: account.account_id }, { key_id: facts.key_id, pairs: names, uncleared });
    await context.store.events.appendOnce(told, new Date(frame.now.getTime() - dayMs / 2));
    context.logger.error(
      { ...facts, pairs: names, uncleared },
      "a check has failed: find out who is to blame, then clear and renew the pair, or reshare the key",
    );
    if (pairs.some(mayRenew)) context.renewals.behind({ account, key: current });
    return;
  }
  const worn = pairs.filter((pair) => isRenewable(pair) && nextGeneration(pair) > generationMax);
  if (!isOld && worn.length === 0) {
    if (pairs.some(mayRenew)) context.renewals.behind({ account, key: current });
    return;
  }
  // A refresh waits for all holders, and one that did not answer may have seen a check fail.
  const silent = current.members.map(({ partyId }) => partyId).filter((id) => !holdings.some((holding) => holding.partyId === id));
  if (silent.length > 0) {
    context.logger.info({ ...facts, silent }, "the key's refresh is put off until all holders answer");
    return;
  }
  if (before >= perDayMax) return;
  context.logger.info({ ...facts, worn: worn.length, old: isOld }, "the key is refreshed");
  const about = { account, key: current };
  const scope = { tenantId: account.tenant_id, route: "by itself", key: undefined, bodyHash: Buffer.alloc(0) };
  // Another replica may have begun and ended one while the holders were asked.
  const counted: typeof refresh = {
    ...refresh,
    async intent(...asked) {
      const action = await refresh.intent(...asked);
      if ((await begun()) > before) throw new CovaultError("account/lifecycle-running", "Another replica has begun one meanwhile.");
      return action;
    },
  };
  await launch(context, counted, about, about, { ...scope, actor: { kind: "service", id: context.initiator.id } });
}

/** Gives the look of the day at which the holders of a key are asked. */
export function lookOf({ charter: { keyId } }: Pick<AccountKey, "charter">): number {
  return (((keyId[0] ?? 0) << 8) | (keyId[1] ?? 0)) % looksPerDay;
}

/** When the run that made the key's epoch was asked for, in milliseconds since 1970. */
function madeAtMs({ certificate }: AccountKey): number {
  const intent = certificate.intent && parseExact(IntentSchema, certificate.intent.body);
  return Number(intent?.issuedAtMs ?? 0);
}
