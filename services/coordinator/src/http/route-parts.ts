// What the routes are given, and the schemas that several of them use.
import { refusal } from "@covault/service-kit/http";
import type { Presence } from "@covault/service-kit/messages";
import type { Roster } from "@covault/wire";
import { z } from "zod";
import type { KeyChains } from "../key-chains.ts";
import { sessionIdForm } from "../session/plan.ts";
import type { SessionWatch } from "../session-watch.ts";
import type { Sessions } from "../sessions.ts";
import type { EventStore } from "../store/event-store.ts";

export interface RouteParts {
  readonly sessions: Sessions;
  readonly sessionWatch: SessionWatch;
  readonly chains: KeyChains;
  readonly store: EventStore;
  readonly presence: Presence;
  /** Throws, and says "ask again", while no message could reach a party. */
  readonly reachesParties: () => Promise<void>;
  /** The verified roster that counts now. */
  readonly roster: () => Roster;
  readonly nowMs: () => number;
  /** Aborted when the service stops. Then long polls and streams end. */
  readonly stopping: AbortSignal;
}

export const sessionId = z.string().regex(sessionIdForm, "expected a session id: 1..64 letters, digits, _ . -");
export const sessionParams = z.object({ id: sessionId });
/** A statement in standard base64. */
export const statement = z.base64("expected base64").max(700_000, "expected at most 700000 characters").min(4, "expected base64");
/** The refusal of routes that have a session's id. */
export const noSuchSession = { 404: refusal("There is no such session") };
