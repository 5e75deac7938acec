// Join tokens that count no more before they expire: the one that was used, and those of an attempt that is over. The session's state decides
// without them (it hears no attempt but the one in flight): a store that is away, or has lost everything, costs nothing but this second look.
import { CovaultError } from "@covault/errors";
import type { Revocation } from "@covault/service-kit/messages";
import { decodeJwt } from "jose";
import { type JoinTokens, tokenLifeMs } from "./join-token.ts";
import type { StoredEvent } from "./session/events.ts";
import type { SessionState } from "./session/state.ts";

export interface RevocableTokens extends JoinTokens {
  /** A join or refusal with this token was applied: it was the only one. Never throws. */
  used(token: string): Promise<void>;
  /** Revokes the tokens of the attempts that these events end. Never throws. */
  ended(events: readonly StoredEvent[], state: SessionState): Promise<void>;
}

export interface RevocableTokensOptions {
  readonly tokens: JoinTokens;
  readonly revocation: Revocation;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** The store was away: the state alone decided. */
  readonly onAway: (error: unknown) => void;
}

/** A join waits no longer for the store, and then asks it no more for a while. */
const patienceMs = 250;
const pauseMs = 5_000;

/** `verify` also throws coordinator/token-revoked. */
export function revocableTokens({ tokens, revocation, nowMs, monotonicMs, onAway }: RevocableTokensOptions): RevocableTokens {
  let awayUntilMs = 0;
  async function ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    if (monotonicMs() < awayUntilMs) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error("no answer in time")), patienceMs);
    });
    try {
      return await Promise.race([question(), late]);
    } catch (error) {
      if (monotonicMs() >= awayUntilMs) onAway(error);
      awayUntilMs = monotonicMs() + pauseMs;
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
  return {
    issue: tokens.issue,
    async verify(token, invitation) {
      if (!(await tokens.verify(token, invitation))) return false;
      const { sessionId, attempt, partyId } = invitation;
      if (await ask(() => revocation.isRevoked([tokenName(token), attemptName(sessionId, attempt)])))
        throw new CovaultError(
          "coordinator/token-revoked",
          `The join token of ${partyId} for attempt ${attempt} was used, or the attempt is over.`,
        );
      return true;
    },
    async used(token) {
      const lifeMs = (decodeJwt(token).exp ?? 0) * 1_000 - nowMs();
      await ask(() => revocation.revoke(tokenName(token), lifeMs));
    },
    async ended(events, { plan, attempt, updatedAtMs }) {
      const over = new Set(events.flatMap((event) => overBy(event, attempt?.attempt)));
      if (plan === undefined) return;
      const lifeMs = Math.max(...plan.seats.map((seat) => tokenLifeMs(seat.partyId, plan.expiresAtMs - updatedAtMs)));
      for (const number of over) await ask(() => revocation.revoke(attemptName(plan.sessionId, number), lifeMs));
    },
  };
}

/** `last`: the number of the session's last attempt. */
function overBy(event: StoredEvent, last: number | undefined): readonly number[] {
  if (event.type === "AttemptFailed") return [event.data.attempt];
  const isEnd = event.type === "Completed" || event.type === "SessionFailed" || event.type === "Abandoned";
  return isEnd && last !== undefined ? [last] : [];
}

/** Of a token that was verified. */
const tokenName = (token: string): string => `join/${decodeJwt(token).jti}`;
const attemptName = (sessionId: string, attempt: number): string => `attempt/${sessionId}/${attempt}`;
