// What a partner learns when a stored round of a key generation is resumed twice, with fresh entropy, and both answers reach it (decision 34).
import { expect, it } from "vitest";
import { keygenMachine, restoreKeygen } from "../src/dkls23/index.ts";
import { keygenContext, round2Layout } from "../src/dkls23/keygen/index.ts";
import { otSid } from "../src/dkls23/keygen/pairing.ts";
import { reversalSalt } from "../src/dkls23/ot/reversal.ts";
import { bytesFromWords, wordsFromBytes } from "../src/kernel/bytes.ts";
import { gfMulAdd } from "../src/kernel/gf128.ts";
import { TH, u8 } from "../src/kernel/hash.ts";
import type { ShareIndex, Turn } from "../src/protocol/index.ts";
import { keygenSetup } from "./frost/cast.ts";
import { bytesFrom, hex, idx } from "./simulation.ts";

const [S, R] = [1, 2].map(idx) as [ShareIndex, ShareIndex];
const setupOf = (self: ShareIndex) => keygenSetup([S, R], 2, self, "two-copies");

function bodyFor(turn: Turn<unknown>, to: ShareIndex): Uint8Array {
  if (turn.kind !== "exchange") throw new Error(turn.kind);
  return (turn.outbox.get(to) as Uint8Array).slice();
}

function mul(a: Uint32Array, b: Uint32Array): Uint32Array {
  const out = new Uint32Array(4);
  gfMulAdd(out, 0, a, 0, b, 0);
  return out;
}
/** a^(2^128 - 2). */
function inverse(a: Uint32Array): Uint32Array {
  let square = mul(a, a);
  let product = square;
  for (let i = 2; i < 128; i++) {
    square = mul(square, square);
    product = mul(product, square);
  }
  return product;
}
const xor = (...terms: readonly Uint32Array[]): Uint32Array =>
  terms.reduce((sum, term) => sum.map((word, i) => word ^ (term[i] as number)), new Uint32Array(4));

/** Delta of S in the pair that it makes of its first answer, from R's view. */
function deltaFrom(bodies: readonly [Uint8Array, Uint8Array]): Uint8Array {
  const context = keygenContext(setupOf(R));
  const [one, two] = bodies.map((body) => {
    const fields = new Map<string, Uint8Array>();
    let at = 0;
    for (const [name, length] of Object.entries(round2Layout(context, S, R))) {
      fields.set(name, body.slice(at, at + length));
      at += length;
    }
    const U = fields.get("U") as Uint8Array;
    const salt = reversalSalt(otSid(context, S), fields.get("h1") as Uint8Array);
    const chi = wordsFromBytes(TH("ote/chi", salt, TH("ote/u", salt, U), u8(0)).subarray(0, 16));
    return { row: wordsFromBytes(U.slice(0, 32)), chi, x: wordsFromBytes(fields.get("x") as Uint8Array) };
  }) as [Record<"row" | "chi" | "x", Uint32Array>, Record<"row" | "chi" | "x", Uint32Array>];
  // The rows expand from the same seeds under the same salt, so their exclusive or is that of the choices and pads.
  const choices = xor(one.row.slice(0, 4), two.row.slice(0, 4));
  const pads = xor(one.row.slice(4), two.row.slice(4));
  // x = pad + chi c in GF(2^128), twice, with c + c' and pad + pad' known.
  const c = mul(xor(one.x, two.x, pads, mul(two.chi, choices)), inverse(xor(one.chi, two.chi)));
  return bytesFromWords(c).map((byte) => byte ^ 0xff);
}

it("two answers to one stored round, to the same messages, give the sender's Delta to its partner", () => {
  const [sender, receiver] = [keygenMachine(setupOf(S), bytesFrom("own/S")), keygenMachine(setupOf(R), bytesFrom("own/R"))];
  const first = { S: sender.start(bytesFrom("e1/S")), R: receiver.start(bytesFrom("e1/R")) };
  const stored = sender.snapshot();
  const theirs = new Map([[R, bodyFor(first.R, S)]]);
  const copies = [1, 2].map((copy) => {
    const machine = restoreKeygen(setupOf(S), stored.slice());
    return { machine, body: bodyFor(machine.deliver(new Map(theirs), bytesFrom(`e2/S/${copy}`)), R) };
  });
  const second = receiver.deliver(new Map([[S, bodyFor(first.S, R)]]), bytesFrom("e2/R"));
  // R goes on with one of them, and the key generation succeeds.
  const [kept, other] = copies as [(typeof copies)[number], (typeof copies)[number]];
  const third = {
    S: kept.machine.deliver(new Map([[R, bodyFor(second, S)]]), bytesFrom("e3/S")),
    R: receiver.deliver(new Map([[S, kept.body]]), bytesFrom("e3/R")),
  };
  const done = kept.machine.deliver(new Map([[R, bodyFor(third.R, S)]]), bytesFrom("e4/S"));
  if (done.kind !== "done") throw new Error(done.kind);
  const delta = done.output.share.pairs?.partners.get(R)?.send.delta as Uint8Array;
  expect(hex(deltaFrom([kept.body, other.body]))).toBe(hex(delta));
});
