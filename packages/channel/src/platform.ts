// The platform's cryptography, and all that this package takes from it: on another platform a file with these exports takes its place.
// RFC 8032 (Ed25519), RFC 7748 (X25519), RFC 5869 (HKDF), RFC 8439 (ChaCha20-Poly1305).
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from "node:crypto";

const tagBytes = 16;

type Curve = "Ed25519" | "X25519";
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

const pkcs8 = { Ed25519: "302e020100300506032b657004220420", X25519: "302e020100300506032b656e04220420" } as const;

/** `x`: the public key, if it is known: as JWK (RFC 8037) a key is read seven times as fast as OpenSSL finds its decoder of DER. */
function privateKey(crv: Curve, raw: Uint8Array, x?: Uint8Array): KeyObject {
  if (x !== undefined) return createPrivateKey({ key: { kty: "OKP", crv, d: text(raw), x: text(x) }, format: "jwk" });
  return createPrivateKey({ key: Buffer.concat([Buffer.from(pkcs8[crv], "hex"), raw]), format: "der", type: "pkcs8" });
}
const publicKey = (crv: Curve, raw: Uint8Array): KeyObject => createPublicKey({ key: { kty: "OKP", crv, x: text(raw) }, format: "jwk" });
const publicOf = (key: KeyObject): Uint8Array =>
  new Uint8Array(
    Buffer.from(
      createPublicKey(key as unknown as Parameters<typeof createPublicKey>[0]).export({ format: "jwk" }).x as string,
      "base64url",
    ),
  );

export interface Ed25519Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** `seed`: 32 bytes (RFC 8032 5.1.5). */
export function ed25519Signer(seed: Uint8Array): Ed25519Signer {
  const key = privateKey("Ed25519", seed);
  return { publicKey: publicOf(key), sign: (message) => new Uint8Array(sign(null, message, key)) };
}

const verifiers = new Map<string, KeyObject>();
const verifiersMax = 1024;

/** Parsing a key costs as much as a third of the check, and a session checks the same few keys many times. */
function verifier(raw: Uint8Array): KeyObject {
  const name = Buffer.from(raw).toString("latin1");
  const known = verifiers.get(name);
  if (known !== undefined) return known;
  if (verifiers.size >= verifiersMax) verifiers.clear();
  const key = publicKey("Ed25519", raw);
  verifiers.set(name, key);
  return key;
}

export function ed25519Verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return verify(null, message, verifier(key), signature);
}

export function x25519PublicKey(secret: Uint8Array): Uint8Array {
  return publicOf(privateKey("X25519", secret));
}

/** The shared secret, or undefined for a point of small order (the all-zero output, RFC 7748 6.1), or a public key that is not the secret's. */
export function x25519(secret: Uint8Array, publicKeyOfSecret: Uint8Array, peer: Uint8Array): Uint8Array | undefined {
  try {
    const mine = privateKey("X25519", secret, publicKeyOfSecret);
    const shared = new Uint8Array(diffieHellman({ privateKey: mine, publicKey: publicKey("X25519", peer) }));
    return shared.some((byte) => byte !== 0) ? shared : undefined;
  } catch {
    return undefined;
  }
}

/** 32 bytes: one block of HKDF-Expand. */
export function hkdfSha256(secret: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  const extracted = createHmac("sha256", salt).update(secret).digest();
  const expanded = createHmac("sha256", extracted).update(info).update(Uint8Array.of(1)).digest();
  const key = new Uint8Array(expanded);
  extracted.fill(0);
  expanded.fill(0);
  return key;
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

export function aeadSeal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, body: Uint8Array): Uint8Array {
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(associated, { plaintextLength: body.length });
  return new Uint8Array(Buffer.concat([cipher.update(body), cipher.final(), cipher.getAuthTag()]));
}

export function aeadOpen(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < tagBytes) return undefined;
  const body = sealed.subarray(0, sealed.length - tagBytes);
  const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(associated, { plaintextLength: body.length });
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(body), decipher.final()]));
  } catch {
    return undefined;
  }
}

export function entropy(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length));
}
