// In RVOLE Bob gets a random b, Alice puts in a_0 and a_1, and they end with additive shares c_i +
// d_i = a_i b (dkls23-spec 5).
import { wordsFromBytes } from "../../kernel/bytes.ts";
import { constantTimeEqual } from "../../kernel/equal.ts";
import { TH, THs, u8 } from "../../kernel/hash.ts";
import { belowOrder } from "../../kernel/order.ts";
import type { Tape } from "../../kernel/random.ts";
import { fromBytes, mul, neg, type Scalar, sum, toBytes } from "../../kernel/scalar.ts";
import { addProduct, type Columns, carryColumns, columnsNew, reduceColumns, twoProducts } from "../../kernel/scalar-columns.ts";
import { balancedLimbs, differencePlus, intLimbsFromWords, limbsFromDigest } from "../../kernel/scalar-limbs.ts";
import { saltSh, shTriple } from "../../kernel/sha256-short.ts";
import { type ExtensionMessage, type ExtensionReceiver, type ExtensionSender, extendCheck, extendReceive } from "./extension.ts";
import { gadgetLimbs } from "./gadget.ts";
import { type OtRecv, type OtSend, WIDTH, XI } from "./parameters.ts";

/** The message of Alice: a~ of 39,936 (row-major), eta of 32, and mu~ of 32 bytes. */
export interface RvoleMessage {
  readonly at: Uint8Array;
  readonly eta: Uint8Array;
  readonly mu: Uint8Array;
}

export const RVOLE_AT_BYTES: number = 32 * WIDTH * XI;

/** The number of limbs of a row, which has WIDTH scalars. */
const ROW = 11 * WIDTH;

// These arrays are wiped after every use.
const scratchRows = new Int32Array(ROW * XI);
const scratchMus = new Uint8Array(32 * XI);
const musView = new DataView(scratchMus.buffer);

/** Reads 32 big-endian bytes at view[at..] as little-endian words. `write` does the reverse. */
function read(words: Uint32Array, view: DataView, at: number): void {
  for (let i = 0; i < 8; i++) words[i] = view.getUint32(at + 28 - 4 * i);
}

function write(view: DataView, at: number, words: Uint32Array): void {
  for (let i = 0; i < 8; i++) view.setUint32(at + 28 - 4 * i, words[i]!);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * Tells whether all entries of a~ are < q. They are public, so the quick look at the first word may
 * be a branch.
 */
function canonical(view: DataView): boolean {
  const words = new Uint32Array(8);
  for (let at = 0; at < RVOLE_AT_BYTES; at += 32)
    if (view.getUint32(at) === 0xffffffff) {
      read(words, view, at);
      if (!belowOrder(words)) return false;
    }
  return true;
}

function choice(state: ExtensionReceiver, j: number): number {
  return (state.choices[j >>> 5]! >>> (j & 31)) & 1;
}

/** Gives theta_0 and theta_1: the scalars, and their balanced limbs. */
function thetas(rv: Uint8Array, at: Uint8Array): { readonly values: readonly [Scalar, Scalar]; readonly limbs: readonly Float64Array[] } {
  const digest = TH("rvole/at", rv, at);
  const values = [THs("rvole/theta", rv, digest, u8(0)), THs("rvole/theta", rv, digest, u8(1))] as const;
  const limbs = values.map((theta) => {
    const out = new Float64Array(11);
    balancedLimbs(out, 0, theta, 0);
    return out;
  });
  return { values, limbs };
}

/** Does sums[i] += g_j row_i for i = 0, 1. */
function addRow(sums: readonly [Columns, Columns], g: Float64Array, j: number, rows: Int32Array): void {
  addProduct(sums[0], g, 11 * j, rows, ROW * j);
  addProduct(sums[1], g, 11 * j, rows, ROW * j + 11);
  if ((j & 1) === 1) {
    carryColumns(sums[0]);
    carryColumns(sums[1]);
  }
}

function reduced(sum: Columns): Scalar {
  const out = new Uint32Array(8);
  reduceColumns(out, 0, sum);
  sum.fill(0);
  return out as Scalar;
}

function negated(columns: Columns): Scalar {
  const value = reduced(columns);
  const negative = neg(value);
  value.fill(0);
  return negative;
}

/** Runs Bob's first move. Gives his factor b and the extension message. */
export function rvoleBob1(
  osalt: Uint8Array,
  recv: OtRecv,
  tape: Tape,
): { readonly state: ExtensionReceiver; readonly b: Scalar; readonly message: ExtensionMessage } {
  const [beta, pad] = [tape.bytes(XI / 8), tape.bytes(16)];
  const made = rvoleBob1With(osalt, recv, beta, pad);
  for (const secret of [beta, pad]) secret.fill(0);
  return made;
}

/** Does the same with a given beta and a given pad. */
export function rvoleBob1With(
  osalt: Uint8Array,
  recv: OtRecv,
  beta: Uint8Array,
  pad: Uint8Array,
): { readonly state: ExtensionReceiver; readonly b: Scalar; readonly message: ExtensionMessage } {
  const { state, message } = extendReceive(osalt, recv, beta, pad);
  const g = gadgetLimbs();
  const columns = columnsNew();
  for (let j = 0; j < XI; j++) {
    const bit = choice(state, j);
    for (let i = 0; i < 11; i++) columns[i]! += bit * g[11 * j + i]!;
  }
  return { state, b: reduced(columns), message };
}

/**
 * Runs Alice's check of Bob's first move. Gives undefined when it fails. Then the run aborts, and
 * the pair is burned.
 */
export function rvoleCheck(osalt: Uint8Array, send: OtSend, message: ExtensionMessage): ExtensionSender | undefined {
  return extendCheck(osalt, send, message, XI);
}

/** Runs Alice's move after the check. Gives her shares c of (a0 b, a1 b) and her message. */
export function rvoleAlice(
  rv: Uint8Array,
  state: ExtensionSender,
  a0: Scalar,
  a1: Scalar,
  tape: Tape,
): { readonly c: readonly [Scalar, Scalar]; readonly message: RvoleMessage } {
  const ahat = tape.scalar();
  const made = rvoleAliceWith(rv, state, a0, a1, ahat);
  ahat.fill(0);
  return made;
}

/** Does the same with a given a^. */
export function rvoleAliceWith(
  rv: Uint8Array,
  state: ExtensionSender,
  a0: Scalar,
  a1: Scalar,
  ahat: Scalar,
): { readonly c: readonly [Scalar, Scalar]; readonly message: RvoleMessage } {
  const salted = saltSh(wordsFromBytes(TH("rvole/mask", rv)));
  const inputs = new Int32Array(ROW);
  for (const [kk, input] of [a0, a1, ahat].entries()) intLimbsFromWords(inputs, 11 * kk, input, 0);
  const g = gadgetLimbs();
  const alpha = scratchRows;
  const sums = [columnsNew(), columnsNew()] as const;
  const other = new Uint32Array(4);
  const digests = new Uint32Array(8 * WIDTH);
  const one = new Int32Array(11);
  const words = new Uint32Array(8);
  const at = new Uint8Array(RVOLE_AT_BYTES);
  const atView = viewOf(at);
  const { w, delta } = state;
  for (let j = 0; j < XI; j++) {
    shTriple(digests, 0, salted, w, 4 * j, j << 16);
    for (let kk = 0; kk < WIDTH; kk++) limbsFromDigest(alpha, ROW * j + 11 * kk, digests, 8 * kk);
    for (let i = 0; i < 4; i++) other[i] = w[4 * j + i]! ^ delta[i]!;
    shTriple(digests, 0, salted, other, 0, j << 16);
    for (let kk = 0; kk < WIDTH; kk++) {
      limbsFromDigest(one, 0, digests, 8 * kk);
      differencePlus(words, 0, alpha, ROW * j + 11 * kk, one, 0, inputs, 11 * kk);
      write(atView, 32 * (WIDTH * j + kk), words);
    }
    addRow(sums, g, j, alpha);
  }
  const { values, limbs } = thetas(rv, at);
  const weighted = [mul(values[0], a0), mul(values[1], a1)];
  const eta = sum([ahat, ...weighted]);
  const mus = scratchMus;
  const columns = columnsNew();
  for (let j = 0; j < XI; j++) {
    const row = ROW * j;
    twoProducts(columns, limbs[0]!, alpha, row, limbs[1]!, alpha, row + 11, alpha, row + 22);
    reduceColumns(words, 0, columns);
    write(musView, 32 * j, words);
  }
  const mu = TH("rvole/mu", rv, mus);
  for (const secret of [inputs, alpha, other, digests, one, words, columns, mus, ...weighted]) secret.fill(0);
  return { c: [negated(sums[0]), negated(sums[1])], message: { at, eta: toBytes(eta), mu } };
}

/**
 * Runs Bob's second move. Gives his shares d of (a0 b, a1 b), or undefined when Alice's message is
 * wrong. Then the run aborts, the pair is burned, and Alice is to blame.
 */
export function rvoleBob2(rv: Uint8Array, state: ExtensionReceiver, message: RvoleMessage): readonly [Scalar, Scalar] | undefined {
  const { at, mu } = message;
  if (at.length !== RVOLE_AT_BYTES || mu.length !== 32) return undefined;
  const eta = fromBytes(message.eta);
  const view = viewOf(at);
  if (eta === undefined || !canonical(view)) return undefined;
  const salted = saltSh(wordsFromBytes(TH("rvole/mask", rv)));
  const { limbs } = thetas(rv, at);
  const etas = new Int32Array(11);
  intLimbsFromWords(etas, 0, eta, 0);
  const g = gadgetLimbs();
  const rows = scratchRows;
  const sums = [columnsNew(), columnsNew()] as const;
  const digests = new Uint32Array(8 * WIDTH);
  const entry = new Int32Array(11);
  const words = new Uint32Array(8);
  const columns = columnsNew();
  const mus = scratchMus;
  for (let j = 0; j < XI; j++) {
    shTriple(digests, 0, salted, state.v, 4 * j, j << 16);
    const mask = -choice(state, j);
    for (let kk = 0; kk < WIDTH; kk++) {
      const to = ROW * j + 11 * kk;
      limbsFromDigest(rows, to, digests, 8 * kk);
      read(words, view, 32 * (WIDTH * j + kk));
      intLimbsFromWords(entry, 0, words, 0);
      for (let i = 0; i < 11; i++) rows[to + i]! += entry[i]! & mask;
    }
    addRow(sums, g, j, rows);
    // d'_{j,2} - beta_j eta takes the place of d'_{j,2}, which is not needed any more.
    const row = ROW * j;
    for (let i = 0; i < 11; i++) rows[row + 22 + i]! -= etas[i]! & mask;
    twoProducts(columns, limbs[0]!, rows, row, limbs[1]!, rows, row + 11, rows, row + 22);
    reduceColumns(words, 0, columns);
    write(musView, 32 * j, words);
  }
  const good = constantTimeEqual(TH("rvole/mu", rv, mus), mu);
  const d = [reduced(sums[0]), reduced(sums[1])] as const;
  for (const secret of [rows, digests, words, columns, mus]) secret.fill(0);
  if (good) return d;
  for (const share of d) share.fill(0);
  return undefined;
}
