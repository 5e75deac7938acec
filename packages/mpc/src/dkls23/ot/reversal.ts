// The OT reversal gives base OTs in the other direction (dkls23-spec 4.5). S holds the pairs of the
// base OT and runs the extension as receiver, whose outputs they are. The reversal also proves that
// the base OT worked.
import { bytesFromWords, wordsFromBytes } from "../../kernel/bytes.ts";
import { TH } from "../../kernel/hash.ts";
import type { Tape } from "../../kernel/random.ts";
import { saltSh, sh } from "../../kernel/sha256-short.ts";
import { type ExtensionMessage, extendCheck, extendReceive } from "./extension.ts";
import { BASE_OTS, type OtRecv, type OtSend } from "./parameters.ts";

/**
 * Gives TH(rev/ote, osid, h1, zs_{S→R}). `zs` was drawn for this one answer of S. Under one salt
 * the same seeds would expand to the same rows, and two answers to one stored round would give the
 * whole of Delta (docs/decisions/0034).
 */
export function reversalSalt(osid: Uint8Array, h1: Uint8Array, zs: Uint8Array): Uint8Array {
  return TH("rev/ote", osid, h1, zs);
}

/** Runs the part of S: gives its OtSend of the pair, and the message for R. */
export function reversalExtend(salt: Uint8Array, recv: OtRecv, tape: Tape): { readonly send: OtSend; readonly message: ExtensionMessage } {
  const [choices, pad] = [tape.bytes(16), tape.bytes(16)];
  const made = reversalExtendWith(salt, recv, choices, pad);
  for (const secret of [choices, pad]) secret.fill(0);
  return made;
}

/** Does the same with given choices c' and a given pad. */
export function reversalExtendWith(
  salt: Uint8Array,
  recv: OtRecv,
  choices: Uint8Array,
  pad: Uint8Array,
): { readonly send: OtSend; readonly message: ExtensionMessage } {
  const { state, message } = extendReceive(salt, recv, choices, pad);
  const mask = saltSh(wordsFromBytes(TH("rev/mask", salt)));
  const seeds = new Uint32Array(4 * BASE_OTS);
  const digest = new Uint32Array(8);
  for (let j = 0; j < BASE_OTS; j++) {
    sh(digest, 0, mask, state.v, 4 * j, j << 16);
    seeds.set(digest.subarray(0, 4), 4 * j);
  }
  const send = { delta: choices.map((byte) => byte ^ 0xff), seeds: bytesFromWords(seeds) };
  for (const secret of [state.choices, state.v, seeds, digest]) secret.fill(0);
  return { send, message };
}

/**
 * Runs the part of R: checks, and gives its OtRecv of the pair. It gives undefined when the check
 * fails. Then S is to blame, and the run is discarded.
 */
export function reversalCheck(salt: Uint8Array, send: OtSend, message: ExtensionMessage): OtRecv | undefined {
  const state = extendCheck(salt, send, message, BASE_OTS);
  if (state === undefined) return undefined;
  const mask = saltSh(wordsFromBytes(TH("rev/mask", salt)));
  const pairs = new Uint32Array(8 * BASE_OTS);
  const digest = new Uint32Array(8);
  const other = new Uint32Array(4);
  for (let j = 0; j < BASE_OTS; j++) {
    sh(digest, 0, mask, state.w, 4 * j, j << 16);
    pairs.set(digest.subarray(0, 4), 8 * j);
    for (let i = 0; i < 4; i++) other[i] = state.w[4 * j + i]! ^ state.delta[i]!;
    sh(digest, 0, mask, other, 0, j << 16);
    pairs.set(digest.subarray(0, 4), 8 * j + 4);
  }
  const received = { pairs: bytesFromWords(pairs) };
  for (const secret of [state.delta, state.w, pairs, digest, other]) secret.fill(0);
  return received;
}
