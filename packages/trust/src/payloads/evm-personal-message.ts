// This payload is an EIP-191 message of version 0x45, which wallets show as a message to sign. The
// prefix keeps it apart from every transaction.
import { keccak_256 } from "@noble/hashes/sha3.js";
import type { PayloadKind } from "./kind.ts";

/** The body is the message itself: text as UTF-8, or any bytes. */
export const evmPersonalMessage: PayloadKind = {
  name: "evm_personal_message",
  scheme: "ecdsa-secp256k1",
  digest(body) {
    const prefix = new TextEncoder().encode(`\x19Ethereum Signed Message:\n${body.length}`);
    return keccak_256.create().update(prefix).update(body).digest();
  },
};
