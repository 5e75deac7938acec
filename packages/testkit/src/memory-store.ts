// The Store port in memory. It is the port's reference adapter, for tests and demonstrations. One
// call is one transaction because no method awaits anything.
import { fromHex, hex, same } from "@covault/crypto";
import {
  addsBurn,
  type Burn,
  type CheckAnswer,
  type CheckEnd,
  type CheckedPair,
  type CheckNote,
  type CheckOutcome,
  type CheckStart,
  type CommitAnswer,
  type CommitPairAnswer,
  clearedBy,
  graverBurn,
  type HeldKey,
  type ImportKey,
  type InputsAnswer,
  type IntentAnswer,
  type IntentClaim,
  judgeNotes,
  type LeaseMark,
  type LeaveAnswer,
  type LeftEpoch,
  mayReplace,
  type NewPair,
  type NewRelease,
  type NewRenewal,
  type NewSession,
  type NewShare,
  type OpenAnswer,
  type OutboxEntry,
  type PairName,
  type ReleaseAnswer,
  type RestoreMark,
  type RunningSession,
  renewalRunsMax,
  type ShareName,
  type SignedBefore,
  type StagingSession,
  type Store,
  type StoredBackup,
  type StoredPair,
  type StoredRenewal,
  type StoredSession,
  type StoredShare,
  type StoreStanding,
  sameTenure,
  standingPair,
  strikeBurns,
  type Tenure,
  type WantedBackup,
} from "@covault/party";
import { compareEpochs } from "@covault/trust";
import { MemoryLeases } from "./memory-leases.ts";

const copy = <T>(value: T): T => structuredClone(value);

interface IntentRow {
  readonly sessionId: string;
  readonly forgetAfterMs: number;
  readonly attempts: Map<number, string>;
  finished: boolean;
  signed?: SignedBefore;
}
interface SessionRow {
  readonly session: NewSession;
  readonly outboxes: Map<string, Uint8Array>;
  status: "running" | "staged" | "over";
  round: number;
  state: Uint8Array;
  inputs?: Uint8Array | undefined;
  fence: number;
  tenure: Tenure;
}
/** One generation of a pair. A renewal made it, or it was made with its epoch. */
interface PairRow extends Omit<StoredPair, "burn" | "cleared" | "strikes"> {
  status: StoredPair["status"];
  state: Uint8Array | undefined;
  readonly renewal: NewRenewal | undefined;
  certificate: Uint8Array | undefined;
}
interface Check {
  readonly sid: string;
  readonly pairId: string;
  /** The tenure under which the check runs. Undefined means that the check is a strike. */
  readonly tenure: Tenure | undefined;
}

/** A Store that can be copied as it stands. Such a copy is what a backup is. */
export interface CopyableStore extends Store {
  /**
   * Copies the store. `name` is the name of the store that the backup is restored into. Without one
   * the files of the same store are put back, so that nothing but the contents tells the copy.
   */
  copy(name?: string): CopyableStore;
  /**
   * Gives what stands against pairs, those of superseded epochs and generations too, of which the
   * port says nothing: the burns, and the number of notes of checks.
   */
  heldAgainstPairs(): { readonly burns: readonly Burn[]; readonly checks: number };
}

class MemoryStore extends MemoryLeases implements CopyableStore {
  readonly #intents = new Map<string, IntentRow>();
  readonly #sessions = new Map<string, SessionRow>();
  readonly #shares: StoredShare[] = [];
  readonly #certificates = new Map<string, readonly Uint8Array[]>();
  #pairs: PairRow[] = [];
  readonly #releases = new Map<string, NewRelease>();
  readonly #importKeys = new Map<string, ImportKey>();
  /** By pair id, as the two that follow. */
  readonly #burns = new Map<string, readonly Burn[]>();
  readonly #clearances = new Set<string>();
  readonly #runs = new Map<string, number>();
  readonly #abandoned = new Set<string>();
  /** The backups by key and recipient. */
  readonly #backups = new Map<string, StoredBackup>();
  #checks: Check[] = [];
  readonly #name: string;
  #generation = 0;
  #marks = 0;
  #refuseUpToMs = -1;

  constructor(name: string) {
    super();
    this.#name = name;
  }

  copy(name = this.#name): CopyableStore {
    const twin = new MemoryStore(name);
    const fill = <K, V>(from: Map<K, V>, to: Map<K, V>): void => {
      for (const [key, value] of copy(from)) to.set(key, value);
    };
    fill(this.#intents, twin.#intents);
    fill(this.#sessions, twin.#sessions);
    fill(this.#runs, twin.#runs);
    fill(this.#certificates, twin.#certificates);
    fill(this.#releases, twin.#releases);
    fill(this.#importKeys, twin.#importKeys);
    fill(this.#burns, twin.#burns);
    fill(this.#backups, twin.#backups);
    twin.fillLeases(this);
    twin.#shares.push(...copy(this.#shares));
    twin.#pairs = copy(this.#pairs);
    for (const pairId of this.#clearances) twin.#clearances.add(pairId);
    for (const intentId of this.#abandoned) twin.#abandoned.add(intentId);
    twin.#checks = copy(this.#checks);
    twin.#generation = this.#generation;
    twin.#marks = this.#marks;
    twin.#refuseUpToMs = this.#refuseUpToMs;
    return twin;
  }

  heldAgainstPairs(): { readonly burns: readonly Burn[]; readonly checks: number } {
    return { burns: copy([...this.#burns.values()].flat()), checks: this.#checks.length };
  }

  async claimIntent(claim: IntentClaim): Promise<IntentAnswer> {
    return this.#claim(claim);
  }

  #claim(claim: IntentClaim): IntentAnswer {
    const answer = this.#intentAnswer(claim);
    if (answer !== "new") return answer;
    const { sessionId, forgetAfterMs } = claim;
    const row: IntentRow = this.#intents.get(hex(claim.intentId)) ?? { sessionId, forgetAfterMs, attempts: new Map(), finished: false };
    row.attempts.set(claim.attempt, hex(claim.rid));
    this.#intents.set(hex(claim.intentId), row);
    return "new";
  }

  async peekIntent(claim: IntentClaim): Promise<IntentAnswer> {
    return this.#intentAnswer(claim);
  }

  #intentAnswer(claim: IntentClaim): IntentAnswer {
    if (claim.generation > this.#generation) return "behind";
    if (claim.issuedAtMs <= this.#refuseUpToMs) return "restored";
    const row = this.#intents.get(hex(claim.intentId));
    if (row === undefined) return [...this.#intents.values()].some((other) => other.sessionId === claim.sessionId) ? "replayed" : "new";
    if (row.signed !== undefined) return copy(row.signed);
    if (row.attempts.get(claim.attempt) === hex(claim.rid)) return "known";
    return row.finished || row.attempts.has(claim.attempt) || row.attempts.size >= claim.attemptsMax ? "replayed" : "new";
  }

  async finishIntent(intentId: Uint8Array, signed: SignedBefore): Promise<void> {
    const row = this.#intents.get(hex(intentId));
    if (row === undefined) return;
    row.finished = true;
    row.signed ??= copy(signed);
  }

  async openSession(session: NewSession, tenure: Tenure): Promise<OpenAnswer> {
    if (this.#sessions.has(hex(session.rid)) || this.#abandoned.has(hex(session.intentId))) return undefined;
    if (this.#intents.get(hex(session.intentId))?.finished === true) return undefined;
    if (session.renews !== undefined) {
      const runs = this.#runs.get(pairName(session.renews)) ?? 0;
      if (runs >= renewalRunsMax) return "exhausted";
      this.#runs.set(pairName(session.renews), runs + 1);
    }
    const kept = copy(session);
    const row: SessionRow = { session: kept, outboxes: new Map(), status: "running", round: 1, state: kept.state, fence: 1, tenure };
    for (const entry of kept.outbox) row.outboxes.set(`1/${entry.to}`, entry.bytes);
    this.#sessions.set(hex(session.rid), row);
    return row.fence;
  }

  async claimSession(rid: Uint8Array, tenure: Tenure, seen?: LeaseMark): Promise<StoredSession | undefined> {
    const row = this.#sessions.get(hex(rid));
    if (row === undefined || row.status !== "running") return undefined;
    const { name, fence } = row.tenure;
    const unrenewed = fence === seen?.fence && this.stands(name, seen);
    if (!sameTenure(row.tenure, tenure) && this.holds(row.tenure) && !unrenewed) return undefined;
    row.tenure = tenure;
    row.fence += 1;
    const { sessionId, intentId, context, expiresAtMs } = row.session;
    return copy({ rid, sessionId, intentId, context, expiresAtMs, round: row.round, state: row.state, fence: row.fence });
  }

  async saveRound(rid: Uint8Array, fence: number, round: number, state: Uint8Array, outbox: readonly OutboxEntry[]): Promise<boolean> {
    const row = this.#running(rid, fence);
    if (row === undefined || row.round + 1 !== round) return false;
    row.round = round;
    row.state = copy(state);
    row.inputs = undefined;
    for (const entry of outbox) row.outboxes.set(`${round}/${entry.to}`, copy(entry.bytes));
    return true;
  }

  async fixInputs(rid: Uint8Array, fence: number, round: number, inputs: Uint8Array): Promise<InputsAnswer> {
    const row = this.#running(rid, fence);
    if (row === undefined || row.round !== round) return "lost";
    row.inputs ??= copy(inputs);
    return hex(row.inputs) === hex(inputs) ? "fixed" : "changed";
  }

  async abortSession(rid: Uint8Array, fence: number): Promise<boolean> {
    const row = this.#running(rid, fence);
    if (row === undefined) return false;
    close(row);
    return true;
  }

  async outbox(rid: Uint8Array, round: number, to: number): Promise<Uint8Array | undefined> {
    return copy(this.#sessions.get(hex(rid))?.outboxes.get(`${round}/${to}`));
  }

  async runningSessions(): Promise<readonly RunningSession[]> {
    const running = [...this.#sessions.values()].filter((row) => row.status === "running");
    return running.map(({ session, tenure }) => copy({ rid: session.rid, expiresAtMs: session.expiresAtMs, tenure }));
  }

  async stageShare(share: NewShare, pairs: readonly NewPair[] | undefined, session: StagingSession): Promise<boolean> {
    const row = this.#running(session.rid, session.fence);
    const intentId = hex(share.intentId);
    if (row === undefined || hex(row.session.intentId) !== intentId || this.#abandoned.has(intentId)) return false;
    if (this.#find(share.keyId, share.epoch) !== undefined || this.#ofIntent(share.intentId) !== undefined) return false;
    const ofKey = this.#ofKey(share.keyId);
    const inDoubt = ofKey.filter(({ status }) => status === "staged").length;
    if (inDoubt >= (session.stagedMax ?? Infinity) || ofKey.some(({ epochNumber }) => epochNumber >= share.epochNumber)) {
      close(row);
      return false;
    }
    this.#shares.push(copy({ ...share, status: "staged" }));
    if (session.importKey !== undefined) this.#importKeys.delete(hex(session.importKey));
    const made = { keyId: share.keyId, epoch: share.epoch, generation: 0, status: "committed", renewal: undefined } as const;
    for (const pair of pairs ?? []) this.#pairs.push(copy({ ...made, ...pair, certificate: undefined }));
    row.status = "staged";
    row.state = new Uint8Array(0);
    const intent = this.#intents.get(hex(row.session.intentId));
    if (intent !== undefined) intent.finished = true;
    return true;
  }

  async commitShare(
    { keyId, epoch, intentId }: ShareName,
    certificates: readonly Uint8Array[],
    judged?: Uint8Array,
  ): Promise<CommitAnswer> {
    const share = this.#find(keyId, epoch);
    if (share === undefined || hex(share.intentId) !== hex(intentId)) return "unknown";
    if (share.status !== "staged") return share.status;
    if (!this.#isLast(keyId, judged)) return "changed";
    this.#replace(share, { status: share.secret.length > 0 ? "committed" : "left" });
    this.#closeSessions(share.intentId);
    this.#supersedeLower(keyId);
    const { status } = this.#find(keyId, epoch) as StoredShare;
    if (status !== "committed" && status !== "left") return "superseded";
    this.#certificates.set(hex(keyId), copy(certificates));
    if (status === "left") this.#dropBackups((backup) => hex(backup.keyId) === hex(keyId));
    return status;
  }

  async leaveEpoch(left: LeftEpoch, certificates: readonly Uint8Array[], judged?: Uint8Array): Promise<LeaveAnswer> {
    const { keyId, epoch, intentId } = left;
    const known = this.#find(keyId, epoch) ?? this.#ofIntent(intentId);
    if (known !== undefined) return known.status === "left" && isNamed(known, left) ? "left" : "unknown";
    if (this.#ofKey(keyId).length === 0) return "unknown";
    if (!this.#isLast(keyId, judged)) return "changed";
    const none = new Uint8Array(0);
    this.#shares.push(copy({ ...left, record: none, secret: none, ack: none, status: "left" as const }));
    this.#supersedeLower(keyId);
    if (this.#find(keyId, epoch)?.status !== "left") return "superseded";
    this.#certificates.set(hex(keyId), copy(certificates));
    this.#dropBackups((backup) => hex(backup.keyId) === hex(keyId));
    return "left";
  }

  async keepRepaired(share: NewShare, certificates: readonly Uint8Array[], judged?: Uint8Array): Promise<boolean> {
    const { keyId, epoch, intentId } = share;
    const there = this.#find(keyId, epoch);
    const isOther = there !== undefined && hex(there.intentId) !== hex(intentId);
    const ofIntent = this.#ofIntent(intentId);
    if (isOther || there?.status === "staged" || (ofIntent !== undefined && ofIntent !== there)) return false;
    const isHigher = (other: StoredShare): boolean =>
      (other.status === "committed" || other.status === "left") && compareEpochs(other, share) > 0;
    if (this.#ofKey(keyId).some(isHigher)) return false;
    if (!this.#isLast(keyId, judged) && !this.#isLast(keyId, certificates.at(-1))) return false;
    if (there === undefined) this.#shares.push(copy({ ...share, status: "committed" }));
    else this.#replace(there, copy({ ...share, status: "committed" }));
    for (const pair of this.#pairs) if (pairKey(pair.keyId, pair.epoch) === pairKey(keyId, epoch)) pair.state = undefined;
    this.#supersedeLower(keyId);
    this.#certificates.set(hex(keyId), copy(certificates));
    return true;
  }

  #isLast(keyId: Uint8Array, judged: Uint8Array | undefined): boolean {
    const last = this.#certificates.get(hex(keyId))?.at(-1);
    return last === undefined || judged === undefined ? last === judged : hex(last) === hex(judged);
  }

  #supersedeLower(keyId: Uint8Array): void {
    const ofKey = this.#ofKey(keyId)
      .filter(({ status }) => status !== "superseded")
      .sort(byEpoch);
    for (const old of ofKey.slice(ofKey.findIndex(({ status }) => status === "committed" || status === "left") + 1)) {
      this.#replace(old, { status: "superseded", secret: new Uint8Array(0) });
      this.#dropPairs(old.keyId, old.epoch);
      this.#emptyReleases((release) => pairKey(release.keyId, release.epoch) === pairKey(old.keyId, old.epoch));
      this.#closeSessions(old.intentId);
    }
  }

  async certificates(keyId: Uint8Array): Promise<readonly Uint8Array[]> {
    return copy(this.#certificates.get(hex(keyId)) ?? []);
  }
  async lastCertificate(keyId: Uint8Array): Promise<Uint8Array | undefined> {
    return copy(this.#certificates.get(hex(keyId))?.at(-1));
  }

  async abandonIntent(intentId: Uint8Array): Promise<boolean> {
    const share = this.#ofIntent(intentId);
    if (share !== undefined && share.status !== "staged") return false;
    this.#abandoned.add(hex(intentId));
    if (share !== undefined) {
      this.#shares.splice(this.#shares.indexOf(share), 1);
      this.#dropPairs(share.keyId, share.epoch);
    }
    this.#closeSessions(intentId);
    return true;
  }

  async share(keyId: Uint8Array, epoch: Uint8Array): Promise<StoredShare | undefined> {
    return copy(this.#find(keyId, epoch));
  }
  async committedShare(keyId: Uint8Array): Promise<StoredShare | undefined> {
    return copy(
      this.#ofKey(keyId)
        .filter(({ status }) => status === "committed")
        .sort(byEpoch)[0],
    );
  }
  async shareOfIntent(intentId: Uint8Array): Promise<StoredShare | undefined> {
    return copy(this.#ofIntent(intentId));
  }
  async sharesOfSession(sessionId: string): Promise<readonly StoredShare[]> {
    return copy(this.#shares.filter((share) => share.sessionId === sessionId));
  }
  async heldKeys(after: Uint8Array, max: number): Promise<readonly HeldKey[]> {
    const held = this.#shares.filter(({ keyId, status }) => status === "committed" && hex(keyId) > hex(after));
    const page = held.sort((a, b) => (hex(a.keyId) < hex(b.keyId) ? -1 : 1)).slice(0, max);
    return copy(page.map(({ keyId, epoch, sessionId, intent }) => ({ keyId, epoch, sessionId, intent })));
  }
  async stagedShares(keyId?: Uint8Array): Promise<readonly StoredShare[]> {
    const among = keyId === undefined ? this.#shares : this.#ofKey(keyId);
    return copy(among.filter((share) => share.status === "staged"));
  }

  async pairs(keyId: Uint8Array, epoch: Uint8Array): Promise<readonly StoredPair[]> {
    return this.#present(keyId, epoch);
  }
  #present(keyId: Uint8Array, epoch: Uint8Array): readonly StoredPair[] {
    const partners = new Set(
      this.#pairs.filter((pair) => pairKey(pair.keyId, pair.epoch) === pairKey(keyId, epoch)).map(({ partner }) => partner),
    );
    return [...partners].sort((a, b) => a - b).flatMap((partner) => standingPair(this.#generations({ keyId, epoch, partner })) ?? []);
  }
  /** Gives all generations of a pair, ascending, each with what stands against it by itself. */
  #generations(name: PairName): readonly StoredPair[] {
    return this.#pairs
      .filter((pair) => pairName(pair) === pairName(name))
      .sort((a, b) => a.generation - b.generation)
      .map(({ renewal: _, certificate: __, ...pair }) => {
        const strikes = this.#notes([pair.pairId]).filter(({ inForce }) => !inForce).length;
        const burn = graverBurn(this.#burns.get(hex(pair.pairId)) ?? []);
        return copy({ ...pair, burn, cleared: this.#clearances.has(hex(pair.pairId)), strikes });
      });
  }
  async stagePair(renewal: NewRenewal, session: { rid: Uint8Array; fence: number }): Promise<boolean> {
    const row = this.#running(session.rid, session.fence);
    const { keyId, epoch, partner, generation, pairId, state, intentId } = renewal;
    if (row === undefined || hex(row.session.intentId) !== hex(intentId) || this.#renewal(intentId) !== undefined) return false;
    const known = this.#pairs.filter((pair) => pairName(pair) === pairName(renewal));
    const present = this.#present(keyId, epoch).find((pair) => pair.partner === partner);
    if (this.#find(keyId, epoch)?.status !== "committed" || !mayReplace(present, generation)) {
      close(row);
      return false;
    }
    for (const pair of known) pair.state = undefined;
    this.#pairs.push(copy({ keyId, epoch, partner, generation, pairId, state, status: "staged", renewal, certificate: undefined }));
    row.status = "staged";
    row.state = new Uint8Array(0);
    const intent = this.#intents.get(hex(intentId));
    if (intent !== undefined) intent.finished = true;
    return true;
  }
  async commitPair(intentId: Uint8Array, certificate: Uint8Array): Promise<CommitPairAnswer> {
    const pair = this.#renewal(intentId);
    if (pair === undefined) return "unknown";
    if (pair.status === "committed") return "committed";
    this.#closeSessions(intentId);
    if (!this.#isPresent(pair)) return "superseded";
    pair.status = "committed";
    pair.certificate = copy(certificate);
    return "committed";
  }
  async renewalOfIntent(intentId: Uint8Array): Promise<StoredRenewal | undefined> {
    const pair = this.#renewal(intentId);
    return pair && storedRenewal(pair);
  }
  async stagedPairs(): Promise<readonly StoredRenewal[]> {
    return this.#pairs.filter((pair) => pair.status === "staged" && this.#isPresent(pair)).map(storedRenewal);
  }
  async renewalRuns(pair: PairName): Promise<number> {
    return this.#runs.get(pairName(pair)) ?? 0;
  }
  async clearPair(name: PairName, pairId: Uint8Array): Promise<boolean> {
    const cleared = clearedBy(this.#generations(name), pairId);
    for (const each of cleared) this.#clearances.add(hex(each));
    return cleared.length > 0;
  }

  async releaseShare(claim: IntentClaim, release: NewRelease): Promise<ReleaseAnswer> {
    const name = hex(release.intentId);
    if (this.#releases.has(name)) return "known";
    if (this.#find(release.keyId, release.epoch)?.status !== "committed") return "superseded";
    const answer = this.#claim(claim);
    if (answer !== "new") return answer === "restored" || answer === "behind" ? answer : "replayed";
    const intent = this.#intents.get(name);
    if (intent !== undefined) intent.finished = true;
    this.#releases.set(name, copy(release));
    return "released";
  }
  async keepImportKey(key: ImportKey, nowMs: number, max: number): Promise<boolean> {
    this.#dropImportKeys((other) => other.expiresAtMs <= nowMs);
    if (this.#importKeys.size >= max) return false;
    this.#importKeys.set(hex(key.publicKey), copy(key));
    return true;
  }
  async importKey(publicKey: Uint8Array): Promise<Uint8Array | undefined> {
    return copy(this.#importKeys.get(hex(publicKey))?.sealed);
  }
  #dropImportKeys(those: (key: ImportKey) => boolean): void {
    for (const [name, key] of this.#importKeys) if (those(key)) this.#importKeys.delete(name);
  }

  async releaseOf(intentId: Uint8Array): Promise<Uint8Array | undefined> {
    const { release } = this.#releases.get(hex(intentId)) ?? {};
    return release === undefined || release.length === 0 ? undefined : copy(release);
  }
  async isExported(keyId: Uint8Array): Promise<boolean> {
    return [...this.#releases.values()].some((release) => hex(release.keyId) === hex(keyId));
  }
  #emptyReleases(those: (release: NewRelease) => boolean): void {
    for (const [name, release] of this.#releases) if (those(release)) this.#releases.set(name, { ...release, release: new Uint8Array(0) });
  }

  async keepBackup(backup: StoredBackup): Promise<boolean> {
    if (this.#find(backup.keyId, backup.epoch)?.status !== "committed") return false;
    this.#backups.set(pairKey(backup.keyId, backup.recipient), copy(backup));
    return true;
  }
  async backups(keyId: Uint8Array): Promise<readonly StoredBackup[]> {
    const ofKey = [...this.#backups.values()].filter((backup) => hex(backup.keyId) === hex(keyId));
    return copy(ofKey.sort((a, b) => (hex(a.recipient) < hex(b.recipient) ? -1 : 1)));
  }
  async keysToBackUp({ recipient, place, madeSinceMs }: WantedBackup, after: Uint8Array, max: number): Promise<readonly Uint8Array[]> {
    const lacking = this.#shares.filter(({ keyId, epoch, status }) => {
      const kept = this.#backups.get(pairKey(keyId, recipient));
      const isThere = kept !== undefined && hex(kept.epoch) === hex(epoch) && kept.place === place && kept.madeAtMs >= madeSinceMs;
      return status === "committed" && hex(keyId) > hex(after) && !isThere;
    });
    const ids = lacking.map(({ keyId }) => hex(keyId)).sort();
    return ids.slice(0, max).map(fromHex);
  }
  async dropOldBackupsExcept(recipients: readonly Uint8Array[]): Promise<void> {
    const isOld = ({ keyId, epoch }: StoredBackup): boolean =>
      this.#shares.some((share) => share.status === "committed" && same(share.keyId, keyId) && !same(share.epoch, epoch));
    this.#dropBackups((backup) => isOld(backup) && recipients.every((recipient) => hex(recipient) !== hex(backup.recipient)));
  }
  #dropBackups(of: (backup: StoredBackup) => boolean): void {
    for (const [name, backup] of this.#backups) if (of(backup)) this.#backups.delete(name);
  }

  async burn(_epoch: Uint8Array, burns: readonly Burn[]): Promise<void> {
    this.#burn(burns);
  }
  #burn(burns: readonly Burn[]): void {
    for (const burn of burns) {
      const known = this.#burns.get(hex(burn.pairId)) ?? [];
      if (addsBurn(known, burn)) this.#burns.set(hex(burn.pairId), [...known, copy(burn)]);
    }
  }

  async beginCheck(start: CheckStart): Promise<CheckAnswer> {
    const { keyId, epoch, sid, pairs, tenure } = start;
    if (!this.holds(tenure)) return { kind: "lost" };
    const { struck, undecided, full, known } = judgeNotes(this.#notes(pairs.map(({ pairId }) => pairId)), start);
    this.#burn(strikeBurns(struck, sid));
    const standing = this.#present(keyId, epoch);
    const isHeldAgainst = (id: Uint8Array): boolean =>
      this.#burns.has(hex(id)) || standing.some(({ pairId, burn }) => burn !== undefined && hex(pairId) === hex(id));
    const burned = pairs.filter(({ pairId }) => isHeldAgainst(pairId));
    const present = standing.filter(({ status, state }) => status === "committed" && state !== undefined);
    const superseded = pairs.filter(({ pairId }) => !present.some((pair) => hex(pair.pairId) === hex(pairId)));
    for (const [kind, against] of [
      ["burned", burned],
      ["superseded", superseded],
      ["undecided", undecided],
      ["full", full],
    ] as const)
      if (against.length > 0) return { kind, partners: against.map(({ partner }) => partner) };
    for (const pair of pairs) if (!known.includes(pair)) this.#checks.push({ sid: hex(sid), pairId: hex(pair.pairId), tenure });
    return { kind: "noted" };
  }

  async endCheck({ sid, tenure, cleared, struck, burns }: CheckEnd): Promise<CheckOutcome> {
    const idsOf = (pairs: readonly CheckedPair[]): readonly string[] => pairs.map(({ pairId }) => hex(pairId));
    const settled = [...cleared, ...burns];
    const before = [...settled, ...struck].filter(({ pairId }) =>
      (this.#burns.get(hex(pairId)) ?? []).some((known) => hex(known.sid) !== hex(sid)),
    );
    const burned = { kind: "burned", partners: before.map(({ partner }) => partner) } as const;
    this.#burn(burns);
    if (!this.holds(tenure)) return before.length > 0 ? burned : { kind: "lost" };
    this.#checks = this.#checks.flatMap((check) => {
      if (check.sid !== hex(sid)) return [check];
      if (idsOf(settled).includes(check.pairId)) return [];
      return [idsOf(struck).includes(check.pairId) ? { ...check, tenure: undefined } : check];
    });
    return before.length > 0 ? burned : { kind: "ended" };
  }

  async standing(): Promise<StoreStanding> {
    return { generation: this.#generation, marks: this.#marks, identity: { name: this.#name } };
  }
  async moveGeneration(from: number): Promise<boolean> {
    if (this.#generation !== from) return false;
    this.#generation += 1;
    return true;
  }
  async markRestored({ seen, generation, refuseUpToMs }: RestoreMark): Promise<boolean> {
    if (this.#generation !== seen) return false;
    this.#generation = generation;
    this.#marks += 1;
    this.#refuseUpToMs = Math.max(this.#refuseUpToMs, refuseUpToMs);
    for (const pair of this.#pairs) pair.state = undefined;
    this.#importKeys.clear();
    for (const row of this.#sessions.values()) if (row.status === "running") close(row);
    return true;
  }
  async prune(nowMs: number): Promise<void> {
    this.#dropImportKeys(({ expiresAtMs }) => expiresAtMs < nowMs);
    for (const [id, row] of this.#intents) if (row.forgetAfterMs < nowMs) this.#intents.delete(id);
    this.#emptyReleases(({ intentId }) => !this.#intents.has(hex(intentId)));
    for (const [id, row] of this.#sessions) if (row.status === "over" && row.session.expiresAtMs < nowMs) this.#sessions.delete(id);
  }

  #notes(pairIds: readonly Uint8Array[]): CheckNote[] {
    const gone: Tenure = { name: "", fence: 0 };
    return this.#checks
      .filter((check) => pairIds.some((pairId) => hex(pairId) === check.pairId))
      .map(({ sid, pairId, tenure = gone }) => ({ sid: fromHex(sid), pairId: fromHex(pairId), tenure, inForce: this.holds(tenure) }));
  }
  /** Tells whether no higher generation of the pair is here. */
  #isPresent(pair: PairName & { readonly generation: number }): boolean {
    return !this.#pairs.some((other) => pairName(other) === pairName(pair) && other.generation > pair.generation);
  }
  #renewal(intentId: Uint8Array): PairRow | undefined {
    return this.#pairs.find(({ renewal }) => renewal !== undefined && hex(renewal.intentId) === hex(intentId));
  }
  /** Deletes the pairs of an epoch. What was burned of them stays burned. */
  #dropPairs(keyId: Uint8Array, epoch: Uint8Array): void {
    this.#pairs = this.#pairs.filter((pair) => {
      const isOf = pairKey(pair.keyId, pair.epoch) === pairKey(keyId, epoch);
      if (isOf) this.#runs.delete(pairName(pair));
      if (isOf && pair.renewal !== undefined) this.#closeSessions(pair.renewal.intentId);
      return !isOf;
    });
  }
  #closeSessions(intentId: Uint8Array): void {
    for (const row of this.#sessions.values()) if (hex(row.session.intentId) === hex(intentId)) close(row);
  }
  #running(rid: Uint8Array, fence: number): SessionRow | undefined {
    const row = this.#sessions.get(hex(rid));
    return row !== undefined && row.status === "running" && row.fence === fence ? row : undefined;
  }
  #ofKey(keyId: Uint8Array): StoredShare[] {
    return this.#shares.filter((share) => hex(share.keyId) === hex(keyId));
  }
  #ofIntent(intentId: Uint8Array): StoredShare | undefined {
    return this.#shares.find((share) => hex(share.intentId) === hex(intentId));
  }
  #find(keyId: Uint8Array, epoch: Uint8Array): StoredShare | undefined {
    return this.#shares.find((share) => hex(share.keyId) === hex(keyId) && hex(share.epoch) === hex(epoch));
  }
  #replace(share: StoredShare, change: Partial<StoredShare>): void {
    const current = this.#find(share.keyId, share.epoch) as StoredShare;
    this.#shares[this.#shares.indexOf(current)] = { ...current, ...change };
  }
}

const isNamed = (share: StoredShare, { keyId, epoch, intentId }: ShareName): boolean =>
  pairKey(share.keyId, share.epoch) === pairKey(keyId, epoch) && hex(share.intentId) === hex(intentId);

const pairName = ({ keyId, epoch, partner }: PairName): string => `${pairKey(keyId, epoch)}/${partner}`;

function storedRenewal({ renewal, status, certificate }: PairRow): StoredRenewal {
  const { state: _, ...rest } = renewal as NewRenewal;
  return copy({ ...rest, status, certificate });
}

const pairKey = (keyId: Uint8Array, epoch: Uint8Array): string => `${hex(keyId)}/${hex(epoch)}`;

function close(row: SessionRow): void {
  row.status = "over";
  row.state = new Uint8Array(0);
  row.outboxes.clear();
}

/** Puts the highest epoch first. */
const byEpoch = (a: StoredShare, b: StoredShare): number => compareEpochs(b, a);

/** Gives an empty store. It lives as long as the object, so a second Party on it is a restart. */
export const memoryStore = (name = "memory"): CopyableStore => new MemoryStore(name);
