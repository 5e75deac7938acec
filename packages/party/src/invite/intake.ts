// An invite to its end: admitted and joined, or declined with the reason.
import { CovaultError } from "@covault/errors";
import type { Invite } from "@covault/wire";
import type { PartyContext } from "../context.ts";
import { wasRestored } from "../restored.ts";
import type { Attempt } from "../session/attempt.ts";
import { Session, type SessionOwner } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import { admit } from "./admit.ts";
import { sendDecline, sendJoin } from "./answer.ts";
import { makeJoin } from "./join.ts";

export class Intake {
  readonly #context: PartyContext;
  readonly #sessions: Sessions;
  readonly #owner: SessionOwner;
  #joining = 0;

  constructor(context: PartyContext, sessions: Sessions, owner: SessionOwner) {
    this.#context = context;
    this.#sessions = sessions;
    this.#owner = owner;
  }

  /** Never throws. */
  async take(invite: Invite): Promise<void> {
    this.#joining += 1;
    try {
      if (this.#sessions.size + this.#joining > this.#context.limits.sessionsMax)
        throw new CovaultError("party/busy", "This party runs as many sessions as it may.");
      const admission = await admit(this.#context, invite);
      if (admission.kind === "burned") {
        const { partners } = admission;
        const error = new CovaultError("party/pair-burned", `The pair with party ${partners.join(", ")} is burned in this epoch.`);
        sendDecline(this.#context, invite, error, partners);
      } else if (admission.kind === "lost") {
        const message = "This party's store was restored from a backup: its pairs of this epoch are lost, and it cannot sign.";
        sendDecline(this.#context, invite, new CovaultError("party/pairs-missing", message), admission.partners);
      } else if (admission.kind === "admitted") await this.#join(invite, admission.attempt);
    } catch (error) {
      sendDecline(this.#context, invite, error);
    } finally {
      this.#joining -= 1;
    }
  }

  async #join(invite: Invite, attempt: Attempt): Promise<void> {
    if (this.#sessions.get(attempt.rid) !== undefined)
      throw new CovaultError("party/intent-replayed", "The routing id is that of another attempt that runs here.");
    // The coordinator has given up the former attempt of this session.
    this.#sessions.ofSession(attempt.sessionId)?.end("cancelled");
    const run = this.#context.runner.open();
    try {
      const join = await makeJoin(this.#context, attempt, run);
      // From here to its place among those that run nothing is awaited: a restore that is noticed later ends it there.
      if (this.#context.restores.era !== attempt.era) throw wasRestored();
      this.#sessions.add(new Session(this.#context, this.#owner, attempt, run), join.body);
      sendJoin(this.#context, invite, join);
    } catch (error) {
      run.end();
      throw error;
    }
  }
}
