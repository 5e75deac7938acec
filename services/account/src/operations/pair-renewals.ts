// The service makes pairs anew by itself that are lost, in doubt or struck (dkls23-spec 7.1, 9):
// first the one that a signature waits for, and then the others of the key, one after the other, so
// that signing goes first. No key waits for another one. After a failed check people say so first.
// Only keys of the custody `server` are meant.
import { setTimeout as after } from "node:timers/promises";
import { asCovaultError, CovaultError, type ErrorCode } from "@covault/errors";
import type { AccountContext } from "../context.ts";
import { pairPart } from "../intent/subject-of.ts";
import { hex } from "../keys/account-key.ts";
import { atMost } from "./at-most.ts";
import { askHolders } from "./continuing.ts";
import type { ActiveAccount } from "./operation.ts";
import { hasQuorumWithout, obstaclesOf, type Signers } from "./pair-obstacles.ts";
import { areThere, generationMax, hasFailed, isRenewable, isUsable, nextGeneration, type PairOutlook, pairsOf } from "./pair-standings.ts";
import { renew } from "./renew.ts";
import { type Allowance, allowanceOf } from "./renewal-allowance.ts";
import { finish, launch } from "./run.ts";

/** The pause before the next pair of a key that nobody waits for. */
const behindMs = 1_000;
/** A signature that goes on waiting asks again after this time. */
const askAgainMs = 5_000;
/** What was not asked for again in this time is not waited for any more. */
const goneMs = 15_000;
/** So many pairs are told of in one message. */
const pairsToldMax = 4;
/** So many keys have a pair that nobody waits for made anew at once. */
const atOnceMax = 16;

/** The share indices of the two ends of a pair. */
type Ends = readonly number[];

/** The parts of a key that a signature waits for, and those of them that it asked for before. */
interface Wanted {
  readonly parts: ReadonlySet<string>;
  readonly again: ReadonlySet<string>;
  readonly signers: Signers;
  readonly giveUp: (why: string) => void;
}

export interface PairRenewals {
  /**
   * Makes these pairs anew, for a signature by these signers that waits for them. It returns at
   * once. `giveUp` hears later why no quorum of them can sign until people act.
   */
  readonly want: (about: ActiveAccount, pairs: readonly Ends[], signers: Signers, giveUp: (why: string) => void) => void;
  /** Makes all pairs of the key anew that want it, behind everything else. It returns at once. */
  readonly behind: (about: ActiveAccount) => void;
  /**
   * Makes the pairs between these parties anew which both their ends call usable, for a coordinator
   * that does not. It returns at once.
   */
  readonly certifyAgain: (about: ActiveAccount, parties: readonly string[]) => void;
  /** Resolves when nothing is under way. It never throws. */
  readonly idle: () => Promise<void>;
}

/** Whether the system may make the pair anew by itself, as its ends say. */
export const mayRenew = (pair: PairOutlook): boolean => isRenewable(pair) && canRenew(pair);

const canRenew = (pair: PairOutlook): boolean => areThere(pair) && nextGeneration(pair) <= generationMax;

const partOf = ({ lo, hi }: PairOutlook): string => pairPart(lo.shareIndex, hi.shareIndex);

const underWayAlready = (text: string): CovaultError => new CovaultError("account/lifecycle-running", text);

/** Gives the renewal that begins only while the pair is as it was `seen`, and while it may. */
function renewalOf(seen: PairOutlook, allowed: () => Promise<Allowance>): typeof renew {
  return {
    ...renew,
    async intent(context, ...asked) {
      const action = await renew.intent(context, ...asked);
      // Another replica may have begun and ended one while the holders were asked.
      if (action.value.generation !== nextGeneration(seen)) throw underWayAlready("The pair was made anew meanwhile.");
      if ((await allowed()) !== "now") throw underWayAlready("The pair was to be made anew by another replica meanwhile.");
      return action;
    },
  };
}

export function pairRenewals(contextOf: () => AccountContext): PairRenewals {
  /** When a pair was last wanted, by key and part. Only a bounded number is kept. */
  const wanted = new Map<string, number>();
  /** The keys whose pairs are made anew behind everything else. */
  const queued = new Set<string>();
  const inTurn = atMost(atOnceMax);
  const underWay = new Set<Promise<void>>();

  function run(work: () => Promise<void>): void {
    const { logger, signal } = contextOf();
    const running = work()
      .catch((error: unknown) => {
        if (!signal.aborted) logger.warn({ code: asCovaultError(error)?.code, err: error }, "a pair is not renewed by itself");
      })
      .finally(() => underWay.delete(running));
    underWay.add(running);
  }

  /**
   * Renews one pair, if it may be, and follows it to its end. Gives when the next one may begin, of
   * a pair that is not made anew because an end was restored a moment ago.
   */
  async function renewPair({ account, key }: ActiveAccount, pair: PairOutlook): Promise<Allowance> {
    const context = contextOf();
    const { lo, hi } = pair;
    const allowed = (): Promise<Allowance> => allowanceOf(context, { keyId: key.charter.keyId, part: partOf(pair) });
    const facts = { account_id: account.account_id, key_id: hex(key.charter.keyId), parties: [lo.partyId, hi.partyId] };
    const allowance = await allowed();
    if (allowance === "not today") context.logger.error(facts, "a pair was renewed too often in a day: find out why it does not last");
    if (allowance !== "now") return allowance;
    context.logger.info(facts, "a pair is renewed");
    const request = { account, key, parties: [lo.partyId, hi.partyId] as const };
    const scope = { tenantId: account.tenant_id, route: "by itself", key: undefined, bodyHash: Buffer.alloc(0) };
    const actor = { kind: "service", id: context.initiator.id } as const;
    try {
      const subject = await launch(context, renewalOf(pair, allowed), request, { account, key }, { ...scope, actor });
      await finish(context, subject, "attach");
    } catch (error) {
      if (asCovaultError(error)?.code !== ("account/lifecycle-running" satisfies ErrorCode)) throw error;
      context.logger.info(facts, "the pair is renewed by another request or replica");
    }
    return allowed();
  }

  async function renewWanted({ account, key }: ActiveAccount, { parts, again, signers, giveUp }: Wanted): Promise<void> {
    const context = contextOf();
    const said = await askHolders(context, account, key);
    const about = { account, key: said.key };
    const pairs = pairsOf(said);
    const obstacles = await obstaclesOf(context, about, pairs, again);
    const without = obstacles.map(({ pair }) => pair);
    const isHopeless = without.length > 0 && !hasQuorumWithout(said.key, signers, without);
    const advice = obstacles.slice(0, pairsToldMax).map((obstacle) => obstacle.advice);
    if (isHopeless) giveUp(`No quorum of this key signs until people act. ${advice.join(" ")}`);
    else if (key.charter.custody === "server") {
      // The coordinator has the word of a party that the pair is lost. It may be an old one, of a
      // pair whose certificate never reached the coordinator, and then only a new one helps. But a
      // certificate may also be on its way, so it has to ask twice.
      const isWanted = (pair: PairOutlook): boolean => parts.has(partOf(pair)) && (isRenewable(pair) || again.has(partOf(pair)));
      const outlooks = pairs.filter((pair) => isWanted(pair) && !hasFailed(pair) && canRenew(pair));
      await Promise.all(outlooks.map((pair) => renewPair(about, pair)));
    }
    behind(about);
  }

  /**
   * Renews one pair of the key, of those whose time has come. `dueAtMs` has the times of those that
   * were tried. Gives the pause before the next one, or undefined when none is left.
   */
  async function renewNext(about: ActiveAccount, dueAtMs: Map<string, number>): Promise<number | undefined> {
    const said = await askHolders(contextOf(), about.account, about.key);
    const dueOf = (pair: PairOutlook): number => dueAtMs.get(partOf(pair)) ?? 0;
    const [next] = pairsOf(said)
      .filter((pair) => mayRenew(pair) && dueOf(pair) < Number.POSITIVE_INFINITY)
      .sort((a, b) => dueOf(a) - dueOf(b));
    if (next === undefined) return undefined;
    const waitMs = dueOf(next) - performance.now();
    if (waitMs > 0) return waitMs;
    // One that fails keeps no other pair from its renewal.
    dueAtMs.set(partOf(next), Number.POSITIVE_INFINITY);
    const allowance = await renewPair({ account: about.account, key: said.key }, next);
    if (typeof allowance === "object") dueAtMs.set(partOf(next), performance.now() + allowance.inMs);
    return 0;
  }

  async function renewAll(about: ActiveAccount): Promise<void> {
    const { signal, logger } = contextOf();
    const dueAtMs = new Map<string, number>();
    let pauseMs: number | undefined = 0;
    while (pauseMs !== undefined) {
      await after(Math.max(behindMs, pauseMs), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      pauseMs = await inTurn(() => renewNext(about, dueAtMs)).catch((error: unknown) => {
        const facts = { code: asCovaultError(error)?.code, account_id: about.account.account_id };
        if (!signal.aborted) logger.warn(facts, "pairs are not renewed yet");
        return undefined;
      });
    }
  }

  function behind(about: ActiveAccount): void {
    const name = hex(about.key.charter.keyId);
    if (about.key.charter.custody !== "server" || queued.has(name)) return;
    queued.add(name);
    run(() => renewAll(about).finally(() => queued.delete(name)));
  }

  return {
    want(about, pairs, signers, giveUp) {
      const now = performance.now();
      const nameOf = (part: string): string => `${hex(about.key.charter.keyId)} ${part}`;
      const sinceMs = (part: string): number => now - (wanted.get(nameOf(part)) ?? Number.NEGATIVE_INFINITY);
      const parts = pairs.map(([one = 0, other = 0]) => pairPart(one, other)).filter((part) => sinceMs(part) >= askAgainMs);
      if (parts.length === 0) return;
      const again = new Set(parts.filter((part) => sinceMs(part) < goneMs));
      for (const part of parts) wanted.set(nameOf(part), now);
      if (wanted.size > 1_000) wanted.clear();
      run(() => renewWanted(about, { parts: new Set(parts), again, signers, giveUp }));
    },
    behind,
    certifyAgain(about, parties) {
      const isNamed = ({ lo, hi }: PairOutlook): boolean => parties.includes(lo.partyId) && parties.includes(hi.partyId);
      if (about.key.charter.custody !== "server") return;
      run(async () => {
        const said = await askHolders(contextOf(), about.account, about.key);
        for (const pair of pairsOf(said).filter((one) => isNamed(one) && isUsable(one) && canRenew(one)))
          await renewPair({ account: about.account, key: said.key }, pair);
      });
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
