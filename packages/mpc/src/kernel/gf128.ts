// The field GF(2^128) is GF(2)[X] / (X^128 + X^7 + X^2 + X + 1). An element is 4 words, and bit i
// of the word string is the coefficient of X^i (dkls23-spec 0.2).

/**
 * Does out += a b (addition is XOR), with a public or secret, by masks. `a` stands at a[ao..ao+3],
 * `b` at b[bo..bo+3].
 */
export function gfMulAdd(out: Uint32Array, oo: number, a: Uint32Array, ao: number, b: Uint32Array, bo: number): void {
  let x0 = a[ao]!;
  let x1 = a[ao + 1]!;
  let x2 = a[ao + 2]!;
  let x3 = a[ao + 3]!;
  let r0 = 0;
  let r1 = 0;
  let r2 = 0;
  let r3 = 0;
  for (let i = 0; i < 128; i++) {
    const mask = -((b[bo + (i >>> 5)]! >>> (i & 31)) & 1);
    r0 ^= x0 & mask;
    r1 ^= x1 & mask;
    r2 ^= x2 & mask;
    r3 ^= x3 & mask;
    const top = -(x3 >>> 31);
    x3 = (x3 << 1) | (x2 >>> 31);
    x2 = (x2 << 1) | (x1 >>> 31);
    x1 = (x1 << 1) | (x0 >>> 31);
    x0 = (x0 << 1) ^ (top & 0x87);
  }
  out[oo]! ^= r0;
  out[oo + 1]! ^= r1;
  out[oo + 2]! ^= r2;
  out[oo + 3]! ^= r3;
}
