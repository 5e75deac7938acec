// The known answers of the kernel and the oblivious transfers are frozen (dkls23-spec 10.1,
// Appendix B).
import { readFileSync } from "node:fs";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { extendCheck, extendReceive } from "../src/dkls23/ot/extension.ts";
import { gadget } from "../src/dkls23/ot/gadget.ts";
import { XI } from "../src/dkls23/ot/parameters.ts";
import { reversalCheck, reversalExtendWith } from "../src/dkls23/ot/reversal.ts";
import { rvoleAliceWith, rvoleBob1With, rvoleBob2, rvoleCheck } from "../src/dkls23/ot/rvole.ts";
import { bytesFromWords } from "../src/kernel/bytes.ts";
import { H2C } from "../src/kernel/h2c.ts";
import { concat, taggedHash, u8 } from "../src/kernel/hash.ts";
import { base, encode64, mulSmall } from "../src/kernel/point.ts";
import { add, fromBytesMod, fromInt, invert, mul, sub, toBytes } from "../src/kernel/scalar.ts";

const kat = JSON.parse(readFileSync(new URL("../vectors/dkls23/dkls23-kat.json", import.meta.url), "utf8"));
const hex = bytesToHex;
const digest = (bytes: Uint8Array) => hex(sha256(bytes));

/**
 * The 128 choice bits of the vectors stand in bytes, where bit g = (c[g>>3] >> (g&7)) & 1. The
 * library has a word string.
 */
const wordString = (bytes: Uint8Array) => bytes.map((_, i) => bytes[(i & ~3) + 3 - (i & 3)]!);
const key = (g: number, b: number) => taggedHash("kat/k", u8(g), u8(b)).subarray(0, 16);

const c = taggedHash("kat/c").subarray(0, 16);
const pad = taggedHash("kat/pad").subarray(0, 16);
const osalt = taggedHash("kat/osalt");
const rv = taggedHash("kat/rv");
const beta = concat(taggedHash("kat/beta", u8(0)), taggedHash("kat/beta", u8(1))).subarray(0, 52);
const recv = { pairs: concat(...Array.from({ length: 128 }, (_, g) => concat(key(g, 0), key(g, 1)))) };
const send = {
  delta: wordString(c).map((byte) => byte ^ 0xff),
  seeds: concat(...Array.from({ length: 128 }, (_, g) => key(g, (c[g >> 3]! >> (g & 7)) & 1))),
};

describe("known answers", () => {
  it("TH, H2C and the gadget", () => {
    expect(hex(taggedHash("test", hexToBytes("0102"), new Uint8Array(0)))).toBe(kat.TH_test);
    const fields = concat(u8(3), u8(1), encode64(mulSmall(base, 5)));
    expect(hex(taggedHash("kat/osid"))).toBe(kat.h2c.osid);
    expect(hex(encode64(H2C(taggedHash("kat/osid"), fields)))).toBe(kat.h2c.point);
    expect([0, 1, 415].map((j) => hex(toBytes(gadget(j))))).toEqual(kat.gadget);
  });

  it("OT extension", () => {
    const { state, message } = extendReceive(osalt, recv, beta, pad);
    expect(digest(message.U)).toBe(kat.ote.U_sha256);
    expect(hex(message.U.subarray(0, 68))).toBe(kat.ote.U_row0);
    expect(hex(message.x)).toBe(kat.ote.x);
    expect(digest(message.t)).toBe(kat.ote.t_sha256);
    expect(hex(message.t.subarray(0, 16))).toBe(kat.ote.t_0);
    expect(hex(bytesFromWords(state.v.subarray(0, 4)))).toBe(kat.ote.v_0);
    expect(hex(bytesFromWords(state.v.subarray(4 * 415)))).toBe(kat.ote.v_415);
    const sender = extendCheck(osalt, send, message, XI);
    expect(hex(bytesFromWords(sender!.w.subarray(0, 4)))).toBe(kat.ote.w_0);
  });

  it("RVOLE, and c + d = a b", () => {
    const a = [0, 1].map((i) => fromBytesMod(taggedHash("kat/a", u8(i))));
    const ahat = fromBytesMod(taggedHash("kat/ahat"));
    const bob = rvoleBob1With(osalt, recv, beta, pad);
    expect(hex(toBytes(bob.b))).toBe(kat.rvole.b);
    const alice = rvoleAliceWith(rv, rvoleCheck(osalt, send, bob.message)!, a[0]!, a[1]!, ahat);
    expect(digest(alice.message.at)).toBe(kat.rvole.at_sha256);
    expect(hex(alice.message.at.subarray(0, 32))).toBe(kat.rvole.at_0_0);
    expect(hex(alice.message.eta)).toBe(kat.rvole.eta);
    expect(hex(alice.message.mu)).toBe(kat.rvole.mu);
    expect(alice.c.map((x) => hex(toBytes(x)))).toEqual(kat.rvole.c);
    const d = rvoleBob2(rv, bob.state, alice.message)!;
    expect(d.map((x) => hex(toBytes(x)))).toEqual(kat.rvole.d);
    for (const i of [0, 1]) expect(toBytes(add(alice.c[i]!, d[i]!))).toEqual(toBytes(mul(a[i]!, bob.b)));
  });

  it("OT reversal", () => {
    const choices = wordString(taggedHash("kat/rc").subarray(0, 16));
    const s = reversalExtendWith(osalt, recv, choices, pad);
    expect(digest(s.message.U)).toBe(kat.reversal.U_sha256);
    expect(hex(s.send.seeds.subarray(0, 16))).toBe(kat.reversal.recv_0);
    const r = reversalCheck(osalt, send, s.message)!;
    expect(hex(r.pairs.subarray(0, 16))).toBe(kat.reversal.k0_0);
    expect(hex(r.pairs.subarray(16, 32))).toBe(kat.reversal.k1_0);
  });

  it("Lagrange coefficients", () => {
    const lambda = (set: number[], id: number) =>
      set.filter((j) => j !== id).reduce((x, j) => mul(x, mul(fromInt(j), invert(sub(fromInt(j), fromInt(id))))), fromInt(1));
    expect(hex(toBytes(lambda([1, 3], 1)))).toBe(kat.lagrange["set 1,3 of id 1"]);
    expect(hex(toBytes(lambda([2, 3, 5], 3)))).toBe(kat.lagrange["set 2,3,5 of id 3"]);
  });
});
