// What the handlers of the routes are given.
import type { Presence } from "@covault/service-kit/messages";
import type { Roster } from "@covault/wire";
import type { AskExports } from "../exports/ask-exports.ts";
import type { AskHolders } from "../holdings/ask-holders.ts";
import type { AskImportRecipients } from "../imports/ask-import-recipients.ts";
import type { KeyChains } from "../key-chains.ts";
import type { SessionWatch } from "../session-watch.ts";
import type { Sessions } from "../sessions.ts";
import type { EventStore } from "../store/event-store.ts";

export interface RouteParts {
  readonly sessions: Sessions;
  readonly sessionWatch: SessionWatch;
  readonly chains: KeyChains;
  readonly askHolders: AskHolders;
  readonly askExports: AskExports;
  readonly askImportRecipients: AskImportRecipients;
  readonly askBackups: AskHolders;
  readonly store: EventStore;
  readonly presence: Presence;
  /** Throws, and says "ask again", while no message could reach a party. */
  readonly reachesParties: () => Promise<void>;
  /**
   * The verified roster that counts now. Throws trust/roster-behind when another replica has gone
   * beyond it.
   */
  readonly roster: () => Roster;
  /** The roster that is here, to show it. */
  readonly heldRoster: () => Roster;
  readonly nowMs: () => number;
  /** Aborted when the service stops. Then long polls and streams end. */
  readonly stopping: AbortSignal;
}
