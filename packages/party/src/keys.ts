// Keys as their certificates make them. Opening a chain costs one signature check for each holder of each epoch, so what was opened is kept: by the
// digest of the certificates' exact bytes, and for the roster that they were verified against.
import { hex, sha256, utf8 } from "@covault/crypto";
import { type ExpectedKey, keysOf, openKey, type VerifiedKey } from "@covault/trust";
import type { Roster } from "@covault/wire";

/** The key that was used longest ago goes first. A chain of 20 holders and 50 epochs keeps less than 10 kB: only its end is held. */
const keptMax = 512;

export class Keys {
  readonly #roster: () => Roster;
  readonly #keptMax: number;
  readonly #opened = new Map<string, VerifiedKey>();
  #verifiedFor: Roster | undefined;

  constructor(roster: () => Roster, kept = keptMax) {
    this.#roster = roster;
    this.#keptMax = kept;
  }

  /** `certificates`: the founding one first. Throws `trust/bad-chain`. */
  async open(certificates: readonly Uint8Array[], expected: Omit<ExpectedKey, "keysOf">): Promise<VerifiedKey> {
    const name = nameOf(certificates, expected);
    const roster = this.#roster();
    if (roster !== this.#verifiedFor) this.#opened.clear();
    this.#verifiedFor = roster;
    const [founding = new Uint8Array(), ...later] = certificates;
    const key = this.#opened.get(name) ?? openKey(founding, later, { ...expected, keysOf: keysOf(roster) });
    this.#opened.delete(name);
    this.#opened.set(name, key);
    for (const [oldest] of this.#opened) {
      if (this.#opened.size <= this.#keptMax) break;
      this.#opened.delete(oldest);
    }
    return key;
  }
}

/** What was expected is part of the name: a key that was opened as one is not another one's. */
function nameOf(certificates: readonly Uint8Array[], { keyId, foundingIntentId }: Omit<ExpectedKey, "keysOf">): string {
  const expected = utf8(`${named(keyId)}/${named(foundingIntentId)}/`);
  const lengths = new Uint8Array(Uint32Array.of(...certificates.map(({ length }) => length)).buffer);
  return hex(sha256(expected, lengths, ...certificates));
}

const named = (expected: Uint8Array | string | undefined): string => (expected instanceof Uint8Array ? hex(expected) : `${expected}`);
