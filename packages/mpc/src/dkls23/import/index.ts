// Import of a key that exists in one place: the importer deals it, everybody makes the pairs (dkls23-spec section 8). The key is only as good
// as its history; the importer has to erase it.
import { CovaultError } from "@covault/errors";
import * as point from "../../kernel/point.ts";
import * as scalar from "../../kernel/scalar.ts";
import { checkContext, type DkgContext } from "../../protocol/dkg/context.ts";
import { type Member, memberIndices, readMembers } from "../../protocol/dkg/members.ts";
import { borrowed, bytes, fields, index, integer, list, optional, u32 } from "../../protocol/encoding/inputs.ts";
import { epochNumberField } from "../../protocol/encoding/names.ts";
import { ascending, erase, type Machine, type ShareIndex } from "../../protocol/index.ts";
import { dkgSid } from "../encoding/session-id.ts";
import type { DkgOutput } from "../keygen/finish.ts";
import { dkgMachine, restoreDkg } from "../keygen/machine.ts";

export interface ImportSetup {
  readonly self: ShareIndex;
  /** Who deals the key. May be a receiver too. */
  readonly importer: ShareIndex;
  /** The importer's and all receivers', ascending. */
  readonly members: readonly Member[];
  readonly receivers: readonly ShareIndex[];
  /** t, 2..receivers. */
  readonly threshold: number;
  /** From the intent: compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** From the intent: BIP-32 chain code, 32 bytes. */
  readonly chain: Uint8Array;
  /** `sessionNonce`, 32 bytes. */
  readonly nonce: Uint8Array;
  /** Of the epoch to come, from the intent: above that of every import of this key that was begun before. u32. */
  readonly epochNumber: number;
}

const readSetup = fields<ImportSetup>({
  self: index,
  importer: index,
  members: readMembers,
  receivers: list(index),
  threshold: integer(2, 65_535),
  publicKey: bytes(33),
  chain: bytes(32),
  nonce: bytes(32),
  epochNumber: u32,
});

/** `setup` as it was read. */
function contextOf({ self, importer, members, receivers, threshold, publicKey, chain, nonce, epochNumber }: ImportSetup): DkgContext {
  const dealers = ascending([importer], "importer");
  if (point.decode33(publicKey) === undefined) throw new CovaultError("mpc/bad-setup", "publicKey: expected a compressed point, 33 bytes");
  const indices = memberIndices(members);
  const context: DkgContext = {
    kind: "import",
    sid: dkgSid({
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
    exposed: "imported",
  };
  checkContext(context);
  return context;
}

/**
 * 3 rounds. `secretKey`: be32, of the importer alone; `own`: as of a key generation, of everybody else. The records say `imported`, as
 * those of every later generation. Throws `mpc/bad-setup`, also if the secret key is another key's; its rounds throw what those of a key
 * generation throw, and `mpc/dealer-mismatch` for an importer that deals another key than the intent names.
 */
export function importMachine(given: ImportSetup, secretKey?: Uint8Array, own?: Uint8Array): Machine<DkgOutput> {
  const setup = readSetup(given, "");
  const context = contextOf(setup);
  if ((setup.self === setup.importer) !== (secretKey !== undefined))
    throw new CovaultError("mpc/bad-setup", "secretKey: the importer has it, and nobody else");
  const whole = optional(borrowed(32))(secretKey, "secretKey");
  const secret = whole && scalar.fromBytes(whole);
  const fits = secret && !scalar.isZero(secret) && point.equal(point.mulBase(secret), point.decode33(setup.publicKey) as point.Point);
  erase(secret);
  if (whole !== undefined && fits !== true) throw new CovaultError("mpc/bad-setup", "secretKey: it is not that of publicKey");
  return dkgMachine(context, { constant: whole && new Uint8Array(whole), own }, (output) => output);
}

/** As `restoreKeygen`. The stored round holds what the importer needs. */
export function restoreImport(setup: ImportSetup, snapshot: Uint8Array): Machine<DkgOutput> {
  return restoreDkg(contextOf(readSetup(setup, "")), snapshot, (output) => output);
}
