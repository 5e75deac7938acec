// OT extension: SoftSpokenOT with k = 1 and a Fiat-Shamir challenge (dkls23-spec 4.2). Bob, who holds both seeds of every
// group, is the receiver; Alice, who holds Delta, is the sender. Afterwards w_j = v_j xor beta_j Delta.
import { bytesFromWords, wordsFromBytes } from "../../kernel/bytes.ts";
import { constantTimeEqual } from "../../kernel/equal.ts";
import { gfMulAdd } from "../../kernel/gf128.ts";
import { Sh, TH, u8 } from "../../kernel/hash.ts";
import { BASE_OTS, type OtRecv, type OtSend, SIGMA } from "./parameters.ts";

/** What Bob sends: U 16 (ell + 128), x~ 16, t~ 2,048 bytes. */
export interface ExtensionMessage {
  readonly U: Uint8Array;
  readonly x: Uint8Array;
  readonly t: Uint8Array;
}

/** Bob's result. Secret. */
export interface ExtensionReceiver {
  /** beta, ell bits. */
  readonly choices: Uint32Array;
  /** v_j, 4 words each. */
  readonly v: Uint32Array;
}

/** Alice's result. Secret. */
export interface ExtensionSender {
  readonly delta: Uint32Array;
  /** w_j, 4 words each. */
  readonly w: Uint32Array;
}

/** Bytes of U for `ell` OTs. */
export function extensionBytes(ell: number): number {
  return (BASE_OTS * (ell + SIGMA)) / 8;
}

function expand(salt: Uint8Array, seed: Uint8Array, g: number, x: number, words: number): Uint32Array {
  const row = new Uint32Array(Math.ceil(words / 8) * 8);
  for (let block = 0; block * 8 < words; block++) row.set(wordsFromBytes(Sh(salt, seed, (((g << 1) | x) << 16) | (block << 8))), 8 * block);
  return row.subarray(0, words);
}

function challenge(salt: Uint8Array, U: Uint8Array, ell: number): Uint32Array {
  const digest = TH("ote/u", salt, U);
  const count = Math.ceil(ell / 128);
  const chi = new Uint32Array(4 * count);
  for (let j = 0; j < count; j++) chi.set(wordsFromBytes(TH("ote/chi", salt, digest, u8(j)).subarray(0, 16)), 4 * j);
  return chi;
}

function check(chi: Uint32Array, row: Uint32Array, ell: number): Uint32Array {
  const words = ell >>> 5;
  const padded = new Uint32Array(chi.length);
  padded.set(row.subarray(0, words));
  const h = row.slice(words, words + 4);
  for (let j = 0; j < chi.length; j += 4) gfMulAdd(h, 0, chi, j, padded, j);
  return h;
}

function transpose(rows: readonly Uint32Array[], ell: number): Uint32Array {
  const out = new Uint32Array(4 * ell);
  for (let i = 0; i < 128; i++)
    for (let j = 0; j < ell; j++) out[4 * j + (i >>> 5)]! |= ((rows[i]![j >>> 5]! >>> (j & 31)) & 1) << (i & 31);
  return out;
}

/** Bob. `choices`: ell bits as a word string, ell a multiple of 32; `pad`: 16 fresh bytes. */
export function extendReceive(
  salt: Uint8Array,
  recv: OtRecv,
  choices: Uint8Array,
  pad: Uint8Array,
): { readonly state: ExtensionReceiver; readonly message: ExtensionMessage } {
  const ell = choices.length * 8;
  const words = (ell + SIGMA) >>> 5;
  const c = new Uint32Array(words);
  c.set(wordsFromBytes(choices));
  c.set(wordsFromBytes(pad), ell >>> 5);
  const U = new Uint8Array(extensionBytes(ell));
  const V: Uint32Array[] = [];
  for (let g = 0; g < BASE_OTS; g++) {
    const r0 = expand(salt, recv.pairs.subarray(32 * g, 32 * g + 16), g, 0, words);
    const r1 = expand(salt, recv.pairs.subarray(32 * g + 16, 32 * g + 32), g, 1, words);
    V.push(r1);
    U.set(bytesFromWords(c.map((word, i) => word ^ r0[i]! ^ r1[i]!)), 4 * words * g);
  }
  const chi = challenge(salt, U, ell);
  const t = new Uint8Array(16 * BASE_OTS);
  for (let i = 0; i < 128; i++) t.set(bytesFromWords(check(chi, V[i]!, ell)), 16 * i);
  return {
    state: { choices: wordsFromBytes(choices), v: transpose(V, ell) },
    message: { U, x: bytesFromWords(check(chi, c, ell)), t },
  };
}

/** Alice's check and her result. Undefined: the pair must be burned (dkls23-spec 9), or the run discarded in keygen. */
export function extendCheck(salt: Uint8Array, send: OtSend, message: ExtensionMessage, ell: number): ExtensionSender | undefined {
  const { U, x, t } = message;
  if (U.length !== extensionBytes(ell) || x.length !== 16 || t.length !== 16 * BASE_OTS) return undefined;
  const words = (ell + SIGMA) >>> 5;
  const delta = wordsFromBytes(send.delta);
  const chi = challenge(salt, U, ell);
  const xWords = wordsFromBytes(x);
  const W: Uint32Array[] = [];
  const expected = new Uint8Array(16 * BASE_OTS);
  for (let g = 0; g < BASE_OTS; g++) {
    const d = (delta[g >>> 5]! >>> (g & 31)) & 1;
    const row = expand(salt, send.seeds.subarray(16 * g, 16 * g + 16), g, 1 - d, words);
    const u = wordsFromBytes(U.subarray(4 * words * g, 4 * words * (g + 1)));
    for (let i = 0; i < words; i++) row[i]! ^= u[i]! & -d;
    W.push(row);
    const h = check(chi, row, ell);
    for (let i = 0; i < 4; i++) h[i]! ^= xWords[i]! & -d;
    expected.set(bytesFromWords(h), 16 * g);
  }
  if (!constantTimeEqual(expected, t)) return undefined;
  return { delta, w: transpose(W, ell) };
}
