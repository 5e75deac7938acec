// Sealed and signed messages between two parties, and the identity keys that sign statements.
export { type IdentityKey, identityKeyFromSeed, signStatement } from "./identity.ts";
export { type ChannelSetup, deriveChannel, type JoinKeys, joinsDigest, makeJoinKeys, type PairChannel } from "./pair-channel.ts";
export { signRound, verifyRound } from "./round.ts";
