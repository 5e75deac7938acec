// The service makes pairs anew by itself that are lost, in doubt or struck (dkls23-spec 7.1, 9):
// first the one that a signature waits for, and then the others of the key, one after the other, so
// that signing goes first. After a failed check people say so first. Only keys of the custody
// `server` are meant.
import { setTimeout as after } from "node:timers/promises";
import { asCovaultError } from "@covault/errors";
import type { AccountContext } from "../context.ts";
import { pairPart } from "../intent/subject-of.ts";
import { hex } from "../keys/account-key.ts";
import { askHolders } from "./continuing.ts";
import type { ActiveAccount } from "./operation.ts";
import { areThere, generationMax, hasFailed, isRenewable, nextGeneration, type PairOutlook, pairsOf } from "./pair-standings.ts";
import { renew } from "./renew.ts";
import { finish, launch } from "./run.ts";

const dayMs = 24 * 3_600_000;
/** With so many renewals of a pair in a day, whoever asked for them, none begins by itself. */
const perDayMax = 3;
/** The pause before the next pair of a key that nobody waits for. */
const behindMs = 1_000;
/** A signature that goes on waiting asks again after this time. */
const askAgainMs = 5_000;

/** The share indices of the two ends of a pair. */
type Ends = readonly number[];

export interface PairRenewals {
  /** Makes these pairs anew, for a signature that waits for them. It returns at once. */
  readonly want: (about: ActiveAccount, pairs: readonly Ends[]) => void;
  /** Makes all pairs of the key anew that want it, behind everything else. It returns at once. */
  readonly behind: (about: ActiveAccount) => void;
  /** Resolves when nothing is under way. It never throws. */
  readonly idle: () => Promise<void>;
}

/** Whether the system may make the pair anew by itself, as its ends say. */
export const mayRenew = (pair: PairOutlook): boolean => isRenewable(pair) && canRenew(pair);

const canRenew = (pair: PairOutlook): boolean => areThere(pair) && nextGeneration(pair) <= generationMax;

export function pairRenewals(contextOf: () => AccountContext): PairRenewals {
  /** When a pair was last wanted, by key and part. Only a bounded number is kept. */
  const wanted = new Map<string, number>();
  const queued = new Map<string, ActiveAccount>();
  const underWay = new Set<Promise<void>>();
  let isQueueRunning = false;

  function run(work: () => Promise<void>): void {
    const { logger, signal } = contextOf();
    const running = work()
      .catch((error: unknown) => {
        if (!signal.aborted) logger.warn({ code: asCovaultError(error)?.code, err: error }, "a pair is not renewed by itself");
      })
      .finally(() => underWay.delete(running));
    underWay.add(running);
  }

  /** Renews one pair, unless it was renewed too often, and follows it to its end. */
  async function renewPair({ account, key }: ActiveAccount, { lo, hi }: PairOutlook): Promise<void> {
    const context = contextOf();
    const part = pairPart(lo.shareIndex, hi.shareIndex);
    const hadEnough = async (): Promise<boolean> =>
      (await context.store.sessions.countOfKey({ keyId: key.charter.keyId, part }, new Date(context.nowMs() - dayMs))) >= perDayMax;
    const facts = { account_id: account.account_id, key_id: hex(key.charter.keyId), parties: [lo.partyId, hi.partyId] };
    if (await hadEnough()) {
      context.logger.error(facts, "a pair was renewed too often in a day: find out why it does not last");
      return;
    }
    context.logger.info(facts, "a pair is renewed");
    const request = { account, key, parties: [lo.partyId, hi.partyId] as const };
    const scope = { tenantId: account.tenant_id, route: "by itself", key: undefined, bodyHash: Buffer.alloc(0) };
    const subject = await launch(
      context,
      renew,
      request,
      { account, key },
      {
        ...scope,
        actor: { kind: "service", id: context.initiator.id },
      },
    );
    await finish(context, subject, "attach");
  }

  async function renewWanted(about: ActiveAccount, pairs: readonly Ends[]): Promise<void> {
    const context = contextOf();
    const said = await askHolders(context, about.account, about.key);
    const named = new Set(pairs.map(([one = 0, other = 0]) => pairPart(one, other)));
    // The coordinator has the word of a party that the pair is lost. It may be an old one, of a
    // pair whose certificate never reached the coordinator, and then only a new one helps.
    const isWanted = (pair: PairOutlook): boolean => named.has(pairPart(pair.lo.shareIndex, pair.hi.shareIndex));
    const outlooks = pairsOf(said).filter((pair) => isWanted(pair) && !hasFailed(pair) && canRenew(pair));
    await Promise.all(outlooks.map((pair) => renewPair({ account: about.account, key: said.key }, pair)));
    if (outlooks.length > 0) behind({ account: about.account, key: said.key });
  }

  /** Renews one pair of the key that is not in `tried`. Gives false when there is none. */
  async function renewNext(about: ActiveAccount, tried: Set<string>): Promise<boolean> {
    const said = await askHolders(contextOf(), about.account, about.key);
    const partOf = ({ lo, hi }: PairOutlook): string => pairPart(lo.shareIndex, hi.shareIndex);
    const next = pairsOf(said).find((pair) => mayRenew(pair) && !tried.has(partOf(pair)));
    if (next === undefined) return false;
    // One that fails keeps no other pair from its renewal.
    tried.add(partOf(next));
    await renewPair({ account: about.account, key: said.key }, next);
    return true;
  }

  async function runQueue(): Promise<void> {
    const { signal, logger } = contextOf();
    for (const [name, about] of queued) {
      const tried = new Set<string>();
      for (let goesOn = true; goesOn && !signal.aborted; ) {
        await after(behindMs, undefined, { signal }).catch(() => undefined);
        goesOn =
          !signal.aborted &&
          (await renewNext(about, tried).catch((error: unknown) => {
            if (!signal.aborted)
              logger.warn({ code: asCovaultError(error)?.code, account_id: about.account.account_id }, "pairs are not renewed yet");
            return false;
          }));
      }
      queued.delete(name);
    }
  }

  function behind(about: ActiveAccount): void {
    if (about.key.charter.custody !== "server") return;
    queued.set(hex(about.key.charter.keyId), about);
    if (isQueueRunning) return;
    isQueueRunning = true;
    run(() =>
      runQueue().finally(() => {
        isQueueRunning = false;
      }),
    );
  }

  return {
    want(about, pairs) {
      const { key } = about;
      if (key.charter.custody !== "server") return;
      const now = performance.now();
      const fresh = pairs.filter(([one = 0, other = 0]) => {
        const name = `${hex(key.charter.keyId)} ${pairPart(one, other)}`;
        const isFresh = now - (wanted.get(name) ?? Number.NEGATIVE_INFINITY) >= askAgainMs;
        if (isFresh) wanted.set(name, now);
        return isFresh;
      });
      if (wanted.size > 1_000) wanted.clear();
      if (fresh.length > 0) run(() => renewWanted(about, fresh));
    },
    behind,
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
