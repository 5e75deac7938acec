// A stored round of a key generation may be resumed twice, and both answers reach a partner
// (docs/decisions/0034). The partner learns nothing from them. Under a salt that both answers
// share, the same seeds would expand to the same rows, and the two reversals would give the
// sender's whole Delta.

import { describe, expect, it } from "vitest";
import { keygenContext, round1Layout, round2Layout } from "../src/dkg/index.ts";
import { keygenMachine, restoreKeygen } from "../src/dkls23/index.ts";
import { reversalSalt } from "../src/dkls23/ot/reversal.ts";
import { otSid } from "../src/dkls23/pairing.ts";
import { suite } from "../src/dkls23/suite.ts";
import { bytesFromWords, wordsFromBytes } from "../src/kernel/bytes.ts";
import { gfMulAdd } from "../src/kernel/gf128.ts";
import { TH, u8 } from "../src/kernel/hash.ts";
import type { ShareIndex, Turn } from "../src/protocol/index.ts";
import { keygenSetup } from "./frost/cast.ts";
import { bytesFrom, hex, idx } from "./simulation.ts";

const [S, R] = [1, 2].map(idx) as [ShareIndex, ShareIndex];
const setupOf = (self: ShareIndex) => keygenSetup([S, R], 2, self, "two-copies");
const context = keygenContext(suite, setupOf(R));

function bodyFor(turn: Turn<unknown>, to: ShareIndex): Uint8Array {
  if (turn.kind !== "exchange") throw new Error(turn.kind);
  return (turn.outbox.get(to) as Uint8Array).slice();
}

/** Gives the fields of a round's body, as views of it. */
function fieldsOf(layout: Readonly<Record<string, number>>, body: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const fields = new Map<string, Uint8Array>();
  let at = 0;
  for (const [name, length] of Object.entries(layout)) {
    fields.set(name, body.subarray(at, at + length));
    at += length;
  }
  expect(at).toBe(body.length);
  return fields;
}

function mul(a: Uint32Array, b: Uint32Array): Uint32Array {
  const out = new Uint32Array(4);
  gfMulAdd(out, 0, a, 0, b, 0);
  return out;
}
/** Gives a^(2^128 - 2). */
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

interface Reversal {
  readonly rows: readonly Uint8Array[];
  readonly chi: Uint32Array;
  readonly x: Uint32Array;
}

function reversalOf(body: Uint8Array): Reversal {
  const field = (name: string) => fieldsOf(round2Layout(context, S, R), body).get(name) as Uint8Array;
  const U = field("U");
  const salt = reversalSalt(otSid({ ...context, partner: S }), field("h1"), field("zs"));
  const chi = wordsFromBytes(TH("ote/chi", salt, TH("ote/u", salt, U), u8(0)).slice(0, 16));
  return { rows: Array.from({ length: 128 }, (_, j) => U.slice(32 * j, 32 * j + 32)), chi, x: wordsFromBytes(field("x").slice()) };
}

/**
 * Gives Delta of S in the pair of its first answer, if row `j` of both expanded from the same seeds
 * under one salt.
 */
function deltaFrom(one: Reversal, two: Reversal, j: number): string {
  const [a, b] = [one, two].map(({ rows }) => wordsFromBytes(rows[j] as Uint8Array)) as [Uint32Array, Uint32Array];
  // The exclusive or of the rows is then that of the choices, and of the pads.
  const [choices, pads] = [xor(a.slice(0, 4), b.slice(0, 4)), xor(a.slice(4), b.slice(4))];
  // The equation x = pad + chi c in GF(2^128) holds twice, with c + c' and pad + pad' known.
  const c = mul(xor(one.x, two.x, pads, mul(two.chi, choices)), inverse(xor(one.chi, two.chi)));
  return hex(bytesFromWords(c).map((byte) => byte ^ 0xff));
}

/**
 * Gives the exclusive or of each row with that of the other answer. With one salt it is the same in
 * every row whose group did not change.
 */
const differences = (one: Reversal, two: Reversal): Set<string> =>
  new Set(one.rows.map((row, j) => hex(row.map((byte, i) => byte ^ ((two.rows[j] as Uint8Array)[i] as number)))));

/**
 * Gives `body` with the same list of base OTs but for the named group, which is that of `another`.
 */
function listsApart(body: Uint8Array, another: Uint8Array, group: number): Uint8Array {
  const out = body.slice();
  const layout = round1Layout(context, R, S);
  const [list, other] = [out, another].map((bytes) => fieldsOf(layout, bytes).get("list") as Uint8Array) as [Uint8Array, Uint8Array];
  list.set(other.subarray(128 * group, 128 * (group + 1)), 128 * group);
  return out;
}

describe("two answers to one stored round 2", () => {
  const sender = keygenMachine(setupOf(S), bytesFrom("own/S"));
  sender.start(bytesFrom("e1/S"));
  const stored = sender.snapshot();
  const answer = (theirs: Uint8Array, entropy: string) => {
    const machine = restoreKeygen(setupOf(S), stored.slice());
    return bodyFor(machine.deliver(new Map([[R, theirs.slice()]]), bytesFrom(entropy)), R);
  };
  const opening = (entropy: string) => bodyFor(keygenMachine(setupOf(R), bytesFrom("own/R")).start(bytesFrom(entropy)), S);
  const theirs = opening("e1/R");

  /** Gives S's Delta in the pair of its answer to `entropy`, read from what S stores. */
  function deltaOf(body: Uint8Array, entropy: string): string {
    const [mine, receiver] = [restoreKeygen(setupOf(S), stored.slice()), keygenMachine(setupOf(R), bytesFrom("own/R"))];
    const first = keygenMachine(setupOf(S), bytesFrom("own/S")).start(bytesFrom("e1/S"));
    receiver.start(bytesFrom("e1/R"));
    expect(hex(bodyFor(mine.deliver(new Map([[R, theirs.slice()]]), bytesFrom(entropy)), R))).toBe(hex(body));
    const second = receiver.deliver(new Map([[S, bodyFor(first, R)]]), bytesFrom("e2/R"));
    const third = {
      S: mine.deliver(new Map([[R, bodyFor(second, S)]]), bytesFrom("e3/S")),
      R: receiver.deliver(new Map([[S, body.slice()]]), bytesFrom("e3/R")),
    };
    const done = mine.deliver(new Map([[R, bodyFor(third.R, S)]]), bytesFrom("e4/S"));
    if (done.kind !== "done") throw new Error(done.kind);
    return hex(done.output.share.pairs?.partners.get(R)?.send.delta as Uint8Array);
  }

  it("to the same messages, with fresh entropy: the rows have nothing in common", () => {
    const [kept, other] = ["e2/S/1", "e2/S/2"].map((entropy) => answer(theirs, entropy)) as [Uint8Array, Uint8Array];
    const [one, two] = [kept, other].map(reversalOf) as [Reversal, Reversal];
    expect(differences(one, two).size).toBe(128);
    const delta = deltaOf(kept, "e2/S/1");
    for (let j = 0; j < 128; j++) expect(deltaFrom(one, two, j)).not.toBe(delta);
  });

  it.each(["e2/S/1", "e2/S/2"])(
    "to lists that differ in one group alone, the second with entropy %s: the rows have nothing in common",
    (entropy) => {
      const forked = listsApart(theirs, opening("another"), 77);
      const kept = answer(theirs, "e2/S/1");
      const [one, two] = [kept, answer(forked, entropy)].map(reversalOf) as [Reversal, Reversal];
      expect(differences(one, two).size).toBe(128);
      const delta = deltaOf(kept, "e2/S/1");
      for (let j = 0; j < 128; j++) expect(deltaFrom(one, two, j)).not.toBe(delta);
    },
  );

  it("to the same messages with the same entropy are the same bytes", () => {
    expect(hex(answer(theirs, "e2/S/1"))).toBe(hex(answer(theirs, "e2/S/1")));
  });
});
