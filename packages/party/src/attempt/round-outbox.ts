// What an attempt has sent, as exact bytes. They go out for the first time, and again when a peer
// asks. Nothing is ever sealed twice.
import { create } from "@bufbuild/protobuf";
import { signRound } from "@covault/channel";
import { RoundMessageSchema, RoundRequestSchema } from "@covault/wire";
import type { PartyDeps } from "../deps.ts";
import type { OutboxEntry } from "../ports/store.ts";
import { storesRounds } from "../protocols/protocol.ts";
import type { SealedMessage } from "../run/runner.ts";
import type { AttemptTerms } from "./attempt-terms.ts";
import { envelope, post, ttlMs } from "./mail.ts";

/** A peer is answered once per round in this time, in milliseconds. */
const againMs = 250;

export class RoundOutbox {
  readonly #deps: PartyDeps;
  readonly #terms: AttemptTerms;
  readonly #instances: Map<number, string>;
  readonly #sent = new Map<string, Uint8Array>();
  readonly #answeredAtMs = new Map<string, number>();

  /** `instances` says where each member joined, by share index. */
  constructor(deps: PartyDeps, terms: AttemptTerms, instances: ReadonlyMap<number, string>) {
    this.#deps = deps;
    this.#terms = terms;
    this.#instances = new Map(instances);
  }

  /** Signs the messages of a round into envelopes. */
  sign(messages: readonly SealedMessage[]): readonly OutboxEntry[] {
    return messages.map(({ peer, header, sealed }) => {
      const signature = signRound(this.#deps.identity, header, sealed);
      return { to: peer, bytes: envelope({ case: "round", value: create(RoundMessageSchema, { header, sealed, signature }) }) };
    });
  }

  send(round: number, entries: readonly OutboxEntry[]): void {
    for (const { to, bytes } of entries) {
      this.#sent.set(`${round}/${to}`, bytes);
      this.#post(to, bytes);
    }
  }

  /** Asks `peer` for its message of `round`. */
  ask(peer: number, round: number): void {
    this.#post(
      peer,
      envelope({
        case: "roundRequest",
        value: create(RoundRequestSchema, { rid: this.#terms.rid, round, from: this.#terms.self }),
      }),
    );
  }

  /**
   * Sends the same bytes again to a peer that asks, perhaps from another instance after a restart.
   * Gives false when the request is not the peer's.
   */
  async again(peer: number, round: number, from: { readonly partyId: string; readonly instanceId: string }): Promise<boolean> {
    const { members, rid, self, protocol } = this.#terms;
    if (peer === self || members.get(peer)?.partyId !== from.partyId) return false;
    if (from.instanceId !== "") this.#instances.set(peer, from.instanceId);
    const name = `${round}/${peer}`;
    const nowMs = this.#deps.clock.monotonicMs();
    if (nowMs < (this.#answeredAtMs.get(name) ?? Number.NEGATIVE_INFINITY) + againMs) return true;
    const bytes = this.#sent.get(name) ?? (storesRounds(protocol) ? await this.#deps.store.outbox(rid, round, peer) : undefined);
    if (bytes === undefined) return true;
    this.#answeredAtMs.set(name, nowMs);
    this.#post(peer, bytes);
    return true;
  }

  #post(peer: number, bytes: Uint8Array): void {
    const partyId = this.#terms.members.get(peer)?.partyId ?? "";
    const instanceId = this.#instances.get(peer) ?? "";
    post(this.#deps, { partyId, instanceId }, bytes, storesRounds(this.#terms.protocol) ? ttlMs.stored : ttlMs.signing);
  }
}
