// This package drives mpc protocols against ports. The first part is for those that run a party and
// supply its ports.

// The third is for those that keep a party's store.
export { membersOf } from "./attempt/attempt-terms.ts";
export { type RestoredShare, restoreShare, type ToRestore } from "./backup/restore-share.ts";
export { defaultLimits, type Limits } from "./deps.ts";
export type { DropReason, PartyEvent } from "./events.ts";
export { LeaseWatch } from "./lease-watch.ts";
export type { PartyOptions } from "./options.ts";
export { Party } from "./party.ts";
export type * from "./ports/backups.ts";
export * from "./ports/check-notes.ts";
export { type Clock, platformClock } from "./ports/clock.ts";
export { type Entropy, platformEntropy } from "./ports/entropy.ts";
export type { Generation, StoreRecord } from "./ports/generation.ts";
export type * from "./ports/imports.ts";
export type * from "./ports/lease.ts";
export * from "./ports/pairs.ts";
export type * from "./ports/releases.ts";
export * from "./ports/store.ts";
export type { Address, Transport } from "./ports/transport.ts";
// The second part is for those that add a protocol, and for tests.
export type { Agreed, Outcome, PlainPair, Protocol, Protocols, ShareFacts, SharePlain } from "./protocols/protocol.ts";
export { protocols } from "./protocols/registry.ts";
export { inThreadRunner } from "./run/in-thread.ts";
export type { AttemptSecrets, Runner } from "./run/runner.ts";
export { masterIdOf, resealBlob } from "./vault/blob.ts";
export { pairAad, shareAad, Vault } from "./vault/vault.ts";
