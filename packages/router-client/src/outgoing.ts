// Messages on their way to the router. They are kept until the router answers, and sent again on
// the next stream under the same id. Never more are under way at once than the router's window, and
// never more wait than a bound.
import { CovaultError, codes, type ErrorCode } from "@covault/errors";
import type { Address, Clock, Entropy } from "@covault/party";
import { frameOverheadBytes, newId } from "@covault/wire";
import { encodeFrame } from "./frames.ts";

export interface OutgoingBounds {
  /** The most messages without their answer. */
  readonly pendingMax: number;
  /** The least time that a message may wait for the router itself, whatever its `ttlMs`. */
  readonly answerMs: number;
}
/** A stream that stands. */
export interface Line {
  readonly write: (frame: Uint8Array) => void;
  readonly frameBytesMax: number;
  readonly unacknowledgedMax: number;
}

interface Pending {
  readonly messageId: string;
  readonly frame: Uint8Array;
  readonly settle: (error?: CovaultError) => void;
  sent: boolean;
}

export class Outgoing {
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #bounds: OutgoingBounds;
  readonly #pending = new Map<string, Pending>();
  #waiting: Pending[] = [];
  #underWay = 0;
  #line: Line | undefined;
  #ended: CovaultError | undefined;

  constructor(clock: Clock, entropy: Entropy, bounds: OutgoingBounds) {
    this.#clock = clock;
    this.#entropy = entropy;
    this.#bounds = bounds;
  }

  send(to: Address, payload: Uint8Array, ttlMs: number): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.#line !== undefined && payload.length > this.#line.frameBytesMax - frameOverheadBytes)
      return Promise.reject(new CovaultError("router/frame-too-large", `The message for ${to.partyId} has ${payload.length} bytes.`));
    if (this.#pending.size >= this.#bounds.pendingMax)
      return Promise.reject(new CovaultError("router/queue-full", `${this.#pending.size} messages wait for the router already.`));
    const messageId = newId("msg", this.#entropy.bytes(10), this.#clock.nowMs());
    const frame = encodeFrame({ case: "send", value: { messageId, to, payload, ttlMs } });
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.timer(Math.max(ttlMs, this.#bounds.answerMs), () => this.#settle(messageId, noAnswer(to)));
      const settle = (error?: CovaultError): void => {
        cancel();
        if (error === undefined) resolve();
        else reject(error);
      };
      const pending: Pending = { messageId, frame, settle, sent: false };
      this.#pending.set(messageId, pending);
      this.#waiting.push(pending);
      this.#flush();
    });
  }

  /**
   * Goes on with a new stream. Every message without its answer goes again, in the order in which
   * it was given.
   */
  attach(line: Line): void {
    this.#line = line;
    this.#underWay = 0;
    for (const pending of this.#pending.values()) pending.sent = false;
    this.#waiting = [...this.#pending.values()];
    this.#flush();
  }

  detach(): void {
    this.#line = undefined;
  }

  accepted(messageId: string): void {
    this.#settle(messageId, undefined);
  }

  rejected(messageId: string, code: string, message: string): void {
    const known: ErrorCode = Object.hasOwn(codes, code) ? (code as ErrorCode) : "router/peer-offline";
    this.#settle(messageId, new CovaultError(known, message === "" ? "The router did not take the message." : message));
  }

  /** Ends everything that waits with this error. No stream will come any more. */
  end(error: CovaultError): void {
    this.#ended = error;
    this.#line = undefined;
    for (const { messageId } of [...this.#pending.values()]) this.#settle(messageId, error);
  }

  #settle(messageId: string, error: CovaultError | undefined): void {
    const pending = this.#pending.get(messageId);
    if (pending === undefined) return;
    this.#pending.delete(messageId);
    if (pending.sent) this.#underWay -= 1;
    pending.settle(error);
    this.#flush();
  }

  #flush(): void {
    const line = this.#line;
    if (line === undefined) return;
    while (this.#waiting.length > 0 && this.#underWay < line.unacknowledgedMax) {
      const next = this.#waiting.shift() as Pending;
      if (!this.#pending.has(next.messageId)) continue;
      next.sent = true;
      this.#underWay += 1;
      line.write(next.frame);
    }
  }
}

const noAnswer = (to: Address): CovaultError =>
  new CovaultError("router/peer-offline", `The router did not answer for a message to ${to.partyId} in time.`);
