// The chains of keys that this party has nothing of yet, and is to get a share of. They were
// verified, and live in memory alone: a store keeps nothing of a key for the word of an invite.
// What is forgotten is asked for again.
import { hex, same } from "@covault/crypto";
import { compareEpochs, type VerifiedKey } from "@covault/trust";

/** The most keys that are wanted at once, and the most bytes of certificates that are kept. */
const wantedMax = 64;
const bytesMax = 16 << 20;

/** An epoch, and the session of the invite that wants it. */
type Wanted = Pick<VerifiedKey, "epoch" | "epochNumber" | "sessionId">;
interface Learnt {
  readonly key: VerifiedKey;
  readonly certificates: readonly Uint8Array[];
  readonly bytes: number;
}

export class LearntChains {
  readonly #bytesMax: number;
  /** The epochs that invites named, by key id in hex. */
  readonly #wanted = new Map<string, Wanted>();
  /** By key id in hex. The one that was used longest ago is the first. */
  readonly #learnt = new Map<string, Learnt>();

  constructor(bytes = bytesMax) {
    this.#bytesMax = bytes;
  }

  /** Notes that the chain of a key is wanted up to this epoch. The oldest wish gives way. */
  want(keyId: Uint8Array, { epoch, epochNumber, sessionId }: Wanted): void {
    const name = hex(keyId);
    this.#wanted.delete(name);
    this.#wanted.set(name, { epoch, epochNumber, sessionId });
    for (const [oldest] of this.#wanted) {
      if (this.#wanted.size <= wantedMax) break;
      this.#wanted.delete(oldest);
    }
  }

  isWanted(keyId: Uint8Array): boolean {
    return this.#wanted.has(hex(keyId));
  }
  /** Gives the session whose invite wants the chain. */
  sessionOf(keyId: Uint8Array): string | undefined {
    return this.#wanted.get(hex(keyId))?.sessionId;
  }
  /** Tells whether what was learnt of a key falls short of what is wanted. */
  isShort({ charter, ...key }: VerifiedKey): boolean {
    const wanted = this.#wanted.get(hex(charter.keyId));
    return wanted !== undefined && compareEpochs(key, wanted) < 0;
  }

  key(keyId: Uint8Array): VerifiedKey | undefined {
    return this.#used(keyId)?.key;
  }
  /** Gives the chain, with the founding certificate first. It is empty when nothing was learnt. */
  certificates(keyId: Uint8Array): readonly Uint8Array[] {
    return this.#used(keyId)?.certificates ?? [];
  }

  /**
   * Keeps a chain that was verified. Gives false, and keeps what is here, when that leads as high.
   * Another key can have the same id. Nobody knows yet which of them it is, so that the last one
   * counts.
   */
  keep(key: VerifiedKey, certificates: readonly Uint8Array[]): boolean {
    const known = this.#used(key.charter.keyId)?.key;
    const isOne = known !== undefined && same(known.charter.foundingIntentId, key.charter.foundingIntentId);
    if (isOne && compareEpochs(key, known) <= 0) return false;
    const bytes = certificates.reduce((sum, certificate) => sum + certificate.length, 0);
    this.#learnt.set(hex(key.charter.keyId), { key, certificates, bytes });
    let kept = [...this.#learnt.values()].reduce((sum, each) => sum + each.bytes, 0);
    for (const [oldest, each] of this.#learnt) {
      if (kept <= this.#bytesMax) break;
      this.#learnt.delete(oldest);
      kept -= each.bytes;
    }
    return true;
  }

  /** Forgets a key, whose chain is in the store now. */
  forget(keyId: Uint8Array): void {
    this.#wanted.delete(hex(keyId));
    this.#learnt.delete(hex(keyId));
  }

  #used(keyId: Uint8Array): Learnt | undefined {
    const learnt = this.#learnt.get(hex(keyId));
    if (learnt === undefined) return undefined;
    this.#learnt.delete(hex(keyId));
    this.#learnt.set(hex(keyId), learnt);
    return learnt;
  }
}
