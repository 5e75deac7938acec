// This file logs what a new roster means for the accounts that are there: the parties that it has
// removed, and how many accounts of each sign on without it.
import { asCovaultError } from "@covault/errors";
import { isStillHolder, type LiveRoster, speakerOf } from "@covault/trust";
import type { Roster } from "@covault/wire";
import type { AccountContext } from "../context.ts";
import { checkSpeaks } from "../intent/initiator.ts";
import { heldAccounts } from "./held-accounts.ts";

export interface RosterWatch {
  /** Resolves when no count is under way any more. */
  readonly stop: () => Promise<void>;
}

export function watchRoster(context: AccountContext, roster: LiveRoster): RosterWatch {
  let counting: Promise<void> = Promise.resolve();
  const end = roster.onChange((now, before) => {
    const facts = { roster_serial: String(now.serial) };
    try {
      checkSpeaks(now, context.initiator, context.nowMs());
    } catch (error) {
      context.logger.error(
        { ...facts, code: asCovaultError(error)?.code },
        asCovaultError(error)?.message ?? "INITIATOR_KEY asks for nothing",
      );
    }
    for (const partyId of removedBy(now, before, context.nowMs())) counting = counting.then(() => count(context, partyId));
  });
  return {
    stop() {
      end();
      return counting;
    },
  };
}

/** Gives the parties that the roster before had at this time, and that this one has no more. */
function removedBy(now: Roster, before: Roster, nowMs: number): readonly string[] {
  return before.parties
    .filter((party) => isStillHolder(before, party, nowMs) && speakerOf(now, party, nowMs) === undefined)
    .map(({ partyId }) => partyId);
}

async function count(context: AccountContext, partyId: string): Promise<void> {
  const { logger, signal } = context;
  const counts = { signs: 0, reconfigure: 0, blocked: 0, altered: 0 };
  try {
    for await (const held of heldAccounts(context, partyId)) {
      if (signal.aborted) return;
      counts["altered" in held ? "altered" : held.verdict] += 1;
    }
    const { signs, reconfigure, blocked, altered } = counts;
    const facts = { party_id: partyId, sign_on: signs, need_configuration: reconfigure, cannot_sign: blocked, altered };
    logger[blocked + reconfigure > 0 ? "error" : "warn"](
      facts,
      "the roster has removed a party: covault party accounts lists its accounts",
    );
  } catch (error) {
    logger.error({ party_id: partyId, code: asCovaultError(error)?.code }, "the accounts of a removed party were not counted");
  }
}
