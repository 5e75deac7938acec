// Verifies signatures with code that the system does not verify with: viem on its own version of
// @noble/curves for ECDSA, and OpenSSL by node:crypto for Ed25519.
import { createPublicKey, verify } from "node:crypto";
import { recoverMessageAddress } from "viem";
import type { Signed, Signer } from "./requests.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.replace(/^0x/, ""), "hex");

/** Says whether the signature is one of the signer's key. */
export async function isSignature({ work, message, signature }: Signed, signer: Signer): Promise<boolean> {
  if (work === "ecdsa")
    return (await recoverMessageAddress({ message, signature: `0x${bytes(signature).toString("hex")}` })) === signer.address;
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: bytes(signer.ed25519Key).toString("base64url") }, format: "jwk" });
  return verify(null, bytes(message), key, bytes(signature));
}
