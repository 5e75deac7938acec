// Drives one mpc protocol against ports. For those who supply the ports:
export { type Clock, platformClock } from "./ports/clock.ts";
export { type Entropy, platformEntropy } from "./ports/entropy.ts";
export * from "./ports/store.ts";
export type { Address, Transport } from "./ports/transport.ts";
