// This file has every generated file by its path in packages/mpc/src, and its text.
import * as edwards25519 from "./edwards25519.js";
import { scalarColumns, scalarLimbs } from "./scalars.js";
import { fieldLinear, fieldMul, fieldSqr } from "./secp256k1.js";
import { sha256Block, sha256Short } from "./sha256.js";
import { limbs } from "./words.js";

export const files = () => ({
  "kernel/field-linear.ts": fieldLinear(),
  "kernel/field-mul.ts": fieldMul(),
  "kernel/field-sqr.ts": fieldSqr(),
  "kernel/limbs.ts": limbs(),
  "kernel/scalar-columns.ts": scalarColumns(),
  "kernel/scalar-limbs.ts": scalarLimbs(),
  "kernel/sha256-block.ts": sha256Block(),
  "kernel/sha256-short.ts": sha256Short(),
  "group/edwards25519/field-mul.ts": edwards25519.fieldMul(),
});
