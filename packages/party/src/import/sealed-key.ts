// A whole private key on its way to the party that imports it: sealed to a key that the party has
// made for this one import. An ephemeral X25519 key meets that key, HKDF-SHA256 makes one key of
// what they share, and ChaCha20-Poly1305 seals under it (the base mode of RFC 9180, with one
// message for each encapsulation). The bytes are format u8 = 1 | ephemeral key 32 | sealed 33 and
// tag 16. What is sealed is form u8 | key 32. They are bound to the scheme, the public key, the
// threshold and the party: whoever speaks for the initiator can have the key shared by no fewer
// parties than its owner wanted.
import { aeadOpen, aeadSeal, hkdfSha256, lengthPrefixed, randomBytes, utf8, x25519, x25519PublicKey } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { sealedKeyBytes } from "@covault/trust";

const format = 1;
const forms = ["scalar", "seed"] as const;
/**
 * A private key. `scalar` is 32 bytes as the scheme encodes scalars, and `seed` the private key of
 * RFC 8032 for Ed25519. Secret.
 */
export interface PrivateKey {
  readonly form: (typeof forms)[number];
  readonly bytes: Uint8Array;
}

/** What a sealed key is for. */
export interface SealedKeyTerms {
  readonly scheme: string;
  /** The public key, in the scheme's form. */
  readonly publicKey: Uint8Array;
  /** How many parties are to sign, t. */
  readonly threshold: number;
  /** The party that imports it. */
  readonly partyId: string;
  /** The party's key for this import, X25519, 32 bytes. */
  readonly recipient: Uint8Array;
}

const nonce = new Uint8Array(12);

/** Seals a private key. `seed` are 32 fresh random bytes. Default: the platform's own. */
export function sealKey(terms: SealedKeyTerms, { form, bytes }: PrivateKey, seed: Uint8Array = randomBytes(32)): Uint8Array {
  const ephemeral = x25519PublicKey(seed);
  const key = keyOf(x25519(seed, ephemeral, terms.recipient), ephemeral, terms);
  const body = Uint8Array.of(forms.indexOf(form), ...bytes);
  try {
    return Uint8Array.of(format, ...ephemeral, ...aeadSeal(key, nonce, associated(terms), body));
  } finally {
    key.fill(0);
    body.fill(0);
  }
}

/**
 * Opens a sealed key. `privateKey` is that of the recipient, which is secret like the result.
 * Throws `party/import-refused`.
 */
export function openKey(terms: SealedKeyTerms, sealed: Uint8Array, privateKey: Uint8Array): PrivateKey {
  const refused = (): CovaultError =>
    new CovaultError("party/import-refused", "The sealed key of the import does not open, or is that of another key, threshold or party.");
  if (sealed.length !== sealedKeyBytes || sealed[0] !== format) throw refused();
  const ephemeral = sealed.slice(1, 33);
  const shared = x25519(privateKey, terms.recipient, ephemeral);
  if (shared === undefined) throw refused();
  const key = keyOf(shared, ephemeral, terms);
  const body = aeadOpen(key, nonce, associated(terms), sealed.slice(33));
  key.fill(0);
  const form = body && forms[body[0] as number];
  if (body === undefined || form === undefined) throw refused();
  const bytes = body.slice(1);
  body.fill(0);
  return { form, bytes };
}

function keyOf(shared: Uint8Array | undefined, ephemeral: Uint8Array, { recipient }: SealedKeyTerms): Uint8Array {
  if (shared === undefined) throw new CovaultError("party/import-refused", "The party's key for the import is a weak point.");
  const key = hkdfSha256(shared, utf8("covault/import/v1"), lengthPrefixed(ephemeral, recipient));
  shared.fill(0);
  return key;
}

function associated({ scheme, publicKey, threshold, partyId, recipient }: SealedKeyTerms): Uint8Array {
  const t = new Uint8Array(4);
  new DataView(t.buffer).setUint32(0, threshold);
  return lengthPrefixed(utf8("covault/import/v1"), utf8(scheme), publicKey, t, utf8(partyId), recipient);
}
