// This file transposes bit matrices in blocks of 32 x 32 (Warren, Hacker's Delight, 7-3). Bit j of
// a row is bit (j mod 32) of its word floor(j / 32) (dkls23-spec 0.2).

const block = new Int32Array(32);

function transposeBlock(): void {
  let mask = 0x0000ffff;
  for (let half = 16; half !== 0; half >>>= 1, mask ^= mask << half)
    for (let k = 0; k < 32; k = (k + half + 1) & ~half) {
      const t = ((block[k]! >>> half) ^ block[k + half]!) & mask;
      block[k + half]! ^= t;
      block[k]! ^= t << half;
    }
}

/**
 * Transposes the first 32 `words` columns of a matrix of 32 `blocks` rows, each of `stride` words.
 * Gives them as rows of `blocks` words: bit i of row j of the result is bit j of row i.
 */
export function transpose(rows: Uint32Array, blocks: number, stride: number, words: number): Uint32Array {
  const out = new Uint32Array(32 * words * blocks);
  for (let b = 0; b < blocks; b++)
    for (let w = 0; w < words; w++) {
      for (let i = 0; i < 32; i++) block[i] = rows[(32 * b + i) * stride + w]!;
      transposeBlock();
      for (let i = 0; i < 32; i++) out[(32 * w + i) * blocks + b] = block[i]!;
    }
  block.fill(0);
  return out;
}
