// These tests hold the OT extension and the reversal to dkls23-spec 4.2, 4.5, 10.1 and 10.4 a.
import { describe, expect, it } from "vitest";
import { bet } from "../../../test/bets.ts";
import { bitOf, flipped, idealPair } from "../../../test/ot-inputs.ts";
import { bytesFromWords } from "../../kernel/bytes.ts";
import { ascii, TH } from "../../kernel/hash.ts";
import { Tape } from "../../kernel/random.ts";
import { extendCheck, extendReceive } from "./extension.ts";
import { XI } from "./parameters.ts";
import { reversalCheck, reversalExtend, reversalSalt } from "./reversal.ts";

const salt = TH("sign/ote", ascii("extension.test"));
const { recv, send } = idealPair("extension");
const tape = new Tape({ entropy: TH("nonce", ascii("tape")), secret: salt, bound: [salt], label: "extension" });
const beta = tape.bytes(XI / 8);
const pad = tape.bytes(16);
const bob = extendReceive(salt, recv, beta, pad);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const at = (words: Uint32Array, j: number) => bytesFromWords(words.subarray(4 * j, 4 * j + 4));

describe("OT extension", () => {
  const alice = extendCheck(salt, send, bob.message, XI)!;

  it("w_j = v_j xor beta_j Delta for all 416 indices", () => {
    for (let j = 0; j < XI; j++) {
      const expected = at(bob.state.v, j).map((byte, i) => byte ^ (bitOf(beta, j) ? send.delta[i]! : 0));
      expect(hex(at(alice.w, j))).toBe(hex(expected));
    }
    expect(new Set(Array.from({ length: XI }, (_, j) => hex(at(bob.state.v, j)))).size).toBe(XI);
  });

  it("refuses any flipped bit of x and t, and of U where Delta_i is 1 or the hash changes", () => {
    const { U, x, t } = bob.message;
    for (const j of [0, 1, 31, 63, 64, 127]) expect(extendCheck(salt, send, { U, x: flipped(x, j), t }, XI)).toBeUndefined();
    for (const j of [0, 127, 128, 128 * 77 + 5, 128 * 128 - 1])
      expect(extendCheck(salt, send, { U, x, t: flipped(t, j) }, XI)).toBeUndefined();
    for (const j of [0, 415, 416, 543, 544 * 50 + 3, 544 * 127 + 543])
      expect(extendCheck(salt, send, { U: flipped(U, j), x, t }, XI)).toBeUndefined();
  });

  it("refuses another salt and every wrong length", () => {
    const { U, x, t } = bob.message;
    expect(extendCheck(TH("sign/ote"), send, bob.message, XI)).toBeUndefined();
    expect(extendCheck(salt, send, bob.message, 128)).toBeUndefined();
    for (const message of [
      { U: U.subarray(1), x, t },
      { U, x: x.subarray(1), t },
      { U, x, t: t.subarray(16) },
      { U: Uint8Array.from([...U, 0]), x, t },
    ])
      expect(extendCheck(salt, send, message, XI)).toBeUndefined();
  });
});

describe("a Bob who alters one row of U and recomputes x~ and t~ (10.4 a)", () => {
  it("passes exactly if Delta_i = 0: so a failed check must burn the pair", () => {
    const error = TH("nonce", ascii("error"));
    const wide = Uint8Array.from([...error, ...error, ...error]).subarray(0, 68);
    const seen = new Set<number>();
    for (const i of [0, 1, 2, 3, 4, 5, 31, 32, 64, 100, 126, 127]) {
      const bit = bitOf(send.delta, i);
      seen.add(bit);
      expect(extendCheck(salt, send, bet(salt, bob, i, wide), XI) !== undefined).toBe(bit === 0);
    }
    expect(seen.size).toBe(2);
    expect(extendCheck(salt, send, bet(salt, bob, 0, new Uint8Array(68)), XI)).toEqual(extendCheck(salt, send, bob.message, XI));
  });
});

describe("OT reversal", () => {
  const s = reversalExtend(reversalSalt(salt, salt, salt), recv, tape);
  const r = reversalCheck(reversalSalt(salt, salt, salt), send, s.message)!;

  it("S has the seed at 1 - Delta_j of R's pair for all 128 indices, and the other seed differs", () => {
    for (let j = 0; j < 128; j++) {
      const choice = 1 - bitOf(s.send.delta, j);
      const own = hex(s.send.seeds.subarray(16 * j, 16 * j + 16));
      expect(own).toBe(hex(r.pairs.subarray(32 * j + 16 * choice, 32 * j + 16 * choice + 16)));
      expect(own).not.toBe(hex(r.pairs.subarray(32 * j + 16 * (1 - choice), 32 * j + 16 * (1 - choice) + 16)));
    }
  });

  it("its outputs serve an extension in the other direction", () => {
    const back = extendReceive(salt, r, beta, pad);
    expect(extendCheck(salt, s.send, back.message, XI)).toBeDefined();
  });

  it("finds out a base OT that went wrong, a flipped bit, another h1 and another zs", () => {
    const wrong = { ...send, seeds: flipped(send.seeds, 128 * 60) };
    expect(reversalCheck(reversalSalt(salt, salt, salt), wrong, s.message)).toBeUndefined();
    expect(reversalCheck(reversalSalt(salt, send.delta, salt), send, s.message)).toBeUndefined();
    expect(reversalCheck(reversalSalt(salt, salt, send.delta), send, s.message)).toBeUndefined();
    expect(reversalCheck(reversalSalt(salt, salt, salt), send, { ...s.message, U: flipped(s.message.U, 256 * 9 + 3) })).toBeUndefined();
    expect(reversalCheck(reversalSalt(salt, salt, salt), send, { ...s.message, x: flipped(s.message.x, 3) })).toBeUndefined();
    expect(reversalCheck(reversalSalt(salt, salt, salt), send, { ...s.message, t: flipped(s.message.t, 2000) })).toBeUndefined();
  });
});
