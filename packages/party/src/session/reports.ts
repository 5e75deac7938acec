// What one attempt says of itself: to the coordinator, and to the operator's counters and log.
import { create } from "@bufbuild/protobuf";
import type { ErrorCode } from "@covault/errors";
import { AbortedSchema, ProgressSchema, SessionResultSchema } from "@covault/wire";
import type { PartyContext } from "../context.ts";
import type { DropReason } from "../events.ts";
import type { SignedBefore } from "../ports/store.ts";
import { storesRounds } from "../protocols/protocol.ts";
import type { Failure } from "../run/failure.ts";
import { accuse } from "./accusation.ts";
import type { Attempt } from "./attempt.ts";
import { type Body, coordinator, envelope, post, ttlMs } from "./mail.ts";

export class Reports {
  readonly #context: PartyContext;
  readonly #attempt: Attempt;

  constructor(context: PartyContext, attempt: Attempt) {
    this.#context = context;
    this.#attempt = attempt;
  }

  /** The messages of `round` are sent. */
  progress(round: number): void {
    this.#tell({ case: "progress", value: create(ProgressSchema, { ...this.#ids(), round }) });
  }

  /** Still without these members' messages of `round`: signed, since the coordinator keeps us apart from them in the next attempt. */
  waiting(round: number, missing: readonly number[]): void {
    if (missing.length === 0) return;
    const { sessionId, rid } = this.#attempt;
    const code = "coordinator/no-progress" satisfies ErrorCode;
    const accusation = accuse(this.#context, "progress", { sessionId, rid, code, round, culprits: missing, consequence: "retry" });
    this.#tell({ case: "progress", value: create(ProgressSchema, { ...this.#ids(), round, ...accusation }) });
  }

  /** `attempt`: in which it was made. */
  signed({ attempt, signature }: SignedBefore): void {
    this.#tell({ case: "result", value: create(SessionResultSchema, { ...this.#ids(), attempt, signatures: [signature] }) });
    this.say("signed");
  }

  /** The code tells what the coordinator must do; which check failed stays here. Gives the report as it was sent. */
  aborted(round: number, { code, message, culprits, consequence }: Failure): Uint8Array {
    const { sessionId, attempt, rid } = this.#attempt;
    const accusation = accuse(this.#context, "aborted", { sessionId, rid, code, round, culprits, consequence: consequence ?? "retry" });
    const said = this.#tell({ case: "aborted", value: create(AbortedSchema, { ...this.#ids(), round, code, ...accusation }) });
    this.#context.observe({ kind: "aborted", sessionId, attempt, code, message, round, culprits, burn: consequence === "burn" });
    return said;
  }

  say(kind: "started" | "resumed" | "signed" | "staged" | "cancelled"): void {
    const { sessionId, attempt } = this.#attempt;
    this.#context.observe({ kind, sessionId, attempt });
  }

  drop(reason: DropReason): void {
    this.#context.observe({ kind: "dropped", reason, sessionId: this.#attempt.sessionId });
  }

  failed(error: unknown): void {
    this.#context.observe({ kind: "failed", error, sessionId: this.#attempt.sessionId });
  }

  #tell(body: Body): Uint8Array {
    const bytes = envelope(body);
    post(this.#context, coordinator, bytes, storesRounds(this.#attempt.protocol) ? ttlMs.stored : ttlMs.signing);
    return bytes;
  }

  #ids() {
    const { sessionId, attempt, rid } = this.#attempt;
    return { sessionId, attempt, rid };
  }
}
