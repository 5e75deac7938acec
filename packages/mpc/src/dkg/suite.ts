// A suite says where the key generation of a protocol differs from another's. All of it is data, so
// that the rounds of dkls23-spec section 2 are written once. DKLs23 has one suite, and FROST has
// one for each of its ciphersuites.
import type { Group, Scalar } from "../group/group.ts";
import type { Tape } from "../kernel/random.ts";
import type { DkgKind, SchemeName } from "../protocol/encoding/names.ts";
import type { ProtocolName } from "../protocol/index.ts";
import type { Pairing } from "./pairing.ts";

/**
 * The tags that the rounds hash with. Each family has its own closed list of tags, with these in
 * it.
 */
export type DkgTag = "dkg/sid" | "dkg/com" | "dkg/h1" | "dkg/chain" | "dkg/h2" | "key/X" | "repair/h1";

export interface DkgSuite {
  /** The scheme's name, as key ids and intents have it. */
  readonly scheme: SchemeName;
  /** What a record says about its scheme. Records of DKLs23 say nothing. */
  readonly named: { readonly scheme?: SchemeName };
  /** The suite's number in stored records and states, 4 bits. */
  readonly code: number;
  /** The names of the machines. */
  readonly protocols: Readonly<Record<DkgKind | "repair", ProtocolName>>;
  readonly group: Group;
  /**
   * Tells whether the scheme wants the opposite of an encoded public key or nonce (BIP-340 knows
   * only even y).
   */
  wantsOpposite(encoded: Uint8Array): boolean;

  /** TH of dkls23-spec 0.3, under the prefix of the family. */
  TH(tag: DkgTag, ...fields: readonly Uint8Array[]): Uint8Array;
  /** THs(dkg/pok, ..), the challenge of a proof of knowledge. */
  challengeOf(...fields: readonly Uint8Array[]): Scalar;
  /** The fields before the others in a session id: the name of a ciphersuite, or nothing. */
  readonly sidHead: readonly Uint8Array[];
  /** The text before "dkg/1" and "dkg/2" in the labels of the tapes. */
  readonly tapePrefix: "" | "frost/";
  /** Gives a nonzero scalar of the tape. */
  nonzeroScalar(tape: Tape): Scalar;

  /** What every two receivers make for each other. It is undefined for a family without pairs. */
  readonly pairing: Pairing | undefined;
}
