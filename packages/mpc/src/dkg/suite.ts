// What the text of a protocol says where its key generation differs from another's. All of it is data, so that the rounds of dkls23-spec section 2 are
// written once: DKLs23 has one suite, FROST one for each of its ciphersuites.
import type { Group, Scalar } from "../group/group.ts";
import type { Tape } from "../kernel/random.ts";
import type { DkgKind, SchemeName } from "../protocol/encoding/names.ts";
import type { ProtocolName } from "../protocol/index.ts";
import type { Pairing } from "./pairing.ts";

/** What the rounds hash. Each family has its own closed list of tags, with these in it. */
export type DkgTag = "dkg/sid" | "dkg/com" | "dkg/h1" | "dkg/chain" | "dkg/h2" | "key/X";

export interface DkgSuite {
  /** As key ids and intents name it. */
  readonly scheme: SchemeName;
  /** What a record says about its scheme: those of DKLs23 say nothing. */
  readonly named: { readonly scheme?: SchemeName };
  /** In stored records and states, 4 bits. */
  readonly code: number;
  /** Names of the machines. */
  readonly protocols: Readonly<Record<DkgKind, ProtocolName>>;
  readonly group: Group;
  /** Whether the scheme wants the opposite of an encoded public key or nonce (BIP-340: only even y). */
  wantsOpposite(encoded: Uint8Array): boolean;

  /** TH of dkls23-spec 0.3, under the prefix of the family. */
  TH(tag: DkgTag, ...fields: readonly Uint8Array[]): Uint8Array;
  /** THs(dkg/pok, ..): the challenge of a proof of knowledge. */
  challengeOf(...fields: readonly Uint8Array[]): Scalar;
  /** What stands before the other fields of a session id: the name of a ciphersuite, or nothing. */
  readonly sidHead: readonly Uint8Array[];
  /** What stands before "dkg/1" and "dkg/2" in the labels of the tapes. */
  readonly tapePrefix: "" | "frost/";
  /** A nonzero scalar of the tape. */
  nonzeroScalar(tape: Tape): Scalar;

  /** What every two receivers make for each other; `undefined`: nothing. */
  readonly pairing: Pairing | undefined;
}
