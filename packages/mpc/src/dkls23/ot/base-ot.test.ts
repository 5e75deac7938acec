// These tests hold the base OT to dkls23-spec 3, 10.1, 10.4 d and 13 B1.
import { describe, expect, it } from "vitest";
import { fromBytes, type Scalar, THs } from "../../../test/ot-inputs.ts";
import { H2C } from "../../kernel/h2c.ts";
import { ascii, concat, TH, u8 } from "../../kernel/hash.ts";
import { add, decode64, encode64, mul, mulBase, sub } from "../../kernel/point.ts";
import { Tape } from "../../kernel/random.ts";
import { baseOtReceive, baseOtReceiveFinish, baseOtSend, baseOtSendFinish } from "./base-ot.ts";

const osid = TH("ot/sid", ascii("base-ot.test"));
const tape = (label: string) => new Tape({ entropy: TH("nonce", ascii(label)), secret: osid, bound: [osid], label });
const choice = (words: Uint8Array, g: number) => (words[(g >>> 5) * 4 + 3 - ((g >>> 3) & 3)]! >>> (g & 7)) & 1;
const keyOf = (pairs: Uint8Array, g: number, b: number) => pairs.subarray(32 * g + 16 * b, 32 * g + 16 * b + 16);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

const sender = baseOtSend(tape("S"));
const receiver = baseOtReceive(osid, tape("R"));

describe("base OT", () => {
  const S = baseOtSendFinish(osid, sender.state, receiver.list)!;
  const R = baseOtReceiveFinish(osid, receiver.state, sender.A)!;

  it("R has the key of its choice for all 128 indices, and the other key differs", () => {
    const seen = new Set<string>();
    for (let g = 0; g < 128; g++) {
      const c = choice(receiver.state.choices, g);
      expect(choice(R.delta, g)).toBe(1 - c);
      const own = hex(R.seeds.subarray(16 * g, 16 * g + 16));
      expect(own).toBe(hex(keyOf(S.pairs, g, c)));
      expect(own).not.toBe(hex(keyOf(S.pairs, g, 1 - c)));
      for (const b of [0, 1]) seen.add(hex(keyOf(S.pairs, g, b)));
    }
    expect(seen.size).toBe(256);
  });

  it("the keys are the specified ones", () => {
    const a = fromBytes(sender.state.a)!;
    for (const [g, b] of [
      [0, 0],
      [0, 1],
      [77, 1],
      [127, 0],
    ] as const) {
      const at = (bit: number) => receiver.list.subarray(128 * g + 64 * bit, 128 * g + 64 * bit + 64);
      const M = add(decode64(at(b))!, H2C(osid, concat(u8(g), u8(b), at(1 - b))));
      const key = TH("ot/key", osid, u8(g), u8(b), sender.A, concat(at(0), at(1)), encode64(mul(M, a))).subarray(0, 16);
      expect(hex(keyOf(S.pairs, g, b))).toBe(hex(key));
    }
  });

  it("another A, or one point of the list replaced, makes keys differ; nothing is agreed by chance", () => {
    const other = baseOtSend(tape("S2"));
    const wrong = baseOtReceiveFinish(osid, receiver.state, other.A)!;
    for (let g = 0; g < 128; g++)
      expect(hex(wrong.seeds.subarray(16 * g, 16 * g + 16))).not.toBe(hex(R.seeds.subarray(16 * g, 16 * g + 16)));
    const list = receiver.list.slice();
    list.set(other.A, 64 * 9);
    const changed = baseOtSendFinish(osid, sender.state, list)!;
    for (const b of [0, 1]) expect(hex(keyOf(changed.pairs, 4, b))).not.toBe(hex(keyOf(S.pairs, 4, b)));
    expect(hex(keyOf(changed.pairs, 5, 0))).toBe(hex(keyOf(S.pairs, 5, 0)));
  });

  it("refuses lists and points that do not decode, and R_b = H2C, which adds up with equal abscissae", () => {
    for (const at of [0, 63, 64 * 255 + 5]) {
      const list = receiver.list.slice();
      list[at]! ^= 4;
      expect(baseOtSendFinish(osid, sender.state, list)).toBeUndefined();
    }
    expect(baseOtSendFinish(osid, sender.state, receiver.list.subarray(1))).toBeUndefined();
    const A = sender.A.slice();
    A[40]! ^= 1;
    expect(baseOtReceiveFinish(osid, receiver.state, A)).toBeUndefined();
    expect(baseOtReceiveFinish(osid, receiver.state, A.subarray(1))).toBeUndefined();
    const crafted = receiver.list.slice();
    crafted.set(encode64(H2C(osid, concat(u8(3), u8(0), crafted.subarray(128 * 3 + 64, 128 * 3 + 128)))), 128 * 3);
    expect(baseOtSendFinish(osid, sender.state, crafted)).toBeUndefined();
  });
});

describe("a receiver that wants both logarithms (10.4 d)", () => {
  const g = 11;
  const oracle = (b: number, other: Uint8Array) => H2C(osid, concat(u8(g), u8(b), other));
  const cheat = (hash: (b: number, other: Uint8Array) => ReturnType<typeof H2C>, t0: Scalar, t1: Scalar, stale: Uint8Array) => {
    // R_1 is made against a stale R_0, then R_0 against the true R_1: the circle cannot be closed.
    const R1 = encode64(sub(mulBase(t1), hash(1, stale)));
    const R0 = encode64(sub(mulBase(t0), hash(0, R1)));
    return { R0, R1 };
  };
  const [t0, t1] = [THs("a"), THs("b")];

  it("gets at most one of its two keys", () => {
    const { R0, R1 } = cheat(oracle, t0, t1, encode64(mulBase(t0)));
    const list = receiver.list.slice();
    list.set(concat(R0, R1), 128 * g);
    const S = baseOtSendFinish(osid, sender.state, list)!;
    const A = decode64(sender.A)!;
    const key = (b: number, t: Scalar) =>
      hex(TH("ot/key", osid, u8(g), u8(b), sender.A, concat(R0, R1), encode64(mul(A, t))).subarray(0, 16));
    expect(key(0, t0)).toBe(hex(keyOf(S.pairs, g, 0)));
    expect(key(1, t1)).not.toBe(hex(keyOf(S.pairs, g, 1)));
  });

  it("B1: the oracle's logarithm is not the hash, so R cannot compute the other key", () => {
    // With H = h G and h public, R_{1-c} = r G with a known r gives log(R_{1-c} + H) = r + h, and
    // so both keys.
    for (const b of [0, 1]) {
      const f = concat(u8(g), u8(b), encode64(mulBase(t0)));
      const H = H2C(osid, f);
      for (let c = 0; c < 16; c++)
        for (const tag of ["h2c", "h2c-sign"] as const) {
          const h = fromBytes(TH(tag, osid, f, u8(c)));
          if (h !== undefined) expect(hex(encode64(mulBase(h)))).not.toBe(hex(encode64(H)));
        }
      // The result is the point whose abscissa is the first hash that is one, so its logarithm was
      // never chosen.
      const abscissae = Array.from({ length: 16 }, (_, c) => hex(TH("h2c", osid, f, u8(c))));
      expect(abscissae).toContain(hex(encode64(H).subarray(0, 32)));
    }
  });
});
