// The state at rest between two rounds of section 2, as plain data with a codec: a stored run resumes from bytes (dkls23-spec 0.6).
// Secret; the store encrypts it.

import { CovaultError } from "@covault/errors";
import { type DkgContext, readContext, writeContext } from "../../protocol/dkg/context.ts";
import { Reader, Writer } from "../../protocol/encoding/bytes.ts";
import { borrowed } from "../../protocol/encoding/inputs.ts";
import { type Erasable, Once, type ShareIndex } from "../../protocol/index.ts";
import type { Generation } from "../encoding/key-share.ts";
import { pairSecrets, readPair, writePair } from "../encoding/pairs.ts";
import type { PairState } from "../ot/index.ts";
import { crossSecrets, type PairCross, type PairStart, readCross, readStart, startSecrets, writeCross, writeStart } from "./pair.ts";

export interface Round1State {
  readonly round: "dkg/1";
  readonly context: DkgContext;
  /** a_m, be32 each; empty unless I deal. */
  readonly coefficients: readonly Uint8Array[];
  readonly f: Uint8Array;
  readonly cc: Uint8Array;
  readonly rho: Uint8Array;
  readonly com: Uint8Array;
  readonly pairs: ReadonlyMap<ShareIndex, PairStart>;
}

export interface Round2State {
  readonly round: "dkg/2";
  readonly context: DkgContext;
  readonly h1: Uint8Array;
  /** com_j of all members. */
  readonly coms: ReadonlyMap<ShareIndex, Uint8Array>;
  readonly f: Uint8Array;
  readonly cc: Uint8Array;
  readonly rho: Uint8Array;
  readonly pok: Uint8Array;
  /** f_i(i), be32; empty unless I deal to myself. */
  readonly ownShare: Uint8Array;
  /** zs_{i→j} as sent. */
  readonly zs: ReadonlyMap<ShareIndex, Uint8Array>;
  readonly pairs: ReadonlyMap<ShareIndex, PairCross>;
}

export interface ConfirmedPair {
  readonly pair: PairState;
  /** kc that the partner has to send. */
  readonly expected: Uint8Array;
}

export interface Round3State {
  readonly round: "dkg/3";
  readonly context: DkgContext;
  readonly record: Generation;
  /** s_i, be32; `undefined`: I receive no share. */
  readonly secret: Uint8Array | undefined;
  readonly pairs: ReadonlyMap<ShareIndex, ConfirmedPair>;
}

export type DkgState = Round1State | Round2State | Round3State;

/** Every array that an abort overwrites. */
export function secretsOf(state: DkgState): readonly (Erasable | undefined)[] {
  if (state.round === "dkg/1") return [...state.coefficients, state.rho, ...[...state.pairs.values()].flatMap(startSecrets)];
  if (state.round === "dkg/2") return [state.ownShare, ...state.zs.values(), ...[...state.pairs.values()].flatMap(crossSecrets)];
  const pairs = [...state.pairs.values()].flatMap(({ pair, expected }) => [expected, ...pairSecrets(pair)]);
  return [state.secret, ...pairs];
}

const format = 1;

/** The bytes of a state that stays usable: it is handed back, once. */
export function encodeState<S extends DkgState>(held: Once<S>): { readonly bytes: Uint8Array; readonly held: Once<S> } {
  const state = held.take();
  const out = new Writer().u8(format).u8(Number(state.round.slice(4)));
  writeContext(out, state.context);
  if (state.round === "dkg/1") writeRound1(out, state);
  else if (state.round === "dkg/2") writeRound2(out, state);
  else writeRound3(out, state);
  return { bytes: out.done(), held: new Once(state, secretsOf(state)) };
}

/** Throws `mpc/bad-setup` for anything but bytes, and `mpc/bad-state`. */
export function decodeState(bytes: Uint8Array): { readonly round: 1 | 2 | 3; readonly context: DkgContext; readonly held: Once<DkgState> } {
  const stored = borrowed()(bytes, "snapshot");
  const from = new Reader(stored);
  try {
    const [version, round] = [from.u8(), from.u8()];
    if (version !== format || (round !== 1 && round !== 2 && round !== 3))
      throw new RangeError(`format ${version}, round ${round}: unknown`);
    const context = readContext(from, 33);
    const state = round === 1 ? readRound1(from, context) : round === 2 ? readRound2(from, context) : readRound3(from, context);
    from.end();
    return { round, context, held: new Once<DkgState>(state, secretsOf(state)) };
  } catch (cause) {
    from.erase();
    throw new CovaultError("mpc/bad-state", "The stored round of a key generation cannot be read.", { cause });
  }
}

function writeRound1(out: Writer, state: Round1State): void {
  out.u16(state.coefficients.length);
  for (const a of state.coefficients) out.bytes(a);
  out.field(state.f).bytes(state.cc).bytes(state.rho).bytes(state.com);
  out.map(state.pairs, (pair) => writeStart(out, pair));
}

function readRound1(from: Reader, context: DkgContext): Round1State {
  const coefficients = Array.from({ length: from.u16() }, () => from.bytes(32));
  const [f, cc, rho, com] = [from.field(), from.bytes(32), from.bytes(32), from.bytes(32)];
  return { round: "dkg/1", context, coefficients, f, cc, rho, com, pairs: from.map(() => readStart(from)) };
}

function writeRound2(out: Writer, state: Round2State): void {
  out.bytes(state.h1).map(state.coms, (com) => out.bytes(com));
  out.field(state.f).bytes(state.cc).bytes(state.rho).field(state.pok).field(state.ownShare);
  out.map(state.zs, (zs) => out.bytes(zs)).map(state.pairs, (pair) => writeCross(out, pair));
}

function readRound2(from: Reader, context: DkgContext): Round2State {
  const [h1, coms] = [from.bytes(32), from.map(() => from.bytes(32))];
  const [f, cc, rho, pok, ownShare] = [from.field(), from.bytes(32), from.bytes(32), from.field(), from.field()];
  const [zs, pairs] = [from.map(() => from.bytes(32)), from.map(() => readCross(from))];
  return { round: "dkg/2", context, h1, coms, f, cc, rho, pok, ownShare, zs, pairs };
}

function writeRound3(out: Writer, { record, secret, pairs }: Round3State): void {
  out.bytes(record.keyId).bytes(record.epoch).bytes(record.h2).u16(record.threshold).bytes(record.publicKey).bytes(record.chain);
  out.map(new Map(record.holders.map(({ index, publicShare }) => [index, publicShare])), (publicShare) => out.bytes(publicShare));
  out.field(secret ?? new Uint8Array(0));
  out.map(pairs, ({ pair, expected }) => {
    writePair(out, pair);
    out.bytes(expected);
  });
}

function readRound3(from: Reader, context: DkgContext): Round3State {
  const [keyId, epoch, h2, threshold] = [from.bytes(32), from.bytes(32), from.bytes(32), from.u16()];
  const [publicKey, chain] = [from.bytes(33), from.bytes(32)];
  const holders = [...from.map(() => from.bytes(33))].map(([index, publicShare]) => ({ index, publicShare }));
  const secret = from.field();
  const pairs = from.map(() => ({ pair: readPair(from), expected: from.bytes(32) }));
  const record = { keyId, epoch, h2, threshold, holders, publicKey, chain, exposed: context.exposed };
  return { round: "dkg/3", context, record, secret: secret.length === 0 ? undefined : secret, pairs };
}
