// Keys of curve 25519 as node:crypto takes them. As JWK (RFC 8037) a key is read seven times as
// fast as OpenSSL finds its decoder of DER.
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

type Curve = "Ed25519" | "X25519";

const pkcs8 = { Ed25519: "302e020100300506032b657004220420", X25519: "302e020100300506032b656e04220420" } as const;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

/** `publicKey` is that of the same secret, if it is known. Only then can the key be a JWK. */
export function privateKeyOf(crv: Curve, secret: Uint8Array, publicKey?: Uint8Array): KeyObject {
  if (publicKey !== undefined) return createPrivateKey({ key: { kty: "OKP", crv, d: text(secret), x: text(publicKey) }, format: "jwk" });
  return createPrivateKey({ key: Buffer.concat([Buffer.from(pkcs8[crv], "hex"), secret]), format: "der", type: "pkcs8" });
}

export const publicKeyOf = (crv: Curve, key: Uint8Array): KeyObject =>
  createPublicKey({ key: { kty: "OKP", crv, x: text(key) }, format: "jwk" });

/** The 32 bytes of the public half of a private key. */
export function publicBytesOf(privateKey: KeyObject): Uint8Array {
  const { x } = createPublicKey(privateKey as unknown as Parameters<typeof createPublicKey>[0]).export({ format: "jwk" });
  return new Uint8Array(Buffer.from(x as string, "base64url"));
}
