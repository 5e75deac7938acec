// The state at rest between two rounds of the DKG, as plain data with a codec: a stored run resumes from bytes (dkls23-spec 0.6). Secret;
// the store encrypts it.

import { CovaultError } from "@covault/errors";
import { Reader, Writer } from "../../protocol/encoding/bytes.ts";
import { borrowed } from "../../protocol/encoding/inputs.ts";
import { type Erasable, Once, type ShareIndex } from "../../protocol/index.ts";
import type { FrostGeneration } from "../encoding/key-share.ts";
import { type FrostDkgContext, readFrostContext, writeFrostContext } from "./context.ts";

export interface Round1State {
  readonly round: "dkg/1";
  readonly context: FrostDkgContext;
  /** a_m, 32 bytes each; empty unless I deal. */
  readonly coefficients: readonly Uint8Array[];
  readonly f: Uint8Array;
  readonly cc: Uint8Array;
  readonly rho: Uint8Array;
  readonly com: Uint8Array;
}

export interface Round2State {
  readonly round: "dkg/2";
  readonly context: FrostDkgContext;
  readonly h1: Uint8Array;
  /** com_j of all members. */
  readonly coms: ReadonlyMap<ShareIndex, Uint8Array>;
  readonly f: Uint8Array;
  readonly cc: Uint8Array;
  readonly rho: Uint8Array;
  readonly pok: Uint8Array;
  /** f_i(i); empty unless I deal to myself. */
  readonly ownShare: Uint8Array;
}

export interface Round3State {
  readonly round: "dkg/3";
  readonly context: FrostDkgContext;
  readonly record: FrostGeneration;
  /** s_i; `undefined`: I receive no share. */
  readonly secret: Uint8Array | undefined;
}

export type FrostDkgState = Round1State | Round2State | Round3State;

/** Every array that an abort overwrites. */
export function secretsOf(state: FrostDkgState): readonly (Erasable | undefined)[] {
  if (state.round === "dkg/1") return [...state.coefficients, state.rho];
  return state.round === "dkg/2" ? [state.ownShare] : [state.secret];
}

const format = 0x51;

/** The bytes of a state that stays usable: it is handed back, once. */
export function encodeState<S extends FrostDkgState>(held: Once<S>): { readonly bytes: Uint8Array; readonly held: Once<S> } {
  const state: FrostDkgState = held.take();
  const out = new Writer().u8(format).u8(Number(state.round.slice(4)));
  writeFrostContext(out, state.context);
  if (state.round === "dkg/1") {
    out.u16(state.coefficients.length);
    for (const a of state.coefficients) out.bytes(a);
    out.field(state.f).bytes(state.cc).bytes(state.rho).bytes(state.com);
  } else if (state.round === "dkg/2") {
    out.bytes(state.h1).map(state.coms, (com) => out.bytes(com));
    out.field(state.f).bytes(state.cc).bytes(state.rho).field(state.pok).field(state.ownShare);
  } else {
    const { record, secret } = state;
    out.bytes(record.keyId).bytes(record.epoch).bytes(record.h2).bytes(record.publicKey).bytes(record.chain);
    for (const { publicShare } of record.holders) out.bytes(publicShare);
    out.field(secret ?? new Uint8Array(0));
  }
  return { bytes: out.done(), held: new Once<S>(state as S, secretsOf(state)) };
}

export interface StoredState {
  readonly context: FrostDkgContext;
  readonly state: FrostDkgState;
}

/** Throws `mpc/bad-setup` for anything but bytes, and `mpc/bad-state`. */
export function decodeState(bytes: Uint8Array): StoredState {
  const stored = borrowed()(bytes, "snapshot");
  const from = new Reader(stored);
  try {
    const [version, round] = [from.u8(), from.u8()];
    if (version !== format || round < 1 || round > 3) throw new RangeError(`format ${version}, round ${round}: unknown`);
    const context = readFrostContext(from);
    const state = round === 1 ? readRound1(from, context) : round === 2 ? readRound2(from, context) : readRound3(from, context);
    from.end();
    return { context, state };
  } catch (cause) {
    from.erase();
    throw new CovaultError("mpc/bad-state", "The stored round of a FROST key generation cannot be read.", { cause });
  }
}

function readRound1(from: Reader, context: FrostDkgContext): Round1State {
  const coefficients = Array.from({ length: from.u16() }, () => from.bytes(32));
  const [f, cc, rho, com] = [from.field(), from.bytes(32), from.bytes(32), from.bytes(32)];
  return { round: "dkg/1", context, coefficients, f, cc, rho, com };
}

function readRound2(from: Reader, context: FrostDkgContext): Round2State {
  const [h1, coms] = [from.bytes(32), from.map(() => from.bytes(32))];
  const [f, cc, rho, pok, ownShare] = [from.field(), from.bytes(32), from.bytes(32), from.field(), from.field()];
  return { round: "dkg/2", context, h1, coms, f, cc, rho, pok, ownShare };
}

function readRound3(from: Reader, context: FrostDkgContext): Round3State {
  const { elementBytes } = context.suite.group;
  const [keyId, epoch, h2] = [from.bytes(32), from.bytes(32), from.bytes(32)];
  const [publicKey, chain] = [from.bytes(elementBytes), from.bytes(32)];
  const holders = context.receivers.map((index) => ({ index, publicShare: from.bytes(elementBytes) }));
  const secret = from.field();
  const { exposed, suite } = context;
  const record = { scheme: suite.scheme, exposed, keyId, epoch, h2, threshold: context.threshold, holders, publicKey, chain };
  return { round: "dkg/3", context, record, secret: secret.length === 0 ? undefined : secret };
}
