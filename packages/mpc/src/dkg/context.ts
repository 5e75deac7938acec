// A context says what a run of section 2 is about. All members agree on it before round 1. Keygen,
// refresh, reshare, recovery and import differ in the context alone: which members deal (D), which
// receive (N), and what the dealers' constant terms must be (dkls23-spec section 7).
import { CovaultError } from "@covault/errors";
import { u8, u16 } from "../kernel/bytes.ts";
import type { Reader, Writer } from "../protocol/encoding/bytes.ts";
import { type Exposure, exposedByte, readExposedByte } from "../protocol/encoding/exposure.ts";
import { bytes, optional } from "../protocol/encoding/inputs.ts";
import { type DkgKind, dkgKinds, idList, runKinds } from "../protocol/encoding/names.ts";
import { erase } from "../protocol/erase.ts";
import { ascending, type ShareIndex } from "../protocol/share-index.ts";
import { type Member, memberIndices } from "./members.ts";
import type { DkgSuite } from "./suite.ts";

export interface DkgContext {
  readonly suite: DkgSuite;
  readonly kind: DkgKind;
  /** The session id, 32 bytes. */
  readonly sid: Uint8Array;
  readonly self: ShareIndex;
  /** t' of the new sharing. */
  readonly threshold: number;
  /** U, ascending: every party that takes part. */
  readonly members: readonly ShareIndex[];
  /** D, ascending: the members that deal. */
  readonly dealers: readonly ShareIndex[];
  /** N, ascending: the members that receive a share. */
  readonly receivers: readonly ShareIndex[];
  /** What must come out of the run. It is absent for keygen, and present for all other kinds. */
  readonly prescribed: Prescribed | undefined;
  /** The exposure that the record will state. */
  readonly exposed: Exposure | undefined;
}

/**
 * What a run on an existing key must give. The key and the constants are encoded as the scheme
 * encodes a public key: 33 bytes compressed, or 32 (Ed25519).
 */
export interface Prescribed {
  readonly publicKey: Uint8Array;
  /** The chain code, 32 bytes. */
  readonly chain: Uint8Array;
  /** F_{j,0} of every dealer. */
  readonly constants: ReadonlyMap<ShareIndex, Uint8Array>;
}

/** What all members agree on, and what each of them knows of it. */
export interface DkgRun extends Omit<DkgContext, "suite" | "sid" | "members"> {
  readonly nonce: Uint8Array;
  readonly members: readonly Member[];
  /** ctx of 0.4: what the run takes from an existing key. It is empty for keygen. */
  readonly follows: readonly Uint8Array[];
}

/** Makes the context of a run that was read. Throws `mpc/bad-setup`. */
export function dkgContext(suite: DkgSuite, { nonce, members, follows, ...run }: DkgRun): DkgContext {
  const context = { suite, ...run, members: memberIndices(members), sid: runSid(suite, { nonce, members, follows, ...run }) };
  checkContext(context);
  return context;
}

/** What a session id of 0.4 is made of, of every kind of run. */
export interface NamedRun extends Pick<DkgRun, "nonce" | "threshold" | "members" | "dealers" | "receivers" | "follows"> {
  readonly kind: keyof typeof runKinds;
}

/**
 * Gives sid. Everything that the members of a run must agree on goes in. Members that differ get
 * different ids, and stop before they send anything that matters.
 */
export function runSid({ TH, sidHead }: DkgSuite, run: NamedRun): Uint8Array {
  const { kind, nonce, threshold, members, dealers, receivers, follows } = run;
  const lists = [members.map(({ index }) => index), dealers, receivers].map(idList);
  const idpks = members.map(({ idpk }) => idpk);
  return TH("dkg/sid", ...sidHead, nonce, u8(runKinds[kind]), u16(threshold), ...lists, ...idpks, ...follows);
}

/** Checks a context against the rules of 0.4. Throws `mpc/bad-setup`. */
export function checkContext(context: DkgContext): void {
  const { self, threshold, prescribed, kind } = context;
  const members = ascending(context.members, "members");
  const dealers = ascending(context.dealers, "dealers");
  const receivers = ascending(context.receivers, "receivers");
  const bad = (message: string): never => {
    throw new CovaultError("mpc/bad-setup", message);
  };
  if (threshold < 2 || threshold > receivers.length) bad(`threshold: expected an integer in 2..${receivers.length}, got ${threshold}`);
  if (!members.includes(self)) bad(`self: party ${self} is not among the members ${members.join(", ")}`);
  if (dealers.length === 0) bad("dealers: expected at least one");
  const union = new Set([...dealers, ...receivers]);
  if (union.size !== members.length || !members.every((j) => union.has(j))) bad("members: expected exactly the dealers and the receivers");
  if ((kind === "keygen") !== (prescribed === undefined)) bad(`${kind}: a prescribed key is for every kind but keygen`);
  if (prescribed !== undefined && !dealers.every((j) => prescribed.constants.has(j))) bad("constants: one per dealer expected");
}

/** The secrets that a party brings to a run that deals shares. */
export interface DkgSecrets {
  /**
   * a_0 of a dealer whose constant term is prescribed, as the scheme encodes scalars. It is
   * undefined when the term is drawn, and when this party deals nothing.
   */
  readonly constant?: Uint8Array | undefined;
  /**
   * `own` of dkls23-spec 0.6: 32 bytes that only this party has. When it is undefined, the party's
   * index takes its place.
   */
  readonly own?: Uint8Array | undefined;
}

/**
 * Gives the secrets that a machine takes over: the constant, and a copy of `own`, whose original
 * the caller erases when it likes. Throws `mpc/bad-setup` unless `own` has 32 bytes of which one is
 * not zero, since an erased secret is all zeros.
 */
export function takeSecrets({ constant, own }: DkgSecrets): DkgSecrets {
  try {
    const taken = optional(bytes(32))(own, "own");
    if (taken?.every((byte) => byte === 0) === true)
      throw new CovaultError("mpc/bad-setup", "own: expected 32 secret bytes of this party, got 32 zeros");
    return { constant, own: taken };
  } catch (refused) {
    erase(constant);
    throw refused;
  }
}

/** Gives the secret of the tape of round 1 (dkls23-spec 0.6). */
export const tapeSecret = ({ self }: DkgContext, { constant, own }: DkgSecrets): Uint8Array => constant ?? own ?? u16(self);

export const peersOf = (context: DkgContext): readonly ShareIndex[] => context.members.filter((j) => j !== context.self);
export const deals = (context: DkgContext, j: ShareIndex): boolean => context.dealers.includes(j);
export const receives = (context: DkgContext, j: ShareIndex): boolean => context.receivers.includes(j);

export function writeContext(out: Writer, context: DkgContext): void {
  out.u8(exposedByte(runKinds[context.kind], context.exposed)).bytes(context.sid).u16(context.self).u16(context.threshold);
  out.indices(context.members).indices(context.dealers).indices(context.receivers);
  const { prescribed } = context;
  out.u8(prescribed === undefined ? 0 : 1);
  if (prescribed !== undefined)
    out
      .bytes(prescribed.publicKey)
      .bytes(prescribed.chain)
      .map(prescribed.constants, (constant) => out.bytes(constant));
}

/** Reads a context from a stored state. `keyBytes` is the length of an encoded public key. */
export function readContext(from: Reader, keyBytes: 32 | 33): Omit<DkgContext, "suite"> {
  const { code, exposed } = readExposedByte(from.u8());
  const kind = dkgKinds.find((name) => runKinds[name] === code);
  if (kind === undefined) throw new RangeError(`kind ${code} is unknown`);
  const [sid, self, threshold] = [from.bytes(32), from.index(), from.u16()];
  const [members, dealers, receivers] = [from.indices(), from.indices(), from.indices()];
  const prescribed = from.flag()
    ? { publicKey: from.bytes(keyBytes), chain: from.bytes(32), constants: from.map(() => from.bytes(keyBytes)) }
    : undefined;
  return { kind, sid, self, threshold, members, dealers, receivers, prescribed, exposed };
}
