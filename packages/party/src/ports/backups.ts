// Ports: where a party keeps the backup documents that it has made. Documents are in its store, and
// in a folder where its operator gives one. Nothing in them is secret but what is sealed to the
// recipient, whose private key no party has.

/** A document that is kept, and what it is of. */
export interface StoredBackup {
  /** The id of the key and the name of its epoch, 32 bytes each. */
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly epochNumber: number;
  /** The public key of the recipient, 33 bytes. */
  readonly recipient: Uint8Array;
  /** The exact bytes of the document. */
  readonly document: Uint8Array;
  /** The `place` of the folder that has the document as well, and empty when there is none. */
  readonly place: string;
  /** When it was made, in milliseconds since 1970. */
  readonly madeAtMs: number;
}

/** What a backup has to be so that no other one is made. */
export interface WantedBackup {
  readonly recipient: Uint8Array;
  readonly place: string;
  /** It was made then or later, in milliseconds since 1970. */
  readonly madeSinceMs: number;
}

export interface BackupStore {
  /**
   * Keeps a backup in the place of the one of the same key and recipient. Gives false, and nothing
   * is written, unless the share of this very epoch is committed here: no backup is kept of an
   * epoch that is over, or that the party has left.
   */
  keepBackup(backup: StoredBackup): Promise<boolean>;
  /** Gives the backups of a key, ascending by recipient. */
  backups(keyId: Uint8Array): Promise<readonly StoredBackup[]>;
  /**
   * Gives up to `max` ids of keys, ascending, from the one after `after`: those whose committed
   * share has no backup as it is wanted.
   */
  keysToBackUp(wanted: WantedBackup, after: Uint8Array, max: number): Promise<readonly Uint8Array[]>;
  /**
   * Deletes the backups to every other recipient of an epoch that another one has replaced, whose
   * committed share is here. Those of the committed epoch stay: another instance of the party may
   * list their recipients. So do those of a key whose share is lost: it may come back from them.
   */
  dropOldBackupsExcept(recipients: readonly Uint8Array[]): Promise<void>;
}

/** A folder for documents, beside the store. */
export interface BackupFiles {
  /** The name of the folder. With another name, everything is written again. */
  readonly place: string;
  /** Writes a file whole or not at all, durably when the promise resolves. */
  write(name: string, document: Uint8Array): Promise<void>;
  names(): Promise<readonly string[]>;
  /** Removes a file. One that is not there is none to remove. */
  remove(name: string): Promise<void>;
}

/** What the operator of a party has set. No request, intent or service changes it. */
export interface BackupSettings {
  /** The public keys that this party seals backups to: compressed points, at most 8. */
  readonly recipients: readonly Uint8Array[];
  readonly files?: BackupFiles | undefined;
  /** How old a backup may be before it is made anew, in milliseconds. Default: it never is. */
  readonly everyMs?: number | undefined;
}
