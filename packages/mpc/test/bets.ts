// A malicious Bob of the OT extension (dkls23-spec 10.4 a). He alters one row of U and computes x~
// and t~ anew, and hopes that this bit of Delta is 0.
import type { ExtensionMessage, ExtensionReceiver } from "../src/dkls23/ot/index.ts";
import { XI } from "../src/dkls23/ot/index.ts";
import { bytesFromWords, wordsFromBytes } from "../src/kernel/bytes.ts";
import { gfMulAdd } from "../src/kernel/gf128.ts";
import { TH, u8 } from "../src/kernel/hash.ts";
import { bitOf } from "./ot-inputs.ts";

/** The bytes of the choices in a row of U, V or c. The other 16 are the pad. */
const HEAD = XI / 8;

/** Gives Bob's answer when row `i` of U is xored with `error`, of 68 bytes. V stays as it was. */
export function bet(
  salt: Uint8Array,
  honest: { readonly state: ExtensionReceiver; readonly message: ExtensionMessage },
  i: number,
  error: Uint8Array,
): ExtensionMessage {
  const { state, message } = honest;
  const U = message.U.map((byte, k) => (Math.floor(k / 68) === i ? byte ^ (error[k % 68] as number) : byte));
  const [before, after] = [message.U, U].map((rows) => challenge(salt, rows)) as [Uint32Array[], Uint32Array[]];
  /**
   * The sum over the choices, added to `end`. The pad of a row follows from its honest hash by it.
   */
  const added = (chi: Uint32Array[], head: Uint8Array, end: Uint8Array): Uint8Array => {
    const padded = new Uint32Array(16);
    padded.set(wordsFromBytes(head));
    const out = wordsFromBytes(end);
    for (const [j, each] of chi.entries()) gfMulAdd(out, 0, each, 0, padded, 4 * j);
    return bytesFromWords(out);
  };
  const rehashed = (head: Uint8Array, hash: Uint8Array): Uint8Array => added(after, head, added(before, head, hash));

  const v = bytesFromWords(state.v);
  const t = new Uint8Array(2048);
  for (let g = 0; g < 128; g++) {
    const head = new Uint8Array(HEAD);
    for (let j = 0; j < XI; j++) if (bitOf(v.subarray(16 * j, 16 * j + 16), g)) head[(j >>> 5) * 4 + 3 - ((j >>> 3) & 3)]! |= 1 << (j & 7);
    t.set(rehashed(head, message.t.subarray(16 * g, 16 * g + 16)), 16 * g);
  }
  return { U, x: rehashed(bytesFromWords(state.choices), message.x), t };
}

function challenge(salt: Uint8Array, U: Uint8Array): Uint32Array[] {
  const digest = TH("ote/u", salt, U);
  return [0, 1, 2, 3].map((j) => wordsFromBytes(TH("ote/chi", salt, digest, u8(j)).subarray(0, 16)));
}
