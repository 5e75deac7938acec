// The attempts of this party: those that run, by routing id, and those that are over and whose
// peers may still ask for what was sent.
import { hex, same } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import type { VerifiedKey } from "@covault/trust";
import type { Signed } from "@covault/wire";
import type { PartyDeps } from "../deps.ts";
import type { CheckedPair } from "../ports/check-notes.ts";
import type { PairName, StoredPair } from "../ports/pairs.ts";
import { storesRounds } from "../protocols/protocol.ts";
import type { AttemptRun } from "./attempt-run.ts";
import { pairsOf } from "./attempt-terms.ts";

interface Entry {
  readonly run: AttemptRun;
  /** The join that this party signed. Undefined after a restart. */
  readonly ownJoin: Signed | undefined;
}

export class Attempts {
  readonly #deps: PartyDeps;
  readonly #running = new Map<string, Entry>();
  readonly #lingering = new Map<string, { readonly run: AttemptRun; readonly forget: () => void }>();
  /** The reports of attempts that were aborted, by routing id. They are sent again as they were. */
  readonly #abortReports = new Map<string, { readonly bytes: Uint8Array; readonly forget: () => void }>();

  constructor(deps: PartyDeps) {
    this.#deps = deps;
  }

  /** The number of attempts that run, which is this party's load. */
  get size(): number {
    return this.#running.size;
  }
  /** Gives the attempts that run. */
  all(): AttemptRun[] {
    return [...this.#running.values()].map(({ run }) => run);
  }
  get(rid: Uint8Array): Entry | undefined {
    return this.#running.get(hex(rid));
  }
  isLingering(rid: Uint8Array): boolean {
    return this.#lingering.has(hex(rid));
  }
  /** Gives the run that answers for an attempt, also for one that is over. */
  answering(rid: Uint8Array): AttemptRun | undefined {
    return (this.#running.get(hex(rid)) ?? this.#lingering.get(hex(rid)))?.run;
  }
  /** Tells whether a party is a member of an attempt that runs. */
  hasMember(partyId: string): boolean {
    return this.all().some(({ terms }) => [...terms.members.values()].some((member) => member.partyId === partyId));
  }
  /** Gives the attempts of a session that run. */
  ofSession(sessionId: string): AttemptRun[] {
    return this.all().filter(({ terms }) => terms.sessionId === sessionId);
  }
  /** Gives the attempts of an intent that run. Another intent may have the same session id. */
  ofIntent(intentId: Uint8Array): AttemptRun[] {
    return this.all().filter(({ terms }) => same(terms.intentId, intentId));
  }
  /** Gives the report of an attempt that this party has aborted. */
  abortReport(rid: Uint8Array): Uint8Array | undefined {
    return this.#abortReports.get(hex(rid))?.bytes;
  }

  add(run: AttemptRun, ownJoin: Signed | undefined): void {
    this.#running.set(hex(run.terms.rid), { run, ownJoin });
  }

  /**
   * Takes an attempt out of those that run. One that lingers stays for a while. That of a stored
   * protocol stays until its share is committed or abandoned, or its intent is over.
   */
  finished(run: AttemptRun, lingers: boolean): void {
    const { clock, limits, stopping } = this.#deps;
    const { rid, protocol, endsAtMs } = run.terms;
    const name = hex(rid);
    this.#running.delete(name);
    const { abortReport } = run;
    if (stopping.aborted || (!lingers && abortReport === undefined)) return;
    const forget = (): void => {
      cancel();
      this.#lingering.delete(name);
      this.#abortReports.delete(name);
    };
    const cancel = clock.timer(storesRounds(protocol) ? Math.max(0, endsAtMs - clock.nowMs()) : limits.lingerMs, () => forget());
    if (lingers) this.#lingering.set(name, { run, forget });
    else if (abortReport !== undefined) this.#abortReports.set(name, { bytes: abortReport, forget });
  }

  /**
   * Notes that an attempt has started, by the word of all its members. All other attempts of its
   * session end.
   */
  started(run: AttemptRun): void {
    for (const other of this.ofSession(run.terms.sessionId)) if (other !== run) other.end("cancelled");
  }

  /** Drops what the attempts of this intent have sent. It is needed no more. */
  release(intentId: Uint8Array): void {
    for (const { run, forget } of [...this.#lingering.values()]) if (same(run.terms.intentId, intentId)) forget();
  }

  /**
   * Ends what runs on another epoch of the key than this one, which is committed now. The next
   * attempt uses it. What ends for that reason is no strike, no burn and nobody's fault
   * (dkls23-spec 9), and a check that has begun is ended in order.
   */
  supersede({ charter, epoch, epochNumber, intentId }: VerifiedKey): void {
    for (const run of this.all()) {
      const { key } = run.terms;
      // The run that made the epoch is at its own end.
      if (key === undefined || !same(key.charter.keyId, charter.keyId) || same(key.epoch, epoch)) continue;
      if (!same(run.terms.intentId, intentId)) run.fail(supersededBy(epochNumber));
    }
  }

  /**
   * Ends what runs on an epoch, or with a pair, that another instance of this party has superseded.
   */
  async giveWay(): Promise<void> {
    const { keys, store } = this.#deps;
    for (const { keyId, epoch } of this.#epochsWithPairs())
      for (const pair of await store.pairs(keyId, epoch)) if (pair.status === "committed") this.supersedePair(pair, pair.pairId);
    const keyIds = new Map(
      this.all().flatMap(({ terms: { key } }) => (key === undefined ? [] : [[hex(key.charter.keyId), key.charter.keyId]])),
    );
    for (const keyId of keyIds.values()) {
      const held = await keys.held(store, keyId);
      if (held !== undefined) this.supersede(held);
    }
  }

  /** Gives the epochs whose pairs are in use by what runs, each once. */
  #epochsWithPairs(): Iterable<Pick<PairName, "keyId" | "epoch">> {
    const inUse = this.all().flatMap(({ terms }) => (terms.protocol.usesPairs === true ? pairsOf(terms) : []));
    return new Map(inUse.map((pair) => [`${hex(pair.keyId)}/${hex(pair.epoch)}`, pair])).values();
  }

  /** Ends what runs with one of these pairs, since they are burned. */
  burned(pairs: readonly CheckedPair[], except: AttemptRun): void {
    for (const run of this.all()) {
      if (run === except) continue;
      const burned = pairsOf(run.terms).filter(({ pairId }) => pairs.some((pair) => same(pair.pairId, pairId)));
      const partners = burned.map(({ partner }) => partner).join(", ");
      if (burned.length > 0) run.fail(new CovaultError("party/pair-burned", `The pair with party ${partners} has just been burned.`));
    }
  }

  /**
   * Ends what runs with an earlier generation of the pair than the one of this id, whose
   * certificate is here. What ends for that reason is no strike, no burn and nobody's fault
   * (dkls23-spec 9).
   */
  supersedePair({ keyId, epoch, partner }: PairName, pairId: Uint8Array): void {
    for (const run of this.all()) {
      // A renewal uses no pair. Whether its generation is still above the others, the store says.
      if (run.terms.protocol.usesPairs !== true) continue;
      const isOf = (pair: StoredPair): boolean => pair.partner === partner && same(pair.keyId, keyId) && same(pair.epoch, epoch);
      if (pairsOf(run.terms).some((pair) => isOf(pair) && !same(pair.pairId, pairId))) run.fail(pairSuperseded([partner]));
    }
  }

  /**
   * Ends everything that runs, since this instance was taken for gone. Another one may run its
   * stored attempts by now, and its checks may have been counted as strikes.
   */
  lost(error: CovaultError): void {
    for (const run of this.all()) {
      if (storesRounds(run.terms.protocol)) run.end("lost");
      else run.fail(error);
    }
  }

  /** Ends everything. Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    const runs = this.all();
    for (const run of runs) run.end("stopped");
    for (const { forget } of [...this.#lingering.values(), ...this.#abortReports.values()]) forget();
    await Promise.all(runs.map((run) => run.done));
  }
}

export const pairSuperseded = (partners: readonly number[]): CovaultError =>
  new CovaultError(
    "party/pair-superseded",
    `The pair with party ${partners.join(", ")} was replaced here while the attempt was under way.`,
  );

export const supersededBy = (epochNumber: number): CovaultError =>
  new CovaultError("party/epoch-superseded", `Epoch ${epochNumber} of the key was committed here while the attempt was under way.`);
