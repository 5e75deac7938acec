// The tests have one row per field of every signing message × lie (dkls23-spec 10.3): what the
// honest signer reports, which party it blames, and whether the pair is burned. A burn follows only
// from a failed check of a message whose round 1 both saw alike.
import { beforeAll, describe, expect, it } from "vitest";
import type { KeyShare } from "../src/dkls23/index.ts";
import { round2Layout } from "../src/dkls23/sign/index.ts";
import type { Layout } from "../src/protocol/encoding/layout.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { extended, fieldsOf, lies, tell, truncated } from "./lies.ts";
import { blames, layouts, liar, malformed, mul, rows } from "./sign-lies.ts";
import { bytesFrom, errorOf, idx, makeKey, outputOf, runSession, signMachines, type Tamper } from "./simulation.ts";

const honest = idx(1);
const seed = "liars/sign";
const digest = bytesFrom("a message");
let shares: ReadonlyMap<ShareIndex, KeyShare>;
/** The liar's bodies of an earlier session, by round. */
const earlier: Uint8Array[] = [];

function sign(tamper: Tamper | undefined, of = seed) {
  return runSession(signMachines(shares, { signers: [honest, liar], digest, seed: of }), {
    seed: of,
    ...(tamper && { tamper }),
    ...(of !== seed && {
      observe: ({ round, from }, body) => {
        if (from === liar) earlier[round - 1] = body;
      },
    }),
  });
}

beforeAll(() => {
  shares = makeKey([1, 2], 2, seed);
  sign(undefined, `${seed}/earlier`);
});

const tampering =
  (round: number, change: (body: Uint8Array) => Uint8Array | undefined): Tamper =>
  (envelope, body) =>
    envelope.from === liar && envelope.round === round ? change(body) : body;

describe("a lie about one field of a signature", () => {
  for (const { round, field, kind, expected, except } of rows)
    for (const lie of lies) {
      const want = except?.[lie] ?? expected;
      it(`R${round}.${field}, ${lie}: ${want.code}, ${want.consequence ?? "blames nobody"}`, () => {
        const layout = layouts[round - 1] as Layout<string>;
        const old = earlier[round - 1] as Uint8Array;
        const outcomes = sign(tampering(round, (body) => tell(lie, { field, kind, layout }, body, old, seed)));
        expect(blames(errorOf(outcomes, honest))).toEqual(want);
      });
    }

  it("has rows for every field of every message", () => {
    expect(new Set(rows.map(({ round, field }) => `R${round}.${field}`))).toEqual(new Set(fieldsOf(layouts)));
  });

  it("is no lie if nothing was changed: both sign", () => {
    const outcomes = sign(tampering(1, (body) => body));
    expect(outputOf(outcomes, honest)).toEqual(outputOf(outcomes, liar));
  });

  it("is found in any of the 1248 entries of a~, whatever beta is there", () => {
    for (const entry of [0, 1, 2, 700, 1245, 1246, 1247]) {
      const outcomes = sign(
        tampering(2, (body) => {
          const at = layoutOffset("at") + 32 * entry + 31;
          body[at] = (body[at] as number) ^ 1;
          return body;
        }),
      );
      expect(blames(errorOf(outcomes, honest)), `entry ${entry}`).toEqual(mul);
    }
  });
});

function layoutOffset(field: string): number {
  const names = Object.keys(round2Layout) as (keyof typeof round2Layout)[];
  return names.slice(0, names.indexOf(field as "at")).reduce((sum, name) => sum + round2Layout[name], 0);
}

describe("a lie about a whole message of a signature", () => {
  for (const round of [1, 2, 3]) {
    for (const [name, change] of Object.entries({ truncated, extended, empty: () => new Uint8Array(0) }))
      it(`R${round}, ${name}: mpc/bad-message, blames the liar, burns nothing`, () => {
        expect(blames(errorOf(sign(tampering(round, change)), honest))).toEqual(malformed);
      });
    it(`R${round}, dropped: the signer waits`, () => {
      expect(sign(tampering(round, () => undefined)).has(honest)).toBe(false);
    });
  }
});
