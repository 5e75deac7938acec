// Seals the shares of this party to the recipients that its operator has listed, and to nobody
// else: after every commit, when somebody asks, by the clock, and for what an interrupted process
// has left. The work is done in a worker, one share at a time, so that a signature waits for one
// sealing at most. A file is written before the row of the store, so that what the store has is in
// the folder.
import { hex, same, sha256 } from "@covault/crypto";
import { asCovaultError } from "@covault/errors";
import { compareEpochs, type VerifiedKey } from "@covault/trust";
import type { PartyDeps } from "../deps.ts";
import type { BackupSettings, StoredBackup } from "../ports/backups.ts";
import type { StoredShare } from "../ports/store.ts";
import { fingerprintOf } from "./backup-document.ts";
import { type BackupName, backupName, parseBackupName } from "./backup-name.ts";
import { sealDocument } from "./seal-document.ts";

/** How many shares are sealed before a request for one key has its turn. */
const pageSize = 8;
/** How many requests wait. One that comes beyond them is told what there is. */
const requestsMax = 64;
/** The time between two looks for what is not backed up, in milliseconds. */
const lookEveryMs = 60_000;

export class Backups {
  readonly #deps: PartyDeps;
  readonly #settings: BackupSettings;
  #working: Promise<void> = Promise.resolve();
  #isQueued = false;
  #requests = 0;
  #cancel: () => void = () => {};

  constructor(deps: PartyDeps, settings: BackupSettings = { recipients: [] }) {
    this.#deps = deps;
    this.#settings = settings;
  }

  /** Takes up what is not backed up. */
  async start(): Promise<void> {
    await this.#dropOld();
    this.#enqueue(async () => {
      for (const keyId of await this.#keysInFolder()) await this.#tidy(keyId);
    });
    this.soon();
    this.#lookLater();
  }

  /** An epoch was committed or left. */
  moved(key: VerifiedKey): void {
    this.#enqueue(() => this.#tidy(key.charter.keyId));
    this.#enqueue(() => this.#dropOld());
    this.soon();
  }

  /** Looks for shares that are not backed up. A look that waits already is this one. */
  soon(): void {
    if (this.#isQueued || this.#settings.recipients.length === 0) return;
    this.#isQueued = true;
    this.#enqueue(async () => {
      this.#isQueued = false;
      for (const recipient of this.#settings.recipients) this.#lookFor(recipient, new Uint8Array());
    });
  }

  /**
   * Seals what is missing of one key, after what is under way, and gives the backups of its present
   * epoch. It is what anybody may ask for: it makes nothing twice, and takes no recipient.
   */
  async ofKey(keyId: Uint8Array): Promise<{ readonly share: StoredShare | undefined; readonly backups: readonly StoredBackup[] }> {
    const { store } = this.#deps;
    if (this.#requests < requestsMax) {
      this.#requests++;
      await this.#enqueue(() => this.#sealMissing(keyId));
      this.#requests--;
    }
    const share = await store.committedShare(keyId);
    const backups = share === undefined ? [] : (await store.backups(keyId)).filter(({ epoch }) => same(epoch, share.epoch));
    return { share, backups: backups.filter((each) => this.#settings.recipients.some((listed) => same(listed, each.recipient))) };
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    for (let seen: Promise<void> | undefined; seen !== this.#working; ) {
      seen = this.#working;
      await seen;
    }
  }

  async stop(): Promise<void> {
    this.#cancel();
    await this.idle();
  }

  /**
   * Forgets what was sealed of epochs that are over to recipients that are not listed here. What is
   * sealed of the present epoch stays: another instance of the party may list its recipient.
   */
  #dropOld(): Promise<void> {
    return this.#deps.store.dropOldBackupsExcept(this.#settings.recipients);
  }

  get #place(): string {
    return this.#settings.files?.place ?? "";
  }

  /** Does one thing after the other. What fails is told, and the next look does it again. */
  #enqueue(act: () => Promise<void>): Promise<void> {
    this.#working = this.#working
      .then(() => (this.#deps.stopping.aborted ? undefined : act()))
      .catch((error: unknown) => {
        if (!this.#deps.stopping.aborted) this.#deps.observe({ kind: "failed", error });
      });
    return this.#working;
  }

  #lookLater(): void {
    this.#cancel = this.#deps.clock.timer(lookEveryMs, () => {
      if (this.#deps.stopping.aborted) return;
      this.soon();
      this.#lookLater();
    });
  }

  async #sealMissing(keyId: Uint8Array): Promise<void> {
    const { store } = this.#deps;
    const share = await store.committedShare(keyId);
    if (share === undefined) return;
    const kept = (await store.backups(keyId)).filter(({ epoch, place }) => same(epoch, share.epoch) && place === this.#place);
    for (const recipient of this.#settings.recipients)
      if (kept.every((each) => !same(each.recipient, recipient))) await this.#seal(share, recipient);
  }

  #lookFor(recipient: Uint8Array, after: Uint8Array): void {
    const { store, clock, stopping } = this.#deps;
    const { everyMs } = this.#settings;
    const wanted = { recipient, place: this.#place, madeSinceMs: everyMs === undefined ? 0 : clock.nowMs() - everyMs };
    this.#enqueue(async () => {
      const page = await store.keysToBackUp(wanted, after, pageSize);
      for (const keyId of page) {
        if (stopping.aborted) return;
        const share = await store.committedShare(keyId);
        // One share that does not open keeps no other one from its backup.
        if (share !== undefined)
          await this.#seal(share, recipient).catch((error: unknown) => {
            if (asCovaultError(error)?.code !== "party/unreadable-secret") throw error;
            this.#deps.observe({ kind: "failed", error, sessionId: share.sessionId });
          });
      }
      const last = page.at(-1);
      if (last !== undefined && page.length === pageSize) this.#lookFor(recipient, last);
    });
  }

  async #seal(share: StoredShare, recipient: Uint8Array): Promise<void> {
    const { store, keys, partyId, clock } = this.#deps;
    const { files } = this.#settings;
    const { keyId, epoch, epochNumber } = share;
    const key = await keys.held(store, keyId);
    // The epoch may have gone on since the share was read. The next look seals the newer one.
    if (key === undefined || !same(key.epoch, epoch) || key.members.every((member) => member.partyId !== partyId)) return;
    const document = await sealDocument(this.#deps, { key, share, recipient });
    const name = { keyId, epochNumber, epoch, partyId, recipient: fingerprintOf(recipient) };
    await files?.write(backupName(name), document);
    if (!(await store.keepBackup({ keyId, epoch, epochNumber, recipient, document, place: this.#place, madeAtMs: clock.nowMs() }))) return;
    this.#deps.observe({
      kind: "backed-up",
      keyId: hex(keyId),
      epochNumber,
      recipient: hex(name.recipient),
      sha256: hex(sha256(document)),
    });
    await this.#tidy(keyId);
  }

  /**
   * Removes the files of this party that a newer epoch has made worthless: every lower one once the
   * store has a backup of the present epoch, and all of a key that the party has left. What the
   * store knows nothing of stays, because the store may be the one that was lost.
   */
  async #tidy(keyId: Uint8Array): Promise<void> {
    const { store, keys, partyId } = this.#deps;
    const { files } = this.#settings;
    if (files === undefined) return;
    const key = await keys.held(store, keyId);
    if (key === undefined) return;
    const hasLeft = key.members.every((member) => member.partyId !== partyId);
    const kept = (await store.backups(keyId)).filter(({ epoch, place }) => same(epoch, key.epoch) && place === files.place);
    if (!hasLeft && kept.length === 0) return;
    for (const name of await files.names()) {
      const found = this.#own(name);
      if (found !== undefined && same(found.keyId, keyId) && (hasLeft || isLower(found, key))) await files.remove(name);
    }
  }

  async #keysInFolder(): Promise<readonly Uint8Array[]> {
    const found = (await this.#settings.files?.names())?.flatMap((name) => this.#own(name) ?? []) ?? [];
    return [...new Map(found.map(({ keyId }) => [hex(keyId), keyId])).values()];
  }

  #own(name: string): BackupName | undefined {
    const found = parseBackupName(name);
    return found?.partyId === this.#deps.partyId ? found : undefined;
  }
}

/** The name of a file has the beginning of an epoch. */
const isLower = (found: BackupName, { epochNumber, epoch }: VerifiedKey): boolean =>
  compareEpochs(found, { epochNumber, epoch: epoch.subarray(0, found.epoch.length) }) < 0;
