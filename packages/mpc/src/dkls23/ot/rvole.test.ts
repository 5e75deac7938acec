// These tests hold RVOLE to dkls23-spec 5, 10.1 and 10.4 b.
import { describe, expect, it } from "vitest";
import { fromBe, q, toBe } from "../../../test/kernel-inputs.ts";
import { bitOf, flipped, fromBytes, idealPair, type Scalar, THs } from "../../../test/ot-inputs.ts";
import { bytesFromWords } from "../../kernel/bytes.ts";
import { ascii, Sh, TH, u8 } from "../../kernel/hash.ts";
import { Tape } from "../../kernel/random.ts";
import { add, fromBytesMod, fromInt, mul, sub, toBytes } from "../../kernel/scalar.ts";
import { type ExtensionSender, extendCheck } from "./extension.ts";
import { gadget } from "./gadget.ts";
import { XI } from "./parameters.ts";
import { type RvoleMessage, rvoleAlice, rvoleAliceWith, rvoleBob1, rvoleBob1With, rvoleBob2, rvoleCheck } from "./rvole.ts";

const osalt = TH("sign/ote", ascii("rvole.test"));
const rv = TH("sign/rvole", ascii("rvole.test"));
const tapeOf = (label: string) => new Tape({ entropy: TH("nonce", ascii(label)), secret: osalt, bound: [osalt], label });
const { recv, send } = idealPair("rvole");
const tape = tapeOf("rvole");
const beta = tape.bytes(XI / 8);
const bob = rvoleBob1With(osalt, recv, beta, tape.bytes(16));
const sender = rvoleCheck(osalt, send, bob.message)!;
const [a0, a1] = [THs("a0"), THs("a1")];
const alice = rvoleAlice(rv, sender, a0, a1, tape);

describe("RVOLE", () => {
  it("c_i + d_i = a_i b, for random and edge inputs", () => {
    const edge = [fromInt(0), fromInt(1), fromBytes(toBe(q - 1n))!, THs("x")];
    for (const [i, x] of edge.entries()) {
      const other = edge[(i + 1) % edge.length]!;
      const run = rvoleBob1(osalt, recv, tapeOf(`bob ${i}`));
      const end = rvoleAlice(rv, rvoleCheck(osalt, send, run.message)!, x, other, tapeOf(`alice ${i}`));
      const d = rvoleBob2(rv, run.state, end.message)!;
      expect(toBytes(add(end.c[0], d[0]))).toEqual(toBytes(mul(x, run.b)));
      expect(toBytes(add(end.c[1], d[1]))).toEqual(toBytes(mul(other, run.b)));
    }
  });

  it("b is the sum of the chosen gadget entries", () => {
    let b = fromInt(0);
    for (let j = 0; j < XI; j++) if (bitOf(beta, j)) b = add(b, gadget(j));
    expect(toBytes(bob.b)).toEqual(toBytes(b));
  });

  it("refuses any flipped bit of a~, also in rows with beta_j = 0, of eta and of mu~", () => {
    const { at, eta, mu } = alice.message;
    const rows = Array.from({ length: XI }, (_, j) => j);
    const some = [rows.find((j) => bitOf(beta, j) === 0)!, rows.find((j) => bitOf(beta, j) === 1)!, 0, 415];
    for (const j of some)
      for (const kk of [0, 1, 2]) expect(rvoleBob2(rv, bob.state, { at: flipped(at, 256 * (3 * j + kk) + 7), eta, mu })).toBeUndefined();
    for (const j of [0, 100, 255]) {
      expect(rvoleBob2(rv, bob.state, { at, eta: flipped(eta, j), mu })).toBeUndefined();
      expect(rvoleBob2(rv, bob.state, { at, eta, mu: flipped(mu, j) })).toBeUndefined();
    }
    expect(rvoleBob2(TH("sign/rvole"), bob.state, alice.message)).toBeUndefined();
    expect(rvoleBob2(rv, bob.state, alice.message)).toBeDefined();
  });

  it("refuses entries that are not canonical, and wrong lengths", () => {
    const { at, eta, mu } = alice.message;
    // An entry small enough to have q added within 256 bits does not occur by chance. Entries >= q
    // take its place.
    for (const value of [q, q + 1n, 2n ** 256n - 1n]) {
      const high = at.slice();
      high.set(toBe(value), 32 * 700);
      expect(rvoleBob2(rv, bob.state, { at: high, eta, mu })).toBeUndefined();
      expect(rvoleBob2(rv, bob.state, { at, eta: toBe(value), mu })).toBeUndefined();
    }
    expect(rvoleBob2(rv, bob.state, { at: at.subarray(32), eta, mu })).toBeUndefined();
    expect(rvoleBob2(rv, bob.state, { at, eta: eta.subarray(1), mu })).toBeUndefined();
    expect(rvoleBob2(rv, bob.state, { at, eta, mu: mu.subarray(1) })).toBeUndefined();
  });

  it("all entries of a~ are canonical, and two runs share none", () => {
    const again = rvoleAlice(TH("sign/rvole", ascii("other")), sender, a0, a1, tapeOf("again"));
    const entries = new Set<string>();
    for (const at of [alice.message.at, again.message.at])
      for (let i = 0; i < 3 * XI; i++) {
        const entry = at.subarray(32 * i, 32 * i + 32);
        expect(fromBe(entry) < q).toBe(true);
        entries.add(Buffer.from(entry).toString("hex"));
      }
    expect(entries.size).toBe(6 * XI);
  });
});

describe("a cheating Alice with one inconsistent row (10.4 b)", () => {
  /**
   * Makes the message of an Alice that uses A + error in row j and computes everything else from it
   * as prescribed, betting on beta_j = 0.
   */
  function cheat(state: ExtensionSender, j: number): RvoleMessage {
    const ahat = THs("ahat");
    const honest = rvoleAliceWith(rv, state, a0, a1, ahat);
    const at = honest.message.at.slice();
    const entry = 32 * 3 * j;
    at.set(toBytes(add(fromBytes(at.slice(entry, entry + 32))!, fromInt(1))), entry);
    const digest = TH("rvole/at", rv, at);
    const [theta0, theta1] = [0, 1].map((i) => fromBytesMod(TH("rvole/theta", rv, digest, u8(i)))) as [Scalar, Scalar];
    const eta = add(ahat, add(mul(theta0, a0), mul(theta1, a1)));
    const key = TH("rvole/mask", rv);
    const mus = new Uint8Array(32 * XI);
    for (let row = 0; row < XI; row++) {
      const w = bytesFromWords(state.w.subarray(4 * row, 4 * row + 4));
      const [x0, x1, x2] = [0, 1, 2].map((kk) => fromBytesMod(Sh(key, w, (row << 16) | (kk << 8)))) as [Scalar, Scalar, Scalar];
      mus.set(toBytes(add(x2, add(mul(theta0, x0), mul(theta1, x1)))), 32 * row);
    }
    return { at, eta: toBytes(eta), mu: TH("rvole/mu", rv, mus) };
  }

  it("passes exactly if beta_j = 0", () => {
    const seen = new Set<number>();
    for (const j of [0, 1, 2, 3, 4, 5, 6, 7, 31, 32, 200, 414, 415]) {
      seen.add(bitOf(beta, j));
      expect(rvoleBob2(rv, bob.state, cheat(sender, j)) !== undefined).toBe(bitOf(beta, j) === 0);
    }
    expect(seen.size).toBe(2);
  });

  it("an a_0 that is not the one of the a~ is found out", () => {
    const other = rvoleAliceWith(rv, extendCheck(osalt, send, bob.message, XI)!, sub(a0, fromInt(1)), a1, THs("ahat"));
    expect(rvoleBob2(rv, bob.state, { ...alice.message, eta: other.message.eta })).toBeUndefined();
    expect(rvoleBob2(rv, bob.state, { ...other.message, at: alice.message.at })).toBeUndefined();
  });
});
