// OT reversal: S, who holds the pairs of the base OT, runs the extension as receiver; its outputs are base OTs in the other
// direction (dkls23-spec 4.5). It also proves that the base OT worked.
import { bytesFromWords } from "../../kernel/bytes.ts";
import { Sh, TH } from "../../kernel/hash.ts";
import type { Tape } from "../../kernel/random.ts";
import { type ExtensionMessage, extendCheck, extendReceive } from "./extension.ts";
import { BASE_OTS, type OtRecv, type OtSend } from "./parameters.ts";

/** TH(rev/ote, osid, h1). */
export function reversalSalt(osid: Uint8Array, h1: Uint8Array): Uint8Array {
  return TH("rev/ote", osid, h1);
}

/** S: its OtSend of the pair, and the message for R. */
export function reversalExtend(salt: Uint8Array, recv: OtRecv, tape: Tape): { readonly send: OtSend; readonly message: ExtensionMessage } {
  return reversalExtendWith(salt, recv, tape.bytes(16), tape.bytes(16));
}

/** The same with given choices c' and pad. */
export function reversalExtendWith(
  salt: Uint8Array,
  recv: OtRecv,
  choices: Uint8Array,
  pad: Uint8Array,
): { readonly send: OtSend; readonly message: ExtensionMessage } {
  const { state, message } = extendReceive(salt, recv, choices, pad);
  const mask = TH("rev/mask", salt);
  const seeds = new Uint8Array(16 * BASE_OTS);
  for (let j = 0; j < BASE_OTS; j++)
    seeds.set(Sh(mask, bytesFromWords(state.v.subarray(4 * j, 4 * j + 4)), j << 16).subarray(0, 16), 16 * j);
  return { send: { delta: choices.map((byte) => byte ^ 0xff), seeds }, message };
}

/** R: checks, and gives its OtRecv of the pair. Undefined: blame S, discard the run. */
export function reversalCheck(salt: Uint8Array, send: OtSend, message: ExtensionMessage): OtRecv | undefined {
  const state = extendCheck(salt, send, message, BASE_OTS);
  if (state === undefined) return undefined;
  const mask = TH("rev/mask", salt);
  const pairs = new Uint8Array(32 * BASE_OTS);
  for (let j = 0; j < BASE_OTS; j++) {
    const w = state.w.slice(4 * j, 4 * j + 4);
    pairs.set(Sh(mask, bytesFromWords(w), j << 16).subarray(0, 16), 32 * j);
    for (let i = 0; i < 4; i++) w[i]! ^= state.delta[i]!;
    pairs.set(Sh(mask, bytesFromWords(w), j << 16).subarray(0, 16), 32 * j + 16);
  }
  return { pairs };
}
