// The command `npm run unroll -w @covault/mpc` writes the unrolled files of packages/mpc/src. The
// field and scalar arithmetic and SHA-256 are straight-line code. In loops, limbs stay in memory
// and every access checks its bound, and a product of two field elements takes four to seven times
// as long. What the lines say, and why they are exact, stands in the generators beside this file.
// src/kernel/unrolled.test.ts compares their output with the files.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { files } from "./files.js";

for (const [path, text] of Object.entries(files())) writeFileSync(join(import.meta.dirname, "../../src", path), text);
