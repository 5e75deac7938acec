// What chains make of a key. The package is pure: no network, no clock, no secret.
export { type Addresses, addressesOf } from "./addresses.ts";
export { p2trAddress, p2wpkhAddress } from "./bitcoin/address.ts";
export { type AskedAddresses, checkAddresses, type ShownAddresses, type ShownKey } from "./check-addresses.ts";
export { evmAddress } from "./evm/address.ts";
export { type Network, networkNames } from "./networks.ts";
export { type Signer, signerAddress } from "./signer-address.ts";
export { solanaAddress } from "./solana/address.ts";
export { tronAddress } from "./tron/address.ts";
