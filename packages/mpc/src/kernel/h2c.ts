// Hash to curve by rejection sampling (dkls23-spec 0.3). Public inputs only. Never of the form hash * G: nobody may know the
// discrete logarithm of the result (dkls23-spec 13, B1).
import { TH, u8 } from "./hash.ts";
import { decode33, type Point } from "./point.ts";

export function H2C(salt: Uint8Array, f: Uint8Array): Point {
  const compressed = new Uint8Array(33);
  for (let c = 0; ; c++) {
    compressed.set(TH("h2c", salt, f, u8(c)), 1);
    compressed[0] = 2 | (TH("h2c-sign", salt, f, u8(c))[0]! & 1);
    const P = decode33(compressed);
    if (P !== undefined) return P;
  }
}
