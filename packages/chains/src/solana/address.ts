// A Solana address is the Ed25519 key itself in Base58.
import { isEd25519Key } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { base58 } from "@scure/base";

/** `publicKey` is 32 bytes. Throws `trust/bad-argument`. */
export function solanaAddress(publicKey: Uint8Array): string {
  if (!isEd25519Key(publicKey)) throw new CovaultError("trust/bad-argument", "publicKey: expected an Ed25519 key, got none.");
  return base58.encode(publicKey);
}
