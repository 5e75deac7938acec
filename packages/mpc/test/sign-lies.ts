// One row per field of every signing message (dkls23-spec 10.3): what the honest signer reports of
// a lie about it, whom it blames, and whether the pair is burned. Batches have the same rows.
import type { CovaultError } from "@covault/errors";
import { round1Layout, round2Layout, round3Layout } from "../src/dkls23/sign/index.ts";
import type { Layout } from "../src/protocol/encoding/layout.ts";
import type { Kind, Lie } from "./lies.ts";
import { idx } from "./simulation.ts";

export const liar = idx(2);

export const blames = (error: CovaultError | undefined) => ({
  code: error?.code,
  culprits: error?.culprits,
  consequence: error?.consequence,
});
const burned = (code: string) => ({ code, culprits: [liar], consequence: "burn" });
const blamed = (code: string) => ({ code, culprits: [liar], consequence: "retry" });
const nobody = (code: string) => ({ code, culprits: [], consequence: undefined });

const ot = burned("mpc/ot-check-failed");
export const mul = burned("mpc/mul-check-failed");
export const malformed = blamed("mpc/bad-message");
const opening = blamed("mpc/opening-mismatch");
const echo = nobody("mpc/echo-mismatch");
const invalid = nobody("mpc/signature-invalid");
type Expected = ReturnType<typeof blamed> | ReturnType<typeof nobody>;

interface Row {
  readonly round: 1 | 2 | 3;
  readonly field: string;
  readonly kind: Kind;
  readonly expected: Expected;
  readonly except?: Partial<Record<Lie, Expected>>;
}

const otherPoint = { flip: malformed, zero: malformed, "non-canonical": malformed };
const outOfRange = { "non-canonical": malformed };
export const rows: readonly Row[] = [
  { round: 1, field: "com", kind: "bytes", expected: ot },
  { round: 1, field: "U", kind: "bytes", expected: ot },
  { round: 1, field: "x", kind: "bytes", expected: ot },
  { round: 1, field: "t", kind: "bytes", expected: ot },
  { round: 2, field: "h1", kind: "bytes", expected: echo },
  { round: 2, field: "R", kind: "points", expected: opening },
  { round: 2, field: "rho", kind: "bytes", expected: opening },
  { round: 2, field: "pk", kind: "points", expected: mul, except: otherPoint },
  { round: 2, field: "gu", kind: "points", expected: mul, except: otherPoint },
  { round: 2, field: "gv", kind: "points", expected: mul, except: otherPoint },
  { round: 2, field: "psi", kind: "scalars", expected: invalid, except: outOfRange },
  { round: 2, field: "at", kind: "scalars", expected: mul, except: outOfRange },
  { round: 2, field: "eta", kind: "scalars", expected: mul, except: outOfRange },
  { round: 2, field: "mu", kind: "bytes", expected: mul },
  { round: 3, field: "w", kind: "scalars", expected: invalid, except: outOfRange },
  { round: 3, field: "u", kind: "scalars", expected: invalid, except: outOfRange },
];
export const layouts: readonly Layout<string>[] = [round1Layout, round2Layout, round3Layout];
