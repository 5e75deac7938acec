// Import of a key that exists in one place: the importer deals it (dkls23-spec section 8). What is shared is the secret scalar. Signatures verify
// under the same public key, but their nonces are FROST's: a signature is another one than the old key would have made, and neither the seed of
// an Ed25519 key nor the prefix that RFC 8032 derives from it is in any share. The key is only as good as its history; the importer has to erase it.
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../../kernel/equal.ts";
import { checkContext } from "../../protocol/dkg/context.ts";
import { type Member, memberIndices, readMembers } from "../../protocol/dkg/members.ts";
import { bytes, fields, index, integer, list, u32 } from "../../protocol/encoding/inputs.ts";
import { epochNumberField } from "../../protocol/encoding/names.ts";
import { ascending, erase, type Machine, type ShareIndex } from "../../protocol/index.ts";
import { type FrostDkgContext, frostDkgSid } from "../keygen/context.ts";
import type { FrostDkgOutput } from "../keygen/index.ts";
import { dkgMachine, restoreDkg } from "../keygen/machine.ts";
import { type Scheme, suiteOf } from "../suite/index.ts";
import { type FrostSecretKey, openSecretKey } from "./secret-key.ts";

export { type FrostSecretKey, frostPublicKey } from "./secret-key.ts";

export interface FrostImportSetup {
  readonly self: ShareIndex;
  /** Who deals the key. May be a receiver too. */
  readonly importer: ShareIndex;
  /** The importer's and all receivers', ascending. */
  readonly members: readonly Member[];
  readonly receivers: readonly ShareIndex[];
  /** t, 2..receivers. */
  readonly threshold: number;
  /** From the intent, as `frostPublicKey` gives it: 32 bytes (Ed25519), or 33 compressed with even y (BIP-340). */
  readonly publicKey: Uint8Array;
  /** From the intent: chain code, 32 bytes. */
  readonly chain: Uint8Array;
  /** `sessionNonce`, 32 bytes. */
  readonly nonce: Uint8Array;
  /** Of the epoch to come, from the intent: above that of every import of this key that was begun before. u32. */
  readonly epochNumber: number;
}

const readSetup = fields<FrostImportSetup>({
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

/** `setup` as it was read. */
function contextOf(scheme: Scheme, setup: FrostImportSetup): FrostDkgContext {
  const { self, importer, members, receivers, threshold, publicKey, chain, nonce, epochNumber } = setup;
  const suite = suiteOf(scheme);
  const dealers = ascending([importer], "importer");
  if (suite.group.decode(publicKey) === undefined) throw new CovaultError("mpc/bad-setup", "publicKey: it is no key of this scheme");
  if (suite.wantsOpposite(publicKey))
    throw new CovaultError("mpc/bad-setup", "publicKey: expected the one with even y; a key and its opposite are one key in BIP-340");
  const indices = memberIndices(members);
  const context: FrostDkgContext = {
    suite,
    exposed: "imported",
    kind: "import",
    sid: frostDkgSid(suite, {
      kind: "import",
      nonce,
      threshold,
      members,
      dealers,
      receivers,
      context: [epochNumberField(epochNumber), publicKey, chain],
    }),
    self,
    threshold,
    members: indices,
    dealers,
    receivers,
    prescribed: { publicKey, chain, constants: new Map([[importer, publicKey]]) },
  };
  checkContext(context);
  return context;
}

/**
 * 3 rounds. `secretKey`: of the importer alone; `own`: as of a key generation, of everybody else. The records say `imported`, as those of
 * every later generation. Throws `mpc/bad-setup`, also if the secret key is another key's; its rounds throw what those of a key generation
 * throw, and `mpc/dealer-mismatch` for an importer that deals another key than the intent names.
 */
export function frostImportMachine(
  scheme: Scheme,
  given: FrostImportSetup,
  secretKey?: FrostSecretKey,
  own?: Uint8Array,
): Machine<FrostDkgOutput> {
  const setup = readSetup(given, "");
  const context = contextOf(scheme, setup);
  if ((setup.self === setup.importer) !== (secretKey !== undefined))
    throw new CovaultError("mpc/bad-setup", "secretKey: the importer has it, and nobody else");
  if (secretKey === undefined) return dkgMachine(context, { constant: undefined, own }, (output) => output);
  const { secret, publicKey } = openSecretKey(context.suite, secretKey);
  if (!constantTimeEqual(publicKey, setup.publicKey)) {
    erase(secret);
    throw new CovaultError("mpc/bad-setup", "secretKey: it is not that of publicKey");
  }
  return dkgMachine(context, { constant: secret, own: undefined }, (output) => output);
}

/** As `restoreFrostKeygen`. The stored round holds what the importer needs. */
export function restoreFrostImport(scheme: Scheme, setup: FrostImportSetup, snapshot: Uint8Array): Machine<FrostDkgOutput> {
  return restoreDkg(contextOf(scheme, readSetup(setup, "")), snapshot, (output) => output);
}
