// Invites, each to its end: admitted and joined, or declined with the reason.
import { hex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import type { Invite } from "@covault/wire";
import { type AttemptOwner, AttemptRun } from "../attempt/attempt-run.ts";
import type { AttemptTerms } from "../attempt/attempt-terms.ts";
import type { Attempts } from "../attempt/attempts.ts";
import { coordinator } from "../attempt/mail.ts";
import type { PartyDeps } from "../deps.ts";
import { reportHolding } from "../holding.ts";
import { roundsOf } from "../protocols/protocol.ts";
import { wasRestored } from "../restored.ts";
import { admit } from "./admit.ts";
import { sendCommitted, sendDecline, sendJoin, sendSigned } from "./answer.ts";
import { makeJoin } from "./join.ts";
import type { Adopter } from "./signing-key.ts";

export class Invites {
  readonly #deps: PartyDeps;
  readonly #attempts: Attempts;
  readonly #owner: AttemptOwner;
  readonly #commits: Adopter;
  /** The routing ids of invites that are being answered. */
  readonly #joining = new Set<string>();

  constructor(deps: PartyDeps, attempts: Attempts, owner: AttemptOwner, commits: Adopter) {
    this.#deps = deps;
    this.#attempts = attempts;
    this.#owner = owner;
    this.#commits = commits;
  }

  /** Answers an invite. Never throws. */
  async take(invite: Invite): Promise<void> {
    const name = hex(invite.rid);
    if (this.#joining.has(name) || this.#joinAgain(invite)) return;
    this.#joining.add(name);
    try {
      if (this.#attempts.size + this.#joining.size > this.#deps.limits.sessionsMax)
        throw new CovaultError("party/busy", "This party runs as many sessions as it may.");
      // Without its lease this process can hold no attempt, and this throws.
      this.#deps.instance.tenure;
      const admission = await admit(this.#deps, this.#commits, invite);
      if (admission.kind === "burned") {
        const { partners } = admission;
        const error = new CovaultError("party/pair-burned", `The pair with party ${partners.join(", ")} is burned.`);
        sendDecline(this.#deps, invite, error, partners);
      } else if (admission.kind === "struck") {
        const { partners } = admission;
        const message = `Strikes have burned the pair with party ${partners.join(", ")}.`;
        sendDecline(this.#deps, invite, new CovaultError("party/strikes", message), partners);
      } else if (admission.kind === "lost") {
        const { partners } = admission;
        const message = `This party has no usable pair with party ${partners.join(", ")}: it is lost, or its renewal is not certified yet.`;
        sendDecline(this.#deps, invite, new CovaultError("party/pairs-missing", message), partners);
      } else if (admission.kind === "behind") {
        const message = `Epoch ${admission.key.epochNumber} of the key is committed here, and the invite is for another one.`;
        await sendCommitted(this.#deps, admission.key, invite.epoch);
        sendDecline(this.#deps, invite, new CovaultError("party/epoch-behind", message));
      } else if (admission.kind === "held") {
        // Whoever did not hear of the end of the repair learns of it by this.
        await reportHolding(this.#deps, { keyId: admission.key.charter.keyId, nonce: invite.rid }, coordinator);
        sendDecline(this.#deps, invite, new CovaultError("party/share-held", "This party has its share of that epoch, and it opens."));
      } else if (admission.kind === "signed") sendSigned(this.#deps, invite, admission.before);
      else if (admission.kind === "admitted") await this.#join(invite, admission.terms);
    } catch (error) {
      sendDecline(this.#deps, invite, error);
    } finally {
      this.#joining.delete(name);
    }
  }

  /**
   * Sends the join again of an attempt that this party has joined, since it may have been lost.
   * Gives false when the attempt is not known here.
   */
  #joinAgain(invite: Invite): boolean {
    const known = this.#attempts.get(invite.rid);
    const { terms } = known?.run ?? {};
    if (known === undefined || terms?.sessionId !== invite.sessionId || terms.attempt !== invite.attempt) return false;
    if (known.ownJoin !== undefined && known.run.waiting) sendJoin(this.#deps, invite, known.ownJoin);
    return true;
  }

  async #join(invite: Invite, terms: AttemptTerms): Promise<void> {
    if (this.#attempts.get(terms.rid) !== undefined)
      throw new CovaultError("party/intent-replayed", "The routing id is that of another attempt that runs here.");
    // One attempt of a session waits for its start at a time. Attempts that have started end when
    // this one starts, and not on the word of an invite.
    for (const other of this.#attempts.ofSession(terms.sessionId)) if (other.waiting) other.end("cancelled");
    const secrets = this.#deps.runner.open(roundsOf(terms.protocol));
    try {
      const join = await makeJoin(this.#deps, terms, secrets);
      // From here to its place among the attempts that run nothing is awaited, so that a restore
      // that is noticed later ends it there.
      if (this.#deps.restores.era !== terms.era) throw wasRestored();
      this.#attempts.add(new AttemptRun(this.#deps, this.#owner, terms, secrets), join);
      sendJoin(this.#deps, invite, join);
    } catch (error) {
      secrets.end();
      throw error;
    }
  }
}
