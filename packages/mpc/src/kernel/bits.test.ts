// GF(2^128), transposition, the tape and constant-time equality against bitwise definitions.
import { describe, expect, it } from "vitest";
import { fromBe, randomBigInts, toBe } from "../../test/kernel-inputs.ts";
import { transpose } from "./bit-matrix.ts";
import { ascii, bytesFromWords, u32, wordsFromBytes } from "./bytes.ts";
import { constantTimeEqual } from "./equal.ts";
import { gfMulAdd } from "./gf128.ts";
import { hashRows } from "./gf128-rows.ts";
import { TH } from "./hash.ts";
import { Tape, type TapeInputs, withTape } from "./random.ts";
import { fromBytesMod, toBytes } from "./scalar.ts";

const words = (seed: string, count: number) => Uint32Array.from(randomBigInts(seed, count), (x) => Number(x & 0xffffffffn));
const bit = (row: Uint32Array, at: number, j: number) => (row[at + (j >>> 5)]! >>> (j & 31)) & 1;

/** Polynomials as BigInt, bit i = coefficient of X^i. */
const polynomial = (a: Uint32Array, at: number) => [3, 2, 1, 0].reduce((x, i) => (x << 32n) | BigInt(a[at + i]!), 0n);
function product(a: bigint, b: bigint): bigint {
  let x = 0n;
  for (let i = 0n; i < 128n; i++) if ((b >> i) & 1n) x ^= a << i;
  for (let i = 254n; i >= 128n; i--) if ((x >> i) & 1n) x ^= (1n << i) ^ (0x87n << (i - 128n));
  return x;
}

describe("GF(2^128)", () => {
  const a = words("gf a", 80);
  const b = words("gf b", 80);
  a.set([1, 0, 0, 0, 0, 0, 0, 0x80000000, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]);
  b.set([0, 0, 0, 0x80000000, 0, 0, 0, 0x80000000, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]);

  it("multiplies as polynomials mod X^128 + X^7 + X^2 + X + 1", () => {
    for (let i = 0; i < 80; i += 4) {
      const out = a.slice(i, i + 4);
      gfMulAdd(out, 0, a, i, b, i);
      expect(polynomial(out, 0)).toBe(product(polynomial(a, i), polynomial(b, i)) ^ polynomial(a, i));
    }
  });

  it("hashes 128 rows at once as it hashes one", () => {
    for (const count of [128, 416]) {
      const blocks = Math.ceil(count / 128);
      const chi = words(`chi ${count}`, 4 * blocks);
      const stride = count / 32;
      const rows = words(`rows ${count}`, 128 * stride);
      const h = hashRows(chi, transpose(rows, 4, stride, stride), count);
      for (let g = 0; g < 128; g++) {
        const padded = new Uint32Array(4 * blocks);
        padded.set(rows.subarray(stride * g, stride * (g + 1)));
        const one = new Uint32Array(4);
        for (let j = 0; j < 4 * blocks; j += 4) gfMulAdd(one, 0, chi, j, padded, j);
        expect(h.subarray(4 * g, 4 * g + 4)).toEqual(one);
      }
    }
  });
});

describe("transposition", () => {
  it("puts bit j of row i at bit i of row j", () => {
    const [blocks, stride, used] = [4, 17, 13];
    const rows = words("matrix", 32 * blocks * stride);
    const out = transpose(rows, blocks, stride, used);
    for (let i = 0; i < 32 * blocks; i++)
      for (let j = 0; j < 32 * used; j++) if (bit(out, blocks * j, i) !== bit(rows, stride * i, j)) expect({ i, j }).toBe("transposed");
    expect(out.length).toBe(32 * used * blocks);
  });
});

describe("the tape", () => {
  const entropy = toBe(77n);
  const sid = TH("nonce", ascii("sid"));
  const inputs: TapeInputs = { entropy, secret: Uint8Array.of(9), bound: [sid, Uint8Array.of(0, 1)], label: "round1" };

  it("is TH(hedge, entropy, secret, TH(hedge/bound, ..), label, counter), and never repeats", () => {
    const bound = TH("hedge/bound", sid, Uint8Array.of(0, 1));
    const block = (n: number) => TH("hedge", entropy, Uint8Array.of(9), bound, ascii("round1"), u32(n));
    const tape = new Tape(inputs);
    expect(tape.bytes(40)).toEqual(Uint8Array.from([...block(0), ...block(1).subarray(0, 8)]));
    expect(tape.scalar()).toEqual(fromBytesMod(block(2)));
    expect(tape.nonzeroScalar()).toEqual(fromBytesMod(block(3)));
    expect(fromBe(toBytes(tape.scalar()))).toBeGreaterThan(0n);
  });

  it("differs with each of entropy, secret, every input and label, and keeps its own copies", () => {
    const make = (change: Partial<TapeInputs>) => Buffer.from(new Tape({ ...inputs, ...change }).bytes(32)).toString("hex");
    const all = [
      make({}),
      make({ entropy: toBe(78n) }),
      make({ secret: Uint8Array.of(9, 0) }),
      make({ bound: [sid] }),
      make({ bound: [sid, Uint8Array.of(0), Uint8Array.of(1)] }),
      make({ bound: [entropy, Uint8Array.of(0, 1)] }),
      make({ label: "round2" }),
    ];
    expect(new Set(all).size).toBe(all.length);
    const [mine, secret] = [entropy.slice(), Uint8Array.of(9)];
    const tape = new Tape({ ...inputs, entropy: mine, secret });
    mine.fill(0);
    secret.fill(0);
    expect(Buffer.from(tape.bytes(32)).toString("hex")).toBe(all[0]);
  });

  it("is made of no entropy that is all zero, or of another length", () => {
    for (const bad of [new Uint8Array(32), new Uint8Array(31).fill(1), new Uint8Array(33).fill(1)])
      expect(() => new Tape({ ...inputs, entropy: bad })).toThrowError(expect.objectContaining({ code: "mpc/bad-setup" }));
  });

  it("is erased with its round, also if the round fails", () => {
    let held: Tape | undefined;
    const failing = () =>
      withTape(inputs, (tape) => {
        held = tape;
        throw new RangeError("the round failed");
      });
    expect(failing).toThrowError("the round failed");
    expect(() => held?.bytes(1)).toThrowError(expect.objectContaining({ code: "mpc/invariant" }));
  });
});

describe("constant-time equality", () => {
  it("sees a difference in any byte and in length", () => {
    const a = toBe(0x0123456789n);
    for (let i = 0; i < 32; i++) {
      const b = a.slice();
      b[i]! ^= 0x80;
      expect(constantTimeEqual(a, b)).toBe(false);
    }
    expect(constantTimeEqual(a, a.slice())).toBe(true);
    expect(constantTimeEqual(a, a.subarray(1))).toBe(false);
  });

  it("words and bytes round trip", () => {
    const bytes = toBe(randomBigInts("w", 1)[0]!);
    expect(bytesFromWords(wordsFromBytes(bytes))).toEqual(bytes);
    expect(wordsFromBytes(Uint8Array.of(1, 2, 3, 4))).toEqual(Uint32Array.of(0x01020304));
  });
});
