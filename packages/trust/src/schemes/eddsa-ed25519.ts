// This scheme is Ed25519 (RFC 8032). The message itself is signed, and not a digest of it.
import { isEd25519Key, verifyEd25519 } from "@covault/crypto";
import { ed25519Child } from "../derive/ed25519.ts";
import { couldBeSolanaTransaction } from "../solana-transaction.ts";
import { halvesOf, type Scheme } from "./scheme.ts";

/** The longest message that an intent carries, in bytes. */
export const messageBytesMax = 65_536;

export const eddsaEd25519: Scheme = {
  name: "eddsa-ed25519",
  publicKey: { bytes: 32, is: isEd25519Key, hashed: (publicKey) => publicKey },
  publicShare: { bytes: 32, is: isEd25519Key },
  pairs: false,
  message: {
    isDigest: false,
    check: (message) => (message.length <= messageBytesMax ? undefined : `is longer than ${messageBytesMax} bytes`),
    isTransaction: couldBeSolanaTransaction,
  },
  signature: { bytes: 64, verify: verifyEd25519, view: halvesOf },
  derive: ed25519Child,
  extendedKey: undefined,
  taproot: undefined,
};
