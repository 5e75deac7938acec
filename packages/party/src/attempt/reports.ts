// What one attempt reports of itself: to the coordinator, and to the operator's counters and log.
import { create } from "@bufbuild/protobuf";
import type { ErrorCode } from "@covault/errors";
import { AbortedSchema, ProgressSchema, SessionResultSchema } from "@covault/wire";
import type { PartyDeps } from "../deps.ts";
import type { DropReason } from "../events.ts";
import type { SignedBefore } from "../ports/store.ts";
import { storesRounds } from "../protocols/protocol.ts";
import type { Failure } from "../run/failure.ts";
import { accuse } from "./accusation.ts";
import type { AttemptTerms } from "./attempt-terms.ts";
import { type Body, coordinator, envelope, post, ttlMs } from "./mail.ts";

export class Reports {
  readonly #deps: PartyDeps;
  readonly #terms: AttemptTerms;

  constructor(deps: PartyDeps, terms: AttemptTerms) {
    this.#deps = deps;
    this.#terms = terms;
  }

  /** Reports that the messages of `round` are sent. */
  progress(round: number): void {
    this.#report({ case: "progress", value: create(ProgressSchema, { ...this.#ids(), round }) });
  }

  /**
   * Reports that these members' messages of `round` are still missing. The report is signed, since
   * the coordinator keeps this party apart from them in the next attempt.
   */
  waiting(round: number, missing: readonly number[]): void {
    if (missing.length === 0) return;
    const { sessionId, rid } = this.#terms;
    const code = "coordinator/no-progress" satisfies ErrorCode;
    const accusation = accuse(this.#deps, "progress", { sessionId, rid, code, round, culprits: missing, consequence: "retry" });
    this.#report({ case: "progress", value: create(ProgressSchema, { ...this.#ids(), round, ...accusation }) });
  }

  /** Reports a signature. `attempt` is the number of the attempt that made it. */
  signed({ attempt, signature }: SignedBefore): void {
    this.#report({ case: "result", value: create(SessionResultSchema, { ...this.#ids(), attempt, signatures: [signature] }) });
    this.note("signed");
  }

  /**
   * Reports an abort, and gives the report as it was sent. The code tells the coordinator what to
   * do. Which check failed stays here.
   */
  aborted(round: number, { code, message, culprits, consequence }: Failure): Uint8Array {
    const { sessionId, attempt, rid } = this.#terms;
    const accusation = accuse(this.#deps, "aborted", { sessionId, rid, code, round, culprits, consequence: consequence ?? "retry" });
    const report = this.#report({ case: "aborted", value: create(AbortedSchema, { ...this.#ids(), round, code, ...accusation }) });
    this.#deps.observe({ kind: "aborted", sessionId, attempt, code, message, round, culprits, burn: consequence === "burn" });
    return report;
  }

  note(kind: "started" | "resumed" | "signed" | "staged" | "repaired" | "helped" | "cancelled"): void {
    const { sessionId, attempt } = this.#terms;
    this.#deps.observe({ kind, sessionId, attempt });
  }

  drop(reason: DropReason): void {
    this.#deps.observe({ kind: "dropped", reason, sessionId: this.#terms.sessionId });
  }

  failed(error: unknown): void {
    this.#deps.observe({ kind: "failed", error, sessionId: this.#terms.sessionId });
  }

  #report(body: Body): Uint8Array {
    const bytes = envelope(body);
    post(this.#deps, coordinator, bytes, storesRounds(this.#terms.protocol) ? ttlMs.stored : ttlMs.signing);
    return bytes;
  }

  #ids() {
    const { sessionId, attempt, rid } = this.#terms;
    return { sessionId, attempt, rid };
  }
}
