// Base OT: endemic, one flow each way, one sender point for the batch (dkls23-spec 3). S gets 128 pairs of keys, R one key
// of each pair, by a choice that S does not learn.
import { H2C } from "../../kernel/h2c.ts";
import { concat, TH, u8 } from "../../kernel/hash.ts";
import { add, decode33, decode64, encode64, equal, isIdentity, mul, mulBase, neg, type Point, sub } from "../../kernel/point.ts";
import type { Tape } from "../../kernel/random.ts";
import { fromBytes, toBytes } from "../../kernel/scalar.ts";
import { BASE_OTS, type OtRecv, type OtSend } from "./parameters.ts";

/** S between the flows. Secret. */
export interface BaseOtSender {
  readonly a: Uint8Array;
  readonly A: Uint8Array;
}

/** R between the flows. Secret. */
export interface BaseOtReceiver {
  /** Word string of the 128 choice bits c. */
  readonly choices: Uint8Array;
  /** 128 x be32(t_g). */
  readonly t: Uint8Array;
  /** As sent. */
  readonly list: Uint8Array;
}

function bit(words: Uint8Array, g: number): number {
  return (words[(g >>> 5) * 4 + 3 - ((g >>> 3) & 3)]! >>> (g & 7)) & 1;
}

function kdf(osid: Uint8Array, g: number, b: number, A: Uint8Array, list: Uint8Array, P: Point): Uint8Array {
  return TH("ot/key", osid, u8(g), u8(b), A, list.subarray(128 * g, 128 * g + 128), encode64(P)).subarray(0, 16);
}

function oracle(osid: Uint8Array, g: number, b: number, other: Uint8Array): Point {
  return H2C(osid, concat(u8(g), u8(b), other));
}

export function baseOtSend(tape: Tape): { readonly state: BaseOtSender; readonly A: Uint8Array } {
  const a = tape.nonzeroScalar();
  const A = encode64(mulBase(a));
  return { state: { a: toBytes(a), A }, A };
}

function randomPoint(tape: Tape): Point {
  const compressed = new Uint8Array(33);
  for (;;) {
    compressed.set(tape.bytes(32), 1);
    compressed[0] = 2 | (tape.bytes(1)[0]! & 1);
    const P = decode33(compressed);
    if (P !== undefined) return P;
  }
}

export function baseOtReceive(osid: Uint8Array, tape: Tape): { readonly state: BaseOtReceiver; readonly list: Uint8Array } {
  const choices = tape.bytes(16);
  const t = new Uint8Array(32 * BASE_OTS);
  const list = new Uint8Array(128 * BASE_OTS);
  for (let g = 0; g < BASE_OTS; g++) {
    const c = bit(choices, g);
    for (;;) {
      const scalar = tape.nonzeroScalar();
      const T = mulBase(scalar);
      const free = encode64(randomPoint(tape));
      const H = oracle(osid, g, c, free);
      if (equal(T, H) || equal(T, neg(H))) continue;
      const bound = encode64(sub(T, H));
      oracle(osid, g, 1 - c, bound); // The number of trials must not depend on c.
      t.set(toBytes(scalar), 32 * g);
      list.set(bound, 128 * g + 64 * c);
      list.set(free, 128 * g + 64 * (1 - c));
      break;
    }
  }
  return { state: { choices, t, list }, list };
}

/** S's output. Undefined if a point of the list is bad: blame R. */
export function baseOtSendFinish(osid: Uint8Array, state: BaseOtSender, list: Uint8Array): OtRecv | undefined {
  if (list.length !== 128 * BASE_OTS) return undefined;
  const a = fromBytes(state.a)!;
  const pairs = new Uint8Array(32 * BASE_OTS);
  for (let g = 0; g < BASE_OTS; g++)
    for (let b = 0; b < 2; b++) {
      const at = 128 * g + 64 * b;
      const R = decode64(list.subarray(at, at + 64));
      if (R === undefined) return undefined;
      const other = 128 * g + 64 * (1 - b);
      const H = oracle(osid, g, b, list.subarray(other, other + 64));
      if (equal(R, H) || isIdentity(add(R, H))) return undefined;
      pairs.set(kdf(osid, g, b, state.A, list, mul(add(R, H), a)), 32 * g + 16 * b);
    }
  return { pairs };
}

/** R's output. Undefined if A is bad: blame S. */
export function baseOtReceiveFinish(osid: Uint8Array, state: BaseOtReceiver, A: Uint8Array): OtSend | undefined {
  const base = decode64(A);
  if (base === undefined) return undefined;
  const seeds = new Uint8Array(16 * BASE_OTS);
  for (let g = 0; g < BASE_OTS; g++) {
    const t = fromBytes(state.t.subarray(32 * g, 32 * g + 32))!;
    seeds.set(kdf(osid, g, bit(state.choices, g), A, state.list, mul(base, t)), 16 * g);
  }
  return { delta: state.choices.map((byte) => byte ^ 0xff), seeds };
}
