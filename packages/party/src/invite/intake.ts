// An invite to its end: admitted and joined, or declined with the reason.
import { hex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import type { Invite } from "@covault/wire";
import type { PartyContext } from "../context.ts";
import { wasRestored } from "../restored.ts";
import type { Attempt } from "../session/attempt.ts";
import { Session, type SessionOwner } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import { admit } from "./admit.ts";
import { sendCommitted, sendDecline, sendJoin, sendSigned } from "./answer.ts";
import { makeJoin } from "./join.ts";
import type { Adopts } from "./signing-key.ts";

export class Intake {
  readonly #context: PartyContext;
  readonly #sessions: Sessions;
  readonly #owner: SessionOwner;
  readonly #commits: Adopts;
  /** Routing ids of invites that are being answered. */
  readonly #joining = new Set<string>();

  constructor(context: PartyContext, sessions: Sessions, owner: SessionOwner, commits: Adopts) {
    this.#context = context;
    this.#sessions = sessions;
    this.#owner = owner;
    this.#commits = commits;
  }

  /** Never throws. */
  async take(invite: Invite): Promise<void> {
    const name = hex(invite.rid);
    if (this.#joining.has(name) || this.#joinAgain(invite)) return;
    this.#joining.add(name);
    try {
      if (this.#sessions.size + this.#joining.size > this.#context.limits.sessionsMax)
        throw new CovaultError("party/busy", "This party runs as many sessions as it may.");
      // Without its lease this process can hold no attempt.
      this.#context.instance.tenure;
      const admission = await admit(this.#context, this.#commits, invite);
      if (admission.kind === "burned") {
        const { partners } = admission;
        const error = new CovaultError("party/pair-burned", `The pair with party ${partners.join(", ")} is burned in this epoch.`);
        sendDecline(this.#context, invite, error, partners);
      } else if (admission.kind === "lost") {
        const message = "This party's store was restored from a backup: its pairs of this epoch are lost, and it cannot sign.";
        sendDecline(this.#context, invite, new CovaultError("party/pairs-missing", message), admission.partners);
      } else if (admission.kind === "behind") {
        const message = `Epoch ${admission.key.epochNumber} of the key is committed here, and another one should sign.`;
        await sendCommitted(this.#context, admission.key, invite.epoch);
        sendDecline(this.#context, invite, new CovaultError("party/epoch-behind", message));
      } else if (admission.kind === "signed") sendSigned(this.#context, invite, admission.before);
      else if (admission.kind === "admitted") await this.#join(invite, admission.attempt);
    } catch (error) {
      sendDecline(this.#context, invite, error);
    } finally {
      this.#joining.delete(name);
    }
  }

  /** An attempt that this party has joined: its join may have been lost. */
  #joinAgain(invite: Invite): boolean {
    const known = this.#sessions.get(invite.rid);
    const { attempt } = known?.session ?? {};
    if (known === undefined || attempt?.sessionId !== invite.sessionId || attempt.attempt !== invite.attempt) return false;
    if (known.ownJoin !== undefined && known.session.waiting) sendJoin(this.#context, invite, known.ownJoin);
    return true;
  }

  async #join(invite: Invite, attempt: Attempt): Promise<void> {
    if (this.#sessions.get(attempt.rid) !== undefined)
      throw new CovaultError("party/intent-replayed", "The routing id is that of another attempt that runs here.");
    // One attempt of a session waits for its start at a time. Those that have started end when this one starts, not on an invite's word.
    for (const other of this.#sessions.ofSession(attempt.sessionId)) if (other.waiting) other.end("cancelled");
    const run = this.#context.runner.open();
    try {
      const join = await makeJoin(this.#context, attempt, run);
      // From here to its place among those that run nothing is awaited: a restore that is noticed later ends it there.
      if (this.#context.restores.era !== attempt.era) throw wasRestored();
      this.#sessions.add(new Session(this.#context, this.#owner, attempt, run), join);
      sendJoin(this.#context, invite, join);
    } catch (error) {
      run.end();
      throw error;
    }
  }
}
