// A Tron address is the 20 bytes of an EVM address behind the byte 0x41, in Base58Check. All
// networks of Tron share it.
import { sha256 } from "@noble/hashes/sha2.js";
import { createBase58check } from "@scure/base";
import { evmAddressBytes } from "../evm/address.ts";

const base58 = createBase58check(sha256);

/** Gives "T…". `publicKey` is compressed, 33 bytes. Throws `trust/bad-argument`. */
export const tronAddress = (publicKey: Uint8Array): string => base58.encode(Uint8Array.of(0x41, ...evmAddressBytes(publicKey)));
