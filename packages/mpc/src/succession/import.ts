// An import takes in a key that exists in one place. The importer deals it, and all receivers make
// the pairs (dkls23-spec section 8). What is shared is the secret scalar. The key is only as good
// as its history, and the importer has to erase it.
import { CovaultError } from "@covault/errors";
import {
  type DkgContext,
  type DkgOutput,
  type DkgSuite,
  dkgContext,
  dkgMachine,
  type Family,
  type Member,
  readMembers,
  restoreDkg,
  type Share,
} from "../dkg/index.ts";
import type { Scalar } from "../group/group.ts";
import { constantTimeEqual } from "../kernel/equal.ts";
import { bytes, fields, index, integer, list, u32 } from "../protocol/encoding/inputs.ts";
import { epochNumberField } from "../protocol/encoding/names.ts";
import { ascending, erase, type Machine, type ShareIndex } from "../protocol/index.ts";

export interface ImportSetup {
  readonly self: ShareIndex;
  /** The party that deals the key. It may be a receiver too. */
  readonly importer: ShareIndex;
  /** The importer and all receivers, ascending. */
  readonly members: readonly Member[];
  readonly receivers: readonly ShareIndex[];
  /** t, 2..receivers. */
  readonly threshold: number;
  /**
   * The public key from the intent: 33 bytes, compressed (of BIP-340 with even y), or 32 (Ed25519).
   */
  readonly publicKey: Uint8Array;
  /** The chain code (BIP-32) from the intent, 32 bytes. */
  readonly chain: Uint8Array;
  /** `sessionNonce`, 32 bytes. */
  readonly nonce: Uint8Array;
  /**
   * The number of the epoch to come, u32, from the intent. It is above that of every import of this
   * key that was begun before.
   */
  readonly epochNumber: number;
}

const readSetup = fields<ImportSetup>({
  self: index,
  importer: index,
  members: readMembers,
  receivers: list(index),
  threshold: integer(2, 65_535),
  publicKey: bytes(32, 33),
  chain: bytes(32),
  nonce: bytes(32),
  epochNumber: u32,
});

const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);

/** Makes the context of a setup that was read. */
function contextOf(suite: DkgSuite, { importer, publicKey, chain, epochNumber, ...setup }: ImportSetup): DkgContext {
  if (suite.group.decode(publicKey) === undefined) throw bad("publicKey: it is no key of this scheme");
  if (suite.wantsOpposite(publicKey)) throw bad("publicKey: expected the one with even y; a key and its opposite are one key in BIP-340");
  return dkgContext(suite, {
    ...{ kind: "import", ...setup, dealers: ascending([importer], "importer") },
    follows: [epochNumberField(epochNumber), publicKey, chain],
    prescribed: { publicKey, chain, constants: new Map([[importer, publicKey]]) },
    exposed: "imported",
  });
}

/** A whole key: the scalar that is shared, which is secret, and its public key. */
export interface WholeKey {
  readonly secret: Scalar;
  readonly publicKey: Uint8Array;
}

/**
 * Gives the one of a key and its opposite that the scheme knows: a BIP-340 scalar of odd y is
 * negated. Takes over `secret`. Throws `mpc/bad-setup` for zero.
 */
export function wholeKey({ group, wantsOpposite }: DkgSuite, secret: Scalar): WholeKey {
  if (group.isZero(secret)) throw bad("secretKey: it is zero");
  const element = group.mulBase(secret);
  const publicKey = group.encode([element])[0] as Uint8Array;
  if (!wantsOpposite(publicKey)) return { secret, publicKey };
  const opposite = group.negate(secret);
  erase(secret);
  return { secret: opposite, publicKey: group.encode([group.opposite(element)])[0] as Uint8Array };
}

export interface ImportSecrets {
  /**
   * Reads the importer's key. It is undefined for every other party, which does not have the key.
   * Throws `mpc/bad-setup`.
   */
  readonly open: (() => WholeKey) | undefined;
  /** `own`, as in a key generation, of every party but the importer. */
  readonly own: Uint8Array | undefined;
}

/**
 * Makes the machine of an import: 3 rounds. The records say `imported`, and so do those of every
 * later generation. Throws `mpc/bad-setup`, also if the secret key is another key's. Its rounds
 * throw what those of a key generation throw, and `mpc/dealer-mismatch` for an importer that deals
 * another key than the intent names.
 */
export function importKey<Made extends Share>(
  family: Family<Made>,
  suite: DkgSuite,
  given: ImportSetup,
  { open, own }: ImportSecrets,
): Machine<DkgOutput<Made>> {
  const setup = readSetup(given, "");
  const context = contextOf(suite, setup);
  if ((setup.self === setup.importer) !== (open !== undefined)) throw bad("secretKey: the importer has it, and nobody else");
  const whole = open?.();
  if (whole !== undefined && !constantTimeEqual(whole.publicKey, setup.publicKey)) {
    erase(whole.secret);
    throw bad("secretKey: it is not that of publicKey");
  }
  return dkgMachine(family, context, { constant: whole?.secret, own }, (output) => output);
}

/** Restores the machine of an import. The stored round holds what the importer needs. */
export function restoreImport<Made extends Share>(
  family: Family<Made>,
  suite: DkgSuite,
  setup: ImportSetup,
  snapshot: Uint8Array,
): Machine<DkgOutput<Made>> {
  return restoreDkg(family, contextOf(suite, readSetup(setup, "")), snapshot, (output) => output);
}
