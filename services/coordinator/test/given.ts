// Given-when-then over `decide` and `evolve`, so that rules read as sentences.
import { asCovaultError } from "@covault/errors";
import { expect } from "vitest";
import { type Command, type CommandData, defaultLimits, type World } from "../src/session/commands.ts";
import { decide } from "../src/session/decide.ts";
import type { Burn, EventData, EventType, NamedPair, Pair, SessionEvent, TimedEvent } from "../src/session/events.ts";
import { fold } from "../src/session/evolve.ts";
import { outgoing } from "../src/session/outgoing.ts";
import type { Plan } from "../src/session/plan.ts";

/** The time at which the tests begin, in milliseconds since 1970. */
export const t0 = 1_700_000_000_000;
const seats = [1, 2, 3].map((index) => ({ partyId: `p${index}`, shareIndex: index, idpk: String(index).repeat(64) }));
const frame = { sessionId: "ses_1", tenantId: "default", accountId: "acc_1", intentId: "aa".repeat(32), holders: 3, threshold: 2 };

export const signPlan: Plan = {
  ...frame,
  kind: "sign",
  expiresAtMs: t0 + 60_000,
  scheme: "ecdsa-secp256k1",
  seats,
  required: [],
  ackers: [],
  leaving: [],
  key: { keyId: "01".repeat(32), epoch: "02".repeat(32), epochNumber: 0, signsUnder: `02${"03".repeat(32)}` },
};
export const keygenPlan: Plan = {
  ...frame,
  kind: "keygen",
  expiresAtMs: t0 + 300_000,
  scheme: "ecdsa-secp256k1",
  seats,
  required: [],
  ackers: [1, 2, 3],
  leaving: [],
};
/** A refresh, which continues an epoch of the key that `signPlan` signs with. */
export const refreshPlan: Plan = {
  ...keygenPlan,
  kind: "refresh",
  continues: { keyId: "01".repeat(32), epoch: "02".repeat(32), epochNumber: 0 },
};
/** A renewal of the pair of p1 and p2 in that epoch. */
export const renewPlan: Plan = {
  ...keygenPlan,
  kind: "renew",
  seats: seats.slice(0, 2),
  ackers: [1, 2],
  within: { keyId: "01".repeat(32), epoch: "02".repeat(32), epochNumber: 0 },
  generation: 1,
};
/** A repair of the share of p3 by p1 and p2. */
export const repairPlan: Plan = {
  ...keygenPlan,
  kind: "repair",
  ackers: [],
  within: { keyId: "01".repeat(32), epoch: "02".repeat(32), epochNumber: 0 },
  receiver: "p3",
};
export const rid = (n: number) => String(n).padStart(2, "0").repeat(32);

/** `after` is in milliseconds since t0. */
export function at<T extends EventType>(after: number, type: T, data: EventData[T]): TimedEvent {
  return { type, data, atMs: t0 + after } as TimedEvent;
}
export const opened = (plan: Plan) => at(0, "SessionOpened", { plan, intent: "aW50ZW50" });
export const started = (attempt: number, indices: readonly number[], after = 0) =>
  at(after, "AttemptStarted", {
    attempt,
    rid: rid(attempt),
    members: indices.map((index) => ({ partyId: `p${index}`, shareIndex: index })),
  });
export const said = (attempt: number, index: number) => ({ attempt, partyId: `p${index}`, shareIndex: index });
export const joined = (attempt: number, index: number, after = 0) =>
  at(after, "Joined", {
    ...said(attempt, index),
    instanceId: `p${index}-a`,
    join: `join-${attempt}-${index}`,
    fresh: `fresh-${attempt}-${index}`,
  });
const ready = (attempt: number, after = 0) => at(after, "AttemptReady", { attempt });
/** A session that is opened, invited, joined and ready. */
export const running = (plan: Plan, attempt: number, indices: readonly number[]) => [
  opened(plan),
  started(attempt, indices),
  ...indices.map((index) => joined(attempt, index)),
  ready(attempt),
];

interface Surroundings {
  /** Milliseconds since t0. */
  readonly after?: number;
  /** The instances that are connected. Default: p1, p2 and p3 with instances p1-a … */
  readonly present?: World["present"];
  readonly newer?: World["newer"];
  /** Pairs that a failed check has burned. */
  readonly burns?: readonly Pair[];
  /** Pairs that a party has lost. */
  readonly lost?: readonly Pair[];
  /** The newest certified pairs. */
  readonly pairs?: readonly NamedPair[];
  /**
   * Since when this coordinator has not seen a party, in milliseconds since t0, by party id or
   * share index.
   */
  readonly absent?: Readonly<Record<string, number>>;
  readonly limits?: Partial<World["limits"]>;
}
const everybody = [1, 2, 3].map((index) => ({ partyId: `p${index}`, instanceId: `p${index}-a`, load: 0 }));
export const only = (...indices: number[]) => everybody.filter((_, index) => indices.includes(index + 1));

const saidOf = (pairs: readonly Pair[] = [], code: string): Burn[] => pairs.map((pair) => ({ pair, pairId: "", code }));

export function world(around: Surroundings = {}): World {
  return {
    nowMs: t0 + (around.after ?? 0),
    rid: rid(9),
    present: around.present ?? everybody,
    absentSinceMs: new Map(Object.entries(around.absent ?? {}).map(([id, since]) => [/^[0-9]/.test(id) ? `p${id}` : id, t0 + since])),
    newer: around.newer,
    burns: [...saidOf(around.burns, "party/pair-burned"), ...saidOf(around.lost, "party/pairs-missing")],
    pairs: around.pairs ?? [],
    limits: { ...defaultLimits, ...around.limits },
  };
}

export function given(...history: readonly TimedEvent[]) {
  const state = fold(history);
  return {
    when<T extends Command["type"]>(type: T, data: CommandData[T], around: Surroundings = {}) {
      const act = () => decide({ type, data } as Command, state, world(around));
      return {
        /** Expects exactly these events, in this order. */
        thenExactly: (...events: readonly SessionEvent[]) => expect(act()).toEqual(events),
        /** Expects events of these types, in this order. */
        thenTypes: (...types: readonly EventType[]) => expect(act().map((event) => event.type)).toEqual(types),
        /** Expects these fields in the first event of this type. */
        thenHas<E extends EventType>(eventType: E, fields: Partial<EventData[E]>) {
          const events = act();
          expect(events.map(({ type }) => type)).toContain(eventType);
          expect(events.find(({ type }) => type === eventType)?.data).toMatchObject(fields);
        },
        thenNothing: () => expect(act()).toEqual([]),
        thenRefused(code: string) {
          let refused: string | undefined;
          try {
            act();
          } catch (error) {
            refused = asCovaultError(error)?.code;
          }
          expect(refused).toBe(code);
        },
        /** Expects these messages, each as "p1/instance kind". */
        thenSays(...words: readonly string[]) {
          const events = act().map((event) => ({ ...event, atMs: t0 }) as TimedEvent);
          const says = outgoing(events, state).map(({ partyId, instanceId, say }) => `${partyId}/${instanceId} ${say.kind}`);
          expect(says).toEqual(words);
        },
      };
    },
  };
}

export const event = <T extends EventType>(type: T, data: EventData[T]) => ({ type, data }) as SessionEvent;
