// These names are shared by every protocol (dkls23-spec 0.4 and 2.5): the kind of a run, lists of
// ids, the session nonce, key id and epoch. Their tags are those of DKLs23 for every scheme, so
// that anybody recomputes them without knowing the scheme.
import { ascii, TH, u16, u32 } from "../../kernel/hash.ts";
import type { ShareIndex } from "../share-index.ts";
import { concat } from "./bytes.ts";
import { badInput, bytes, mapOf, oneOf, u32 as readU32 } from "./inputs.ts";

/**
 * The kind of a run, as it stands in session ids (dkls23-spec 0.4).
 */
export const runKinds = { keygen: 0, refresh: 1, reshare: 2, import: 3, recovery: 4, renewal: 5, repair: 6 } as const;
/** The kinds that run the rounds of section 2. */
export const dkgKinds = ["keygen", "refresh", "reshare", "import", "recovery"] as const satisfies (keyof typeof runKinds)[];
export type DkgKind = (typeof dkgKinds)[number];

/** L(X) of 0.4: a u16 count, then the ids ascending, as one field. */
export const idList = (ids: readonly ShareIndex[]): Uint8Array => concat([u16(ids.length), ...ids.map((id) => u16(id))]);

/**
 * Gives the session nonce, 32 bytes, from 32 fresh random bytes of every participant, two at least.
 * No id of an honest party ever repeats. Throws `mpc/bad-setup`.
 */
export function sessionNonce(contributions: ReadonlyMap<ShareIndex, Uint8Array>): Uint8Array {
  const ascending = [...mapOf(bytes(32))(contributions, "contributions")].sort(([a], [b]) => a - b);
  if (ascending.length < 2) throw badInput("contributions", "those of at least 2 participants", `${ascending.length}`);
  return TH("nonce", ...ascending.flatMap(([index, contribution]) => [u16(index), contribution]));
}

/** What key ids and intents call a scheme. */
export type SchemeName = "ecdsa-secp256k1" | "schnorr-bip340" | "eddsa-ed25519";

/** The length of a scheme's public keys. */
export const publicKeyBytes = { "ecdsa-secp256k1": 33, "schnorr-bip340": 33, "eddsa-ed25519": 32 } as const satisfies Record<
  SchemeName,
  number
>;
export const schemeNames = Object.keys(publicKeyBytes) as SchemeName[];

/**
 * Gives the id of a key, which is stable over refresh. `publicKey` is encoded as the scheme does,
 * and `chain` has 32 bytes. One secret is another key under another scheme. Throws `mpc/bad-setup`.
 */
export function keyIdOf(scheme: SchemeName, publicKey: Uint8Array, chain: Uint8Array): Uint8Array {
  const name = oneOf(...schemeNames)(scheme, "scheme");
  return TH("key/id", ascii(name), bytes(publicKeyBytes[name])(publicKey, "publicKey"), bytes(32)(chain, "chain"));
}

/**
 * Gives the name of this generation of shares. It changes with every refresh and reshare. Throws
 * `mpc/bad-setup`.
 */
export const epochOf = (keyId: Uint8Array, h2: Uint8Array): Uint8Array => TH("key/epoch", bytes(32)(keyId, "keyId"), bytes(32)(h2, "h2"));

/**
 * Gives the first field of ctx of a run that follows another (0.4). The number is above that of
 * every run that the key ever had. Throws `mpc/bad-setup`.
 */
export const epochNumberField = (epochNumber: number): Uint8Array => u32(readU32(epochNumber, "epochNumber"));
