// The map (x, y) -> (beta x, y) is multiplication by lambda on secp256k1.
import { fromWords } from "./field.ts";

/** beta, a cube root of 1 mod p, as limbs. */
export const BETA: Float64Array = new Float64Array(11);
fromWords(BETA, 0, Uint32Array.of(0x719501ee, 0xc1396c28, 0x12f58995, 0x9cf04975, 0xac3434e9, 0x6e64479e, 0x657c0710, 0x7ae96a2b), 0);
