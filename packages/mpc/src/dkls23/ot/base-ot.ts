// Base OT is endemic, with one flow each way, and one sender point for the batch (dkls23-spec 3). S
// gets 128 pairs of keys. R gets one key of each pair, by a choice that S does not learn.
import { decodeAffine, encodeAffine, liftAffine } from "../../kernel/affine.ts";
import { baseTable, mulTable, mulTableLanes } from "../../kernel/base-table.ts";
import { times } from "../../kernel/field-linear.ts";
import { hashToAffine, hashTrials } from "../../kernel/h2c.ts";
import { concat, TH, u8 } from "../../kernel/hash.ts";
import { addLanes, type Lanes, lanesNew } from "../../kernel/lanes.ts";
import { mulLanes } from "../../kernel/lanes-mul.ts";
import { toLanes } from "../../kernel/normalize.ts";
import { baseMultiples, decode64, encode64, mulBase } from "../../kernel/point.ts";
import type { Tape } from "../../kernel/random.ts";
import { fromBytes, type Scalar, toBytes } from "../../kernel/scalar.ts";
import { BASE_OTS, type OtRecv, type OtSend } from "./parameters.ts";

/** The secret state of S between the flows. */
export interface BaseOtSender {
  readonly a: Uint8Array;
  readonly A: Uint8Array;
}

/** The secret state of R between the flows. */
export interface BaseOtReceiver {
  /** The 128 choice bits c, as a word string. */
  readonly choices: Uint8Array;
  /** The 128 scalars t_g, be32 each. */
  readonly t: Uint8Array;
  /** The list as it was sent. */
  readonly list: Uint8Array;
}

function bit(words: Uint8Array, g: number): number {
  return (words[(g >>> 5) * 4 + 3 - ((g >>> 3) & 3)]! >>> (g & 7)) & 1;
}

/** Writes the key of the point P to keys[at..], and overwrites P. */
function kdf(keys: Uint8Array, at: number, osid: Uint8Array, g: number, b: number, A: Uint8Array, list: Uint8Array, P: Uint8Array): void {
  const digest = TH("ot/key", osid, u8(g), u8(b), A, list.subarray(128 * g, 128 * g + 128), P);
  keys.set(digest.subarray(0, 16), at);
  for (const secret of [digest, P]) secret.fill(0);
}

/** Sets lane l to H2C(osid, g || b || other). */
function oracle(lanes: Lanes, l: number, osid: Uint8Array, g: number, b: number, other: Uint8Array): void {
  hashToAffine(lanes.X, 11 * l, lanes.Y, 11 * l, osid, concat(u8(g), u8(b), other));
}

function encodeLane(lanes: Lanes, l: number): Uint8Array {
  return encodeAffine(lanes.X, 11 * l, lanes.Y, 11 * l);
}

export function baseOtSend(tape: Tape): { readonly state: BaseOtSender; readonly A: Uint8Array } {
  const a = tape.nonzeroScalar();
  const A = encode64(mulBase(a));
  const state = { a: toBytes(a), A };
  a.fill(0);
  return { state, A };
}

/** Gives points whose logarithms nobody knows. */
function randomPoints(tape: Tape): Lanes {
  const lanes = lanesNew(BASE_OTS);
  const parities = tape.bytes(16);
  for (let g = 0; g < BASE_OTS; g++) while (!liftAffine(lanes.X, 11 * g, lanes.Y, 11 * g, tape.bytes(32), 0, () => bit(parities, g)));
  return lanes;
}

export function baseOtReceive(osid: Uint8Array, tape: Tape): { readonly state: BaseOtReceiver; readonly list: Uint8Array } {
  for (;;) {
    const choices = tape.bytes(16);
    const scalars = Array.from({ length: BASE_OTS }, () => tape.nonzeroScalar());
    const bound = mulTableLanes(baseMultiples(), scalars);
    const free = randomPoints(tape);
    const masks = lanesNew(BASE_OTS);
    const encoded: Uint8Array[] = [];
    for (let g = 0; g < BASE_OTS; g++) {
      encoded.push(encodeLane(free, g));
      oracle(masks, g, osid, g, bit(choices, g), encoded[g]!);
      times(masks.Y, 11 * g, masks.Y, 11 * g, -1);
    }
    // The sum fails with negligible probability, and then everything is drawn anew.
    if (bound === undefined || !addLanes(bound, masks)) continue;
    const list = new Uint8Array(128 * BASE_OTS);
    const t = new Uint8Array(32 * BASE_OTS);
    for (let g = 0; g < BASE_OTS; g++) {
      const c = bit(choices, g);
      const own = encodeLane(bound, g);
      // The number of trials, of both bits together, must not depend on c.
      hashTrials(osid, concat(u8(g), u8(1 - c), own));
      const other = encoded[g]!;
      for (let i = 0; i < 64; i++) {
        const swap = (own[i]! ^ other[i]!) & -c;
        list[128 * g + i] = own[i]! ^ swap;
        list[128 * g + 64 + i] = other[i]! ^ swap;
      }
      const drawn = toBytes(scalars[g]!);
      t.set(drawn, 32 * g);
      for (const secret of [drawn, scalars[g]!, own, other]) secret.fill(0);
    }
    for (const lanes of [bound, masks]) for (const axis of [lanes.X, lanes.Y]) axis.fill(0);
    return { state: { choices, t, list }, list };
  }
}

/** Gives the output of S, or undefined if a point of the list is bad, for which R is to blame. */
export function baseOtSendFinish(osid: Uint8Array, state: BaseOtSender, list: Uint8Array): OtRecv | undefined {
  if (list.length !== 128 * BASE_OTS) return undefined;
  const points = lanesNew(2 * BASE_OTS);
  const masks = lanesNew(2 * BASE_OTS);
  for (let l = 0; l < 2 * BASE_OTS; l++) if (!decodeAffine(points.X, 11 * l, points.Y, 11 * l, list, 64 * l)) return undefined;
  for (let l = 0; l < 2 * BASE_OTS; l++) {
    const other = 64 * (l ^ 1);
    oracle(masks, l, osid, l >>> 1, l & 1, list.subarray(other, other + 64));
  }
  const a = fromBytes(state.a);
  const good = a !== undefined && addLanes(points, masks) && mulLanes(points, a);
  a?.fill(0);
  if (!good) return undefined;
  const pairs = new Uint8Array(32 * BASE_OTS);
  for (let l = 0; l < 2 * BASE_OTS; l++) kdf(pairs, 16 * l, osid, l >>> 1, l & 1, state.A, list, encodeLane(points, l));
  for (const axis of [points.X, points.Y]) axis.fill(0);
  return { pairs };
}

/** Gives t_g A for all g. */
function multiples(A: Uint8Array, scalars: readonly Scalar[]): Lanes | undefined {
  const base = decode64(A);
  if (base === undefined) return undefined;
  const table = baseTable(base, 0);
  const lanes = mulTableLanes(table, scalars);
  if (lanes !== undefined) return lanes;
  const all = new Float64Array(33 * scalars.length);
  for (const [g, t] of scalars.entries()) mulTable(all, 33 * g, table, t);
  return toLanes(all, scalars.length);
}

/** Gives the output of R, or undefined if A is bad, for which S is to blame. */
export function baseOtReceiveFinish(osid: Uint8Array, state: BaseOtReceiver, A: Uint8Array): OtSend | undefined {
  const scalars = Array.from({ length: BASE_OTS }, (_, g) => fromBytes(state.t.subarray(32 * g, 32 * g + 32))!);
  const points = multiples(A, scalars);
  for (const t of scalars) t.fill(0);
  if (points === undefined) return undefined;
  const seeds = new Uint8Array(16 * BASE_OTS);
  for (let g = 0; g < BASE_OTS; g++) kdf(seeds, 16 * g, osid, g, bit(state.choices, g), A, state.list, encodeLane(points, g));
  for (const axis of [points.X, points.Y]) axis.fill(0);
  return { delta: state.choices.map((byte) => byte ^ 0xff), seeds };
}
