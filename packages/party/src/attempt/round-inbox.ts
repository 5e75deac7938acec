// The round messages that arrive for one attempt (dkls23-spec 0.5): one message per (from, round),
// at most one round ahead, exact lengths before anything is kept, and the sender only by its
// signature. What does not fit is dropped and counted, and ends nothing.

import { verifyRound } from "@covault/channel";
import { same } from "@covault/crypto";
import type { ErrorCode } from "@covault/errors";
import { decodeHeader, headerBytes, type MessageHeader, type RoundMessage } from "@covault/wire";
import type { DropReason } from "../events.ts";
import type { SealedMessage, Shape } from "../run/runner.ts";

const tagBytes = 16;
/**
 * The most bytes of a message that comes before there is a machine, when its lengths are unknown.
 * No round 1 is longer.
 */
const earlyBytesMax = 1 << 18;

export type Kept =
  | { readonly kind: "kept" }
  | { readonly kind: "dropped"; readonly reason: DropReason }
  | { readonly kind: "abort"; readonly code: ErrorCode };

export interface RoundInboxSetup {
  readonly protocolCode: number;
  readonly rid: Uint8Array;
  readonly self: number;
  /** The identity keys of the other members, by share index. */
  readonly peers: ReadonlyMap<number, Uint8Array>;
}

const dropped = (reason: DropReason): Kept => ({ kind: "dropped", reason });
const kept: Kept = { kind: "kept" };

export class RoundInbox {
  readonly #setup: RoundInboxSetup;
  readonly #rounds = new Map<number, Map<number, RoundMessage>>();
  #shape: Shape | undefined;
  #round = 0;

  constructor(setup: RoundInboxSetup) {
    this.#setup = setup;
  }

  /**
   * There is a machine now, and the messages of `round` were sent. Gives the verdicts on what came
   * early.
   */
  begin(shape: Shape, round: number): readonly Kept[] {
    const early = [...(this.#rounds.get(1)?.values() ?? [])];
    this.#rounds.clear();
    this.#shape = shape;
    this.#round = round;
    return early.map((message) => this.take(message));
  }

  /** The messages of `round` were sent, and those of the peers are waited for now. */
  turn(round: number): void {
    this.#round = round;
  }

  take(message: RoundMessage): Kept {
    const { header: bytes, sealed } = message;
    if (bytes.length === headerBytes && bytes[0] !== 1) return this.#otherVersion(message);
    const header = decodeHeader(bytes);
    if (header === undefined) return dropped("malformed");
    const idpk = this.#setup.peers.get(header.from);
    if (!same(header.rid, this.#setup.rid)) return dropped("unknown-session");
    if (idpk === undefined) return dropped("wrong-sender");
    if (header.to !== this.#setup.self) return dropped("wrong-receiver");
    if (header.protocol !== this.#setup.protocolCode) return dropped("wrong-protocol");
    const misfit = this.#misfit(header, sealed);
    if (misfit !== undefined) return dropped(misfit);
    const before = this.#rounds.get(header.round)?.get(header.from);
    if (before !== undefined && same(before.header, bytes) && same(before.sealed, sealed)) return dropped("duplicate");
    if (!verifyRound(idpk, bytes, sealed, message.signature)) return dropped("not-authentic");
    if (this.#shape !== undefined && !same(header.sid, this.#shape.sid)) return { kind: "abort", code: "mpc/context-mismatch" };
    if (before !== undefined) return dropped("equivocation");
    this.#of(header.round).set(header.from, message);
    return kept;
  }

  /** True when everybody's message of the current round is there. */
  get complete(): boolean {
    return this.#shape !== undefined && this.missing.length === 0;
  }
  get missing(): readonly number[] {
    const have = this.#rounds.get(this.#round);
    return [...this.#setup.peers.keys()].filter((peer) => have?.has(peer) !== true);
  }
  get round(): number {
    return this.#round;
  }

  /**
   * Gives the messages of the current round, ascending. They stay, so that duplicates are known.
   * Those of earlier rounds go.
   */
  collect(): readonly SealedMessage[] {
    for (const round of this.#rounds.keys()) if (round < this.#round) this.#rounds.delete(round);
    const messages = [...this.#of(this.#round)].sort(([a], [b]) => a - b);
    return messages.map(([peer, { header, sealed }]) => ({ peer, header, sealed }));
  }

  /** Gives the message that a partner is blamed for. */
  of(from: number): RoundMessage | undefined {
    return this.#rounds.get(this.#round)?.get(from);
  }

  #misfit(header: MessageHeader, sealed: Uint8Array): DropReason | undefined {
    const shape = this.#shape;
    if (shape === undefined) {
      if (header.round !== 1) return "wrong-round";
      return sealed.length > earlyBytesMax ? "wrong-length" : undefined;
    }
    // A member's round 1 under another session id ends the attempt, so that its length is not
    // looked at. Later it is only dropped.
    if (!same(header.sid, shape.sid)) return header.round === 1 && this.#round === 1 ? undefined : "wrong-session";
    if (header.round !== this.#round && header.round !== this.#round + 1) return "wrong-round";
    const body = shape.bodyBytes[header.round - 1]?.get(header.from);
    if (body === undefined) return "wrong-round";
    return sealed.length === body + tagBytes ? undefined : "wrong-length";
  }

  /** A member that speaks another version ends the attempt, and nobody else can. */
  #otherVersion({ header, sealed, signature }: RoundMessage): Kept {
    for (const idpk of this.#setup.peers.values())
      if (verifyRound(idpk, header, sealed, signature)) return { kind: "abort", code: "party/version-mismatch" };
    return dropped("not-authentic");
  }

  #of(round: number): Map<number, RoundMessage> {
    const known = this.#rounds.get(round);
    if (known !== undefined) return known;
    const fresh = new Map<number, RoundMessage>();
    this.#rounds.set(round, fresh);
    return fresh;
  }
}
