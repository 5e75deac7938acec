// The OT extension is SoftSpokenOT with k = 1 and a Fiat-Shamir challenge (dkls23-spec 4.2). Bob
// holds both seeds of every group and is the receiver. Alice holds Delta and is the sender.
// Afterwards w_j = v_j xor beta_j Delta.
import { transpose } from "../../kernel/bit-matrix.ts";
import { bytesFromWords, wordsFromBytes } from "../../kernel/bytes.ts";
import { gfMulAdd } from "../../kernel/gf128.ts";
import { hashRows } from "../../kernel/gf128-rows.ts";
import { TH, u8 } from "../../kernel/hash.ts";
import { type Salted, saltSh, sh, shTriple } from "../../kernel/sha256-short.ts";
import { BASE_OTS, type OtRecv, type OtSend, SIGMA } from "./parameters.ts";

/** The message of Bob: U of 16 (ell + 128), x~ of 16, and t~ of 2,048 bytes. */
export interface ExtensionMessage {
  readonly U: Uint8Array;
  readonly x: Uint8Array;
  readonly t: Uint8Array;
}

/** Bob's result, which is secret. */
export interface ExtensionReceiver {
  /** The choices beta, ell bits. */
  readonly choices: Uint32Array;
  /** The v_j, 4 words each. */
  readonly v: Uint32Array;
}

/** Alice's result. All of it but the digest is secret. */
export interface ExtensionSender {
  /** The digest TH(ote/u, salt, U). */
  readonly digest: Uint8Array;
  readonly delta: Uint32Array;
  /** The w_j, 4 words each. */
  readonly w: Uint32Array;
}

/** Gives the number of bytes of U for `ell` OTs. */
export function extensionBytes(ell: number): number {
  return (BASE_OTS * (ell + SIGMA)) / 8;
}

/**
 * Writes the PRG row of seed s_{g,x}, `words` words, to rows[to..]. `rows` must have room for whole
 * blocks.
 */
function expand(rows: Uint32Array, to: number, salted: Salted, seeds: Uint32Array, at: number, g: number, x: number, words: number): void {
  const w = ((g << 1) | x) << 16;
  if (words > 8) shTriple(rows, to, salted, seeds, at, w);
  else sh(rows, to, salted, seeds, at, w);
}

const digestOf = (salt: Uint8Array, U: Uint8Array): Uint8Array => TH("ote/u", salt, U);

function challenge(salt: Uint8Array, digest: Uint8Array, ell: number): Uint32Array {
  const count = Math.ceil(ell / 128);
  const chi = new Uint32Array(4 * count);
  for (let j = 0; j < count; j++) chi.set(wordsFromBytes(TH("ote/chi", salt, digest, u8(j)).subarray(0, 16)), 4 * j);
  return chi;
}

/** Gives h of one row of ell + 128 bits. */
function hashRow(chi: Uint32Array, row: Uint32Array, ell: number): Uint32Array {
  const words = ell >>> 5;
  const padded = new Uint32Array(chi.length);
  padded.set(row.subarray(0, words));
  const h = row.slice(words, words + 4);
  for (let j = 0; j < chi.length; j += 4) gfMulAdd(h, 0, chi, j, padded, j);
  padded.fill(0);
  return h;
}

/** Gives h of the 128 rows of `words` words. `columns` is their transposed head. */
function hashAll(chi: Uint32Array, rows: Uint32Array, words: number, columns: Uint32Array): Uint32Array {
  const h = hashRows(chi, columns, 32 * (words - 4));
  for (let g = 0; g < BASE_OTS; g++) for (let k = 0; k < 4; k++) h[4 * g + k]! ^= rows[words * g + words - 4 + k]!;
  return h;
}

/**
 * Runs Bob's part. `choices` has ell bits as a word string, where ell is a multiple of 32 and at
 * most 640. `pad` is 16 fresh bytes.
 */
export function extendReceive(
  salt: Uint8Array,
  recv: OtRecv,
  choices: Uint8Array,
  pad: Uint8Array,
): { readonly state: ExtensionReceiver; readonly message: ExtensionMessage } {
  const ell = choices.length * 8;
  const words = (ell + SIGMA) >>> 5;
  const c = new Uint32Array(words);
  const beta = wordsFromBytes(choices);
  const padding = wordsFromBytes(pad);
  c.set(beta);
  c.set(padding, ell >>> 5);
  const salted = saltSh(wordsFromBytes(salt));
  const seeds = wordsFromBytes(recv.pairs);
  const zero = new Uint32Array(24);
  const one = new Uint32Array(24);
  const rows = new Uint32Array(BASE_OTS * words);
  const sums = new Uint32Array(BASE_OTS * words);
  for (let g = 0; g < BASE_OTS; g++) {
    expand(zero, 0, salted, seeds, 8 * g, g, 0, words);
    expand(one, 0, salted, seeds, 8 * g + 4, g, 1, words);
    for (let i = 0, at = words * g; i < words; i++, at++) {
      rows[at] = one[i]!;
      sums[at] = zero[i]! ^ one[i]! ^ c[i]!;
    }
  }
  const U = bytesFromWords(sums);
  const chi = challenge(salt, digestOf(salt, U), ell);
  const v = transpose(rows, 4, words, ell >>> 5);
  const t = bytesFromWords(hashAll(chi, rows, words, v));
  const x = bytesFromWords(hashRow(chi, c, ell));
  for (const secret of [c, padding, seeds, zero, one, rows]) secret.fill(0);
  return { state: { choices: beta, v }, message: { U, x, t } };
}

/**
 * Runs Alice's check, and gives her result. It gives undefined when the check fails. The pair must
 * then be burned (dkls23-spec 9), or, in a keygen, the run discarded.
 */
export function extendCheck(salt: Uint8Array, send: OtSend, message: ExtensionMessage, ell: number): ExtensionSender | undefined {
  const { U, x, t } = message;
  if (U.length !== extensionBytes(ell) || x.length !== 16 || t.length !== 16 * BASE_OTS) return undefined;
  const words = (ell + SIGMA) >>> 5;
  const delta = wordsFromBytes(send.delta);
  const salted = saltSh(wordsFromBytes(salt));
  const seeds = wordsFromBytes(send.seeds);
  const sums = wordsFromBytes(U);
  const row = new Uint32Array(24);
  const rows = new Uint32Array(BASE_OTS * words);
  for (let g = 0; g < BASE_OTS; g++) {
    const d = (delta[g >>> 5]! >>> (g & 31)) & 1;
    expand(row, 0, salted, seeds, 4 * g, g, 1 - d, words);
    for (let i = 0, at = words * g; i < words; i++, at++) rows[at] = row[i]! ^ (sums[at]! & -d);
  }
  const digest = digestOf(salt, U);
  const chi = challenge(salt, digest, ell);
  const w = transpose(rows, 4, words, ell >>> 5);
  const h = hashAll(chi, rows, words, w);
  const claimed = wordsFromBytes(t);
  const xs = wordsFromBytes(x);
  let difference = 0;
  for (let g = 0; g < BASE_OTS; g++) {
    const d = (delta[g >>> 5]! >>> (g & 31)) & 1;
    for (let k = 0; k < 4; k++) difference |= h[4 * g + k]! ^ claimed[4 * g + k]! ^ (xs[k]! & -d);
  }
  for (const secret of [seeds, row, rows, h]) secret.fill(0);
  if (difference === 0) return { digest, delta, w };
  for (const secret of [delta, w]) secret.fill(0);
  return undefined;
}
