// Keys as their certificates make them. Opening a chain costs one signature check for each holder
// of each epoch, so that what was opened is kept. It is kept by the digest of the certificates'
// exact bytes, and for the roster that they were verified against. A chain that grew costs what was
// added to it.
import { hex, sha256, utf8 } from "@covault/crypto";
import { continueKey, type ExpectedKey, keysOf, openKey, type VerifiedKey } from "@covault/trust";
import type { Roster } from "@covault/wire";
import type { Store } from "./ports/store.ts";

/**
 * The most keys that are kept. The key that was used longest ago goes first. A key of 20 holders
 * takes less than 10 kB, since only the end of its chain is held.
 */
const keptMax = 512;

type Expected = Omit<ExpectedKey, "keysOf">;

export class Keys {
  readonly #roster: () => Roster;
  readonly #keptMax: number;
  #kept: Opened | undefined;

  constructor(roster: () => Roster, kept = keptMax) {
    this.#roster = roster;
    this.#keptMax = kept;
  }

  /**
   * Gives the key in the epoch that is committed here, and undefined when none is. Of a key that
   * was opened before, the last certificate alone is read, however long the chain is. Throws
   * `trust/bad-chain`.
   */
  async held(store: Pick<Store, "certificates" | "lastCertificate">, keyId: Uint8Array): Promise<VerifiedKey | undefined> {
    const opened = this.#opened();
    const last = await store.lastCertificate(keyId);
    if (last === undefined) return undefined;
    const known = opened.get(endOf(keyId, last));
    if (known !== undefined) return known;
    const chain = await store.certificates(keyId);
    const key = await open(chain, { keyId }, opened);
    // The chain may have grown since its last certificate was read.
    return opened.keep(endOf(keyId, chain.at(-1) ?? last), key);
  }

  /**
   * Opens a chain, whose first certificate is the founding one. Before each certificate that is
   * verified, everything else that waits has its turn. Throws `trust/bad-chain`.
   */
  async open(certificates: readonly Uint8Array[], expected: Expected): Promise<VerifiedKey> {
    return open(certificates, expected, this.#opened());
  }

  /**
   * This is taken once for each question. What is opened while the roster changes is kept for the
   * roster that it was opened for, and for no other.
   */
  #opened(): Opened {
    const roster = this.#roster();
    if (this.#kept?.roster !== roster) this.#kept = new Opened(roster, this.#keptMax);
    return this.#kept;
  }
}

/** The keys that were verified against one roster. */
class Opened {
  readonly roster: Roster;
  readonly #keptMax: number;
  readonly #keys = new Map<string, VerifiedKey>();

  constructor(roster: Roster, kept: number) {
    this.roster = roster;
    this.#keptMax = kept;
  }

  get(name: string): VerifiedKey | undefined {
    const key = this.#keys.get(name);
    return key && this.keep(name, key);
  }

  keep(name: string, key: VerifiedKey): VerifiedKey {
    this.#keys.delete(name);
    this.#keys.set(name, key);
    for (const [oldest] of this.#keys) {
      if (this.#keys.size <= this.#keptMax) break;
      this.#keys.delete(oldest);
    }
    return key;
  }
}

async function open(certificates: readonly Uint8Array[], expected: Expected, opened: Opened): Promise<VerifiedKey> {
  const names = namesOf(certificates, expected);
  let at = names.length;
  let key: VerifiedKey | undefined;
  while (key === undefined && at > 0) key = opened.get(names[--at] as string);
  const keysOfRoster = keysOf(opened.roster);
  if (key === undefined) key = openKey(certificates[0] ?? new Uint8Array(), [], { ...expected, keysOf: keysOfRoster });
  for (const [place, certificate] of certificates.entries())
    if (place > at) {
      await turn();
      key = continueKey(key, certificate, keysOfRoster, place);
    }
  return opened.keep(names.at(-1) ?? "", key);
}

/**
 * Gives a name for each beginning of the chain. What was expected is part of the name, so that a
 * key that was opened as one key does not count as another.
 */
function namesOf(certificates: readonly Uint8Array[], { keyId, foundingIntentId }: Expected): readonly string[] {
  let digest = sha256(utf8(`${named(keyId)}/${named(foundingIntentId)}/`));
  const names: string[] = [];
  for (const certificate of certificates) {
    digest = sha256(digest, certificate);
    names.push(hex(digest));
  }
  return names;
}

const endOf = (keyId: Uint8Array, last: Uint8Array): string => `${hex(keyId)}/${hex(sha256(last))}`;

/**
 * Every platform computes this beside its event loop. They have no other way in common to let what
 * waits there have its turn.
 */
const turn = (): Promise<unknown> => crypto.subtle.digest("SHA-256", new Uint8Array());

const named = (expected: Uint8Array | string | undefined): string => (expected instanceof Uint8Array ? hex(expected) : `${expected}`);

/**
 * Tells whether the key was exported, as far as this party knows without the record of its share:
 * by its own consents of whatever epoch, and by the key's certificates.
 */
export const isExportedKey = async (store: Pick<Store, "isExported">, { charter }: VerifiedKey): Promise<boolean> =>
  charter.isExported || store.isExported(charter.keyId);
