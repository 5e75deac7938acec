/** Which network an address is for. Only Bitcoin writes it into the address. */
export const networkNames = ["mainnet", "testnet", "signet", "regtest"] as const;
export type Network = (typeof networkNames)[number];
