// The state at rest between two rounds of dkls23-spec section 2 is plain data with a codec, so that
// a stored run resumes from bytes (0.6). It is secret, and the store encrypts it.
import { CovaultError } from "@covault/errors";
import { Reader, Writer } from "../protocol/encoding/bytes.ts";
import { borrowed } from "../protocol/encoding/inputs.ts";
import { type Erasable, Once, type ShareIndex } from "../protocol/index.ts";
import { type DkgContext, readContext, writeContext } from "./context.ts";
import { type Stored, suiteOfCode } from "./family.ts";
import type { GenerationOf, KeyRecord } from "./key-share.ts";
import type { AtRest, Pairing } from "./pairing.ts";
import type { DkgSuite } from "./suite.ts";

export interface Round1State {
  readonly round: "dkg/1";
  readonly context: DkgContext;
  /** The a_m, 32 bytes each. It is empty unless this party deals. */
  readonly coefficients: readonly Uint8Array[];
  readonly f: Uint8Array;
  readonly cc: Uint8Array;
  readonly rho: Uint8Array;
  readonly com: Uint8Array;
  readonly pairs: ReadonlyMap<ShareIndex, unknown>;
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
  /** f_i(i), 32 bytes. It is empty unless this party deals to itself. */
  readonly ownShare: Uint8Array;
  /** zs_{i→j} as it was sent. */
  readonly zs: ReadonlyMap<ShareIndex, Uint8Array>;
  readonly pairs: ReadonlyMap<ShareIndex, unknown>;
}

export interface ConfirmedPair {
  readonly pair: unknown;
  /** The kc that the partner has to send. */
  readonly expected: Uint8Array;
}

export interface Round3State {
  readonly round: "dkg/3";
  readonly context: DkgContext;
  readonly record: GenerationOf<KeyRecord>;
  /** s_i, 32 bytes. It is undefined when this party receives no share. */
  readonly secret: Uint8Array | undefined;
  readonly pairs: ReadonlyMap<ShareIndex, ConfirmedPair>;
}

export type DkgState = Round1State | Round2State | Round3State;

const halfOfSeed: AtRest<Uint8Array> = { write: (out, zs) => out.bytes(zs), read: (from) => from.bytes(32), secrets: (zs) => [zs] };
const confirmedPair = ({ made }: Pairing): AtRest<ConfirmedPair> => ({
  write(out, { pair, expected }) {
    made.write(out, pair);
    out.bytes(expected);
  },
  read: (from) => ({ pair: made.read(from), expected: from.bytes(32) }),
  secrets: ({ pair, expected }) => [expected, ...made.secrets(pair)],
});

/** Gives every array that an abort overwrites. */
export function secretsOf(state: DkgState): readonly (Erasable | undefined)[] {
  const { pairing } = state.context.suite;
  if (state.round === "dkg/1") return [...state.coefficients, state.rho, ...pairSecrets(pairing?.started, state.pairs)];
  if (state.round === "dkg/2") return [state.ownShare, ...pairSecrets(halfOfSeed, state.zs), ...pairSecrets(pairing?.crossed, state.pairs)];
  return [state.secret, ...pairSecrets(pairing && confirmedPair(pairing), state.pairs)];
}

export const pairSecrets = <S>(rest: AtRest<S> | undefined, pairs: ReadonlyMap<ShareIndex, S>): readonly Erasable[] =>
  [...pairs.values()].flatMap((pair) => rest?.secrets(pair) ?? []);

/** Gives the bytes of a state, and hands the state back once, so that it stays usable. */
export function encodeState<S extends DkgState>(stored: Stored, held: Once<S>): { readonly bytes: Uint8Array; readonly held: Once<S> } {
  const state = held.take();
  const { formats } = stored;
  const { suite } = state.context;
  const out = new Writer().u8(formats.round).u8(Number(state.round.slice(4)));
  if (formats.roundNamesSuite) out.u8(suite.code);
  writeContext(out, state.context);
  if (state.round === "dkg/1") writeRound1(out, state);
  else if (state.round === "dkg/2") writeRound2(out, state);
  else writeRound3(out, state, stored);
  return { bytes: out.done(), held: new Once(state, secretsOf(state)) };
}

/**
 * Decodes a stored state. Throws `mpc/bad-setup` for anything but bytes, and `mpc/bad-state` for
 * bytes that are no state.
 */
export function decodeState(stored: Stored, bytes: Uint8Array): DkgState {
  const { formats, suites } = stored;
  const from = new Reader(borrowed()(bytes, "snapshot"));
  try {
    const [version, round] = [from.u8(), from.u8()];
    if (version !== formats.round || round < 1 || round > 3) throw new RangeError(`format ${version}, round ${round}: unknown`);
    const suite = formats.roundNamesSuite ? suiteOfCode(stored, from.u8()) : (suites[0] as DkgSuite);
    const context = { suite, ...readContext(from, suite.group.elementBytes) };
    const state = round === 1 ? readRound1(from, context) : round === 2 ? readRound2(from, context) : readRound3(from, context, stored);
    from.end();
    return state;
  } catch (cause) {
    from.erase();
    throw new CovaultError("mpc/bad-state", "The stored round of a key generation cannot be read.", { cause });
  }
}

function writeRound1(out: Writer, state: Round1State): void {
  out.u16(state.coefficients.length);
  for (const a of state.coefficients) out.bytes(a);
  out.field(state.f).bytes(state.cc).bytes(state.rho).bytes(state.com);
  writePairs(out, state.context.suite.pairing?.started, state.pairs);
}

function readRound1(from: Reader, context: DkgContext): Round1State {
  const coefficients = Array.from({ length: from.u16() }, () => from.bytes(32));
  const [f, cc, rho, com] = [from.field(), from.bytes(32), from.bytes(32), from.bytes(32)];
  return { round: "dkg/1", context, coefficients, f, cc, rho, com, pairs: readPairs(from, context.suite.pairing?.started) };
}

function writeRound2(out: Writer, state: Round2State): void {
  const { pairing } = state.context.suite;
  out.bytes(state.h1).map(state.coms, (com) => out.bytes(com));
  out.field(state.f).bytes(state.cc).bytes(state.rho).field(state.pok).field(state.ownShare);
  writePairs(out, pairing && halfOfSeed, state.zs);
  writePairs(out, pairing?.crossed, state.pairs);
}

function readRound2(from: Reader, context: DkgContext): Round2State {
  const { pairing } = context.suite;
  const [h1, coms] = [from.bytes(32), from.map(() => from.bytes(32))];
  const [f, cc, rho, pok, ownShare] = [from.field(), from.bytes(32), from.bytes(32), from.field(), from.field()];
  const [zs, pairs] = [readPairs(from, pairing && halfOfSeed), readPairs(from, pairing?.crossed)];
  return { round: "dkg/2", context, h1, coms, f, cc, rho, pok, ownShare, zs, pairs };
}

function writeRound3(out: Writer, { context, record, secret, pairs }: Round3State, { formats }: Stored): void {
  const { pairing } = context.suite;
  out.bytes(record.keyId).bytes(record.epoch).bytes(record.h2);
  if (formats.roundRepeatsRoles) out.u16(record.threshold);
  out.bytes(record.publicKey).bytes(record.chain);
  if (formats.roundRepeatsRoles) out.u16(record.holders.length);
  for (const { index, publicShare } of record.holders) (formats.roundRepeatsRoles ? out.u16(index) : out).bytes(publicShare);
  out.field(secret ?? new Uint8Array(0));
  writePairs(out, pairing && confirmedPair(pairing), pairs);
}

function readRound3(from: Reader, context: DkgContext, { formats }: Stored): Round3State {
  const { suite, exposed, receivers } = context;
  const { elementBytes } = suite.group;
  const [keyId, epoch, h2] = [from.bytes(32), from.bytes(32), from.bytes(32)];
  const threshold = formats.roundRepeatsRoles ? from.u16() : context.threshold;
  const [publicKey, chain] = [from.bytes(elementBytes), from.bytes(32)];
  const shares = formats.roundRepeatsRoles
    ? from.map(() => from.bytes(elementBytes))
    : new Map(receivers.map((index) => [index, from.bytes(elementBytes)]));
  const holders = [...shares].map(([index, publicShare]) => ({ index, publicShare }));
  const secret = from.field();
  const pairs = readPairs(from, suite.pairing && confirmedPair(suite.pairing));
  const record = { ...suite.named, keyId, epoch, h2, threshold, holders, publicKey, chain, exposed };
  return { round: "dkg/3", context, record, secret: secret.length === 0 ? undefined : secret, pairs };
}

function writePairs<S>(out: Writer, rest: AtRest<S> | undefined, pairs: ReadonlyMap<ShareIndex, S>): void {
  if (rest !== undefined) out.map(pairs, (pair) => rest.write(out, pair));
}

const readPairs = <S>(from: Reader, rest: AtRest<S> | undefined): ReadonlyMap<ShareIndex, S> =>
  rest === undefined ? new Map() : from.map(() => rest.read(from));
