// From the process's master key to the keys that seal one share or one running attempt: HKDF-SHA256
// (RFC 5869), with one key per party, purpose, key id and epoch. The master key itself stays in
// this object. Attempts get only what they need.
import { lengthPrefixed, utf8 } from "@covault/crypto";
import type { PairName } from "../ports/pairs.ts";
import { type KeyRing, view } from "./blob.ts";

const salt = utf8("covault/vault/v1");

const fields = (...parts: readonly (string | Uint8Array)[]): Uint8Array =>
  lengthPrefixed(...parts.map((part) => (typeof part === "string" ? utf8(part) : part)));

// The platform's key type has no global name in Node's types.
type CryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

interface Master {
  readonly id: Uint8Array;
  readonly key: CryptoKey;
}

/** The master keys of one party, and the keys that follow from them. */
export class Vault {
  readonly #partyId: string;
  readonly #masters: readonly Master[];

  private constructor(partyId: string, masters: readonly Master[]) {
    this.#partyId = partyId;
    this.#masters = masters;
  }

  /**
   * Makes a vault of `masters`, 32 secret bytes each. The current one is the first, and then come
   * former ones that may still be needed to open. Throws a RangeError for no key and for a key of
   * another length.
   */
  static async open(partyId: string, masters: readonly Uint8Array[]): Promise<Vault> {
    if (masters.length === 0 || masters.some((master) => master.length !== 32))
      throw new RangeError("Vault: expected at least one master key of 32 bytes");
    return new Vault(
      partyId,
      await Promise.all(
        masters.map(async (master) => {
          const key = await crypto.subtle.importKey("raw", view(master), "HKDF", false, ["deriveBits"]);
          return { key, id: (await derive(key, fields("id"))).slice(0, 4) };
        }),
      ),
    );
  }

  /** The ids of the master keys, 4 bytes each, in their order. Blobs name them. */
  get masterIds(): readonly Uint8Array[] {
    return this.#masters.map(({ id }) => id.slice());
  }

  /** Gives the keys that seal the secret part of a share. */
  shareKeys(keyId: Uint8Array, epoch: Uint8Array): Promise<KeyRing> {
    return this.#ring(fields("share", this.#partyId, keyId, epoch));
  }
  /**
   * Gives the keys that seal the pairs of an epoch. They are keys of their own, since pairs are
   * kept apart from shares.
   */
  pairKeys(keyId: Uint8Array, epoch: Uint8Array): Promise<KeyRing> {
    return this.#ring(fields("pairs", this.#partyId, keyId, epoch));
  }
  /** Gives the keys that seal the rounds of one attempt of a stored protocol. */
  sessionKeys(rid: Uint8Array): Promise<KeyRing> {
    return this.#ring(fields("session", this.#partyId, rid));
  }
  /** Gives the keys that seal what opens one import. */
  importKeys(publicKey: Uint8Array): Promise<KeyRing> {
    return this.#ring(fields("import", this.#partyId, publicKey));
  }

  #ring(info: Uint8Array): Promise<KeyRing> {
    return Promise.all(this.#masters.map(async ({ id, key }) => ({ masterId: id, key: await derive(key, info) })));
  }
}

async function derive(key: CryptoKey, info: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: view(salt), info: view(info) }, key, 256));
}

/**
 * The associated data of a sealed share. `intentId` binds members, threshold and initiators, so
 * that a store that alters them cannot open it.
 */
export const shareAad = (partyId: string, keyId: Uint8Array, epoch: Uint8Array, record: Uint8Array, intentId: Uint8Array): Uint8Array =>
  fields("covault/at-rest/v1", "share", partyId, keyId, epoch, intentId, record);

/**
 * The associated data of one sealed pair. It names the pair and its making, so that no row of a
 * store can stand in for another one.
 */
export const pairAad = (
  partyId: string,
  { keyId, epoch, partner }: PairName,
  { generation, pairId }: { readonly generation: number; readonly pairId: Uint8Array },
): Uint8Array => fields("covault/at-rest/v1", "pair", partyId, keyId, epoch, u32(partner), u32(generation), pairId);

const u32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
};

/** The associated data of a sealed key for an import. */
export const importAad = (partyId: string, publicKey: Uint8Array): Uint8Array => fields("covault/at-rest/v1", "import", partyId, publicKey);

/** The associated data of a sealed round. */
export const roundAad = (partyId: string, rid: Uint8Array, intentId: Uint8Array, round: number): Uint8Array =>
  fields("covault/at-rest/v1", "round", partyId, rid, intentId, Uint8Array.of(round));
