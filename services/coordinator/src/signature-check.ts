// The coordinator's own check of a reported signature: against the public key and message of the intent, never what a party says.
import { recoverEcdsa, verifyBip340, verifyEcdsa, verifyEd25519 } from "@covault/trust";
import type { SignAction } from "@covault/wire";

/** ECDSA: r || s || recovery id, 65 bytes, low s; others 64 bytes. Never throws. */
export function isSignatureOf(sign: SignAction, signature: Uint8Array): boolean {
  const { publicKey, message } = sign;
  switch (sign.scheme) {
    case "ecdsa-secp256k1": {
      if (signature.length !== 65) return false;
      const rs = signature.subarray(0, 64);
      const recovered = recoverEcdsa(message, rs, signature[64] ?? 4);
      return recovered !== undefined && Buffer.from(recovered).equals(publicKey) && verifyEcdsa(publicKey, message, rs);
    }
    case "eddsa-ed25519":
      return signature.length === 64 && verifyEd25519(publicKey, message, signature);
    case "schnorr-bip340":
      return signature.length === 64 && verifyBip340(publicKey, message, signature);
    default:
      return false;
  }
}
