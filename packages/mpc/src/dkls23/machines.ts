// Every protocol as a machine, in one place: what a driver runs.
export { type KeygenOutput, type KeygenSetup, keygenMachine, type Member, restoreKeygen } from "./keygen/index.ts";
export { type SignOutput, type SignSetup, signMachine } from "./sign/index.ts";
