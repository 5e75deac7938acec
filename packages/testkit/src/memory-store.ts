// The Store port in memory. It is the port's reference adapter, for tests and demonstrations. One
// call is one transaction because no method awaits anything.
import { fromHex, hex } from "@covault/crypto";
import {
  type Burn,
  type CheckAnswer,
  type CheckEnd,
  type CheckNote,
  type CheckOutcome,
  type CheckStart,
  type CommitAnswer,
  type HeldKey,
  type ImportKey,
  type InputsAnswer,
  type IntentAnswer,
  type IntentClaim,
  judgeNotes,
  type LeaseMark,
  type LeaveAnswer,
  type LeftEpoch,
  type NewRelease,
  type NewSession,
  type NewShare,
  type OutboxEntry,
  type ReleaseAnswer,
  type RestoreMark,
  type RunningSession,
  type ShareName,
  type SignedBefore,
  type Store,
  type StoredBackup,
  type StoredSession,
  type StoredShare,
  type StoreStanding,
  sameTenure,
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
interface Check {
  readonly epoch: string;
  readonly sid: string;
  readonly partner: number;
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
}

class MemoryStore extends MemoryLeases implements CopyableStore {
  readonly #intents = new Map<string, IntentRow>();
  readonly #sessions = new Map<string, SessionRow>();
  readonly #shares: StoredShare[] = [];
  readonly #certificates = new Map<string, readonly Uint8Array[]>();
  readonly #pairs = new Map<string, Uint8Array>();
  readonly #releases = new Map<string, NewRelease>();
  readonly #importKeys = new Map<string, ImportKey>();
  readonly #burns = new Map<string, Map<number, Burn>>();
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
    fill(this.#pairs, twin.#pairs);
    fill(this.#certificates, twin.#certificates);
    fill(this.#releases, twin.#releases);
    fill(this.#importKeys, twin.#importKeys);
    fill(this.#burns, twin.#burns);
    fill(this.#backups, twin.#backups);
    twin.fillLeases(this);
    twin.#shares.push(...copy(this.#shares));
    for (const intentId of this.#abandoned) twin.#abandoned.add(intentId);
    twin.#checks = copy(this.#checks);
    twin.#generation = this.#generation;
    twin.#marks = this.#marks;
    twin.#refuseUpToMs = this.#refuseUpToMs;
    return twin;
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

  async openSession(session: NewSession, tenure: Tenure): Promise<number | undefined> {
    if (this.#sessions.has(hex(session.rid)) || this.#abandoned.has(hex(session.intentId))) return undefined;
    if (this.#intents.get(hex(session.intentId))?.finished === true) return undefined;
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

  async stageShare(share: NewShare, pairs: Uint8Array | undefined, session: { rid: Uint8Array; fence: number }): Promise<boolean> {
    const row = this.#running(session.rid, session.fence);
    const intentId = hex(share.intentId);
    if (row === undefined || hex(row.session.intentId) !== intentId || this.#abandoned.has(intentId)) return false;
    if (this.#find(share.keyId, share.epoch) !== undefined || this.#ofIntent(share.intentId) !== undefined) return false;
    if (this.#ofKey(share.keyId).some(({ epochNumber }) => epochNumber >= share.epochNumber)) {
      close(row);
      return false;
    }
    this.#shares.push(copy({ ...share, status: "staged" }));
    if (pairs !== undefined) this.#pairs.set(pairKey(share.keyId, share.epoch), copy(pairs));
    row.status = "staged";
    row.state = new Uint8Array(0);
    const intent = this.#intents.get(hex(row.session.intentId));
    if (intent !== undefined) intent.finished = true;
    return true;
  }

  async commitShare({ keyId, epoch, intentId }: ShareName, certificates: readonly Uint8Array[]): Promise<CommitAnswer> {
    const share = this.#find(keyId, epoch);
    if (share === undefined || hex(share.intentId) !== hex(intentId)) return "unknown";
    if (share.status !== "staged") return share.status;
    this.#replace(share, { status: share.secret.length > 0 ? "committed" : "left" });
    this.#closeSessions(share.intentId);
    this.#supersedeLower(keyId);
    const { status } = this.#find(keyId, epoch) as StoredShare;
    if (status !== "committed" && status !== "left") return "superseded";
    this.#certificates.set(hex(keyId), copy(certificates));
    if (status === "left") this.#dropBackups((backup) => hex(backup.keyId) === hex(keyId));
    return status;
  }

  async leaveEpoch(left: LeftEpoch, certificates: readonly Uint8Array[]): Promise<LeaveAnswer> {
    const { keyId, epoch, intentId } = left;
    const known = this.#find(keyId, epoch) ?? this.#ofIntent(intentId);
    if (known !== undefined) return known.status === "left" && isNamed(known, left) ? "left" : "unknown";
    if (this.#ofKey(keyId).length === 0) return "unknown";
    const none = new Uint8Array(0);
    this.#shares.push(copy({ ...left, record: none, secret: none, ack: none, status: "left" as const }));
    this.#supersedeLower(keyId);
    if (this.#find(keyId, epoch)?.status !== "left") return "superseded";
    this.#certificates.set(hex(keyId), copy(certificates));
    this.#dropBackups((backup) => hex(backup.keyId) === hex(keyId));
    return "left";
  }

  #supersedeLower(keyId: Uint8Array): void {
    const ofKey = this.#ofKey(keyId)
      .filter(({ status }) => status !== "superseded")
      .sort(byEpoch);
    for (const old of ofKey.slice(ofKey.findIndex(({ status }) => status === "committed" || status === "left") + 1)) {
      this.#replace(old, { status: "superseded", secret: new Uint8Array(0) });
      this.#pairs.delete(pairKey(old.keyId, old.epoch));
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
      this.#pairs.delete(pairKey(share.keyId, share.epoch));
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
  async stagedShares(): Promise<readonly StoredShare[]> {
    return copy(this.#shares.filter((share) => share.status === "staged"));
  }
  async pairs(keyId: Uint8Array, epoch: Uint8Array): Promise<Uint8Array | undefined> {
    return copy(this.#pairs.get(pairKey(keyId, epoch)));
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
  async dropImportKey(publicKey: Uint8Array): Promise<void> {
    this.#importKeys.delete(hex(publicKey));
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
  async dropBackupsExcept(recipients: readonly Uint8Array[]): Promise<void> {
    this.#dropBackups((backup) => recipients.every((recipient) => hex(recipient) !== hex(backup.recipient)));
  }
  #dropBackups(of: (backup: StoredBackup) => boolean): void {
    for (const [name, backup] of this.#backups) if (of(backup)) this.#backups.delete(name);
  }

  async burn(epoch: Uint8Array, burns: readonly Burn[]): Promise<void> {
    const register = this.#burns.get(hex(epoch)) ?? new Map<number, Burn>();
    this.#burns.set(hex(epoch), register);
    for (const burn of burns) if (!register.has(burn.partner)) register.set(burn.partner, copy(burn));
  }
  async burned(epoch: Uint8Array): Promise<readonly number[]> {
    return [...(this.#burns.get(hex(epoch))?.keys() ?? [])].sort((a, b) => a - b);
  }

  async beginCheck(start: CheckStart): Promise<CheckAnswer> {
    const { epoch, sid, partners, tenure } = start;
    if (!this.holds(tenure)) return { kind: "lost" };
    const { struck, undecided, full, known } = judgeNotes(this.#notes(epoch), start);
    const digest = new Uint8Array(32);
    await this.burn(
      epoch,
      struck.map((partner) => ({ partner, reason: "party/strikes", sid, digest })),
    );
    const burned = (await this.burned(epoch)).filter((partner) => partners.includes(partner));
    if (burned.length > 0) return { kind: "burned", partners: burned };
    if (undecided.length > 0) return { kind: "undecided", partners: undecided };
    if (full.length > 0) return { kind: "full", partners: full };
    for (const partner of partners) if (!known.includes(partner)) this.#checks.push({ epoch: hex(epoch), sid: hex(sid), partner, tenure });
    return { kind: "noted" };
  }

  async endCheck({ epoch, sid, tenure, cleared, struck, burns }: CheckEnd): Promise<CheckOutcome> {
    const settled = [...cleared, ...burns.map((burn) => burn.partner)];
    const register = this.#burns.get(hex(epoch));
    const before = [...settled, ...struck].some((partner) => {
      const known = register?.get(partner);
      return known !== undefined && hex(known.sid) !== hex(sid);
    });
    await this.burn(epoch, burns);
    if (!this.holds(tenure)) return before ? "burned" : "lost";
    this.#checks = this.#checks.flatMap((check) => {
      if (check.epoch !== hex(epoch) || check.sid !== hex(sid)) return [check];
      if (settled.includes(check.partner)) return [];
      return [struck.includes(check.partner) ? { ...check, tenure: undefined } : check];
    });
    return before ? "burned" : "ended";
  }

  async strikes(epoch: Uint8Array): Promise<ReadonlyMap<number, number>> {
    const strikes = new Map<number, number>();
    for (const { partner, inForce } of this.#notes(epoch)) if (!inForce) strikes.set(partner, (strikes.get(partner) ?? 0) + 1);
    return strikes;
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
    this.#pairs.clear();
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

  #notes(epoch: Uint8Array): CheckNote[] {
    const gone: Tenure = { name: "", fence: 0 };
    return this.#checks
      .filter((check) => check.epoch === hex(epoch))
      .map(({ sid, partner, tenure = gone }) => ({ sid: fromHex(sid), partner, tenure, inForce: this.holds(tenure) }));
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
