// Every field of every message of a renewal has a row for every lie (dkls23-spec 10.3, rows
// "renewal"): what the honest end reports, whom it blames, and that nothing in a renewal burns a
// pair. The honest run is recorded once, and a row restores the victim before the lie.
import { CovaultError } from "@covault/errors";
import { beforeAll, describe, expect, it } from "vitest";
import { restoreRenewal } from "../src/dkls23/index.ts";
import { round1Layout, round2Layout, round3Layout } from "../src/dkls23/renew/index.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { extended, fieldsOf, type Kind, type Lie, lies, tell, truncated } from "./lies.ts";
import { type Renewal, renewalMachines, renewalSetup, type Shares } from "./renewed.ts";
import { bytesFrom, idx, makeKey } from "./simulation.ts";

const ends = [1, 2] as const;
const seed = "liars/renewal";
const renewal: Renewal = { ends, generation: 1, seed };
const other = (party: ShareIndex): ShareIndex => (party === 1 ? idx(2) : idx(1));
const entropyOf = (of: string, party: ShareIndex, round: number): Uint8Array => bytesFrom(`${of}/${party}/${round}`);

interface Recording {
  /** bodies[round - 1].get(from): to the other end. */
  readonly bodies: readonly ReadonlyMap<ShareIndex, Uint8Array>[];
  readonly snapshots: readonly ReadonlyMap<ShareIndex, Uint8Array>[];
}

let shares: Shares;
let honest: Recording;
let earlier: Recording;
beforeAll(() => {
  shares = makeKey([1, 2, 3], 2, seed);
  honest = record(seed);
  earlier = record(`${seed}/earlier`);
});

function record(of: string): Recording {
  const machines = renewalMachines(shares, { ...renewal, seed: of });
  const bodies: Map<ShareIndex, Uint8Array>[] = [];
  const snapshots: Map<ShareIndex, Uint8Array>[] = [];
  for (let round = 1; round <= 3; round++) {
    const before = bodies.at(-1);
    bodies.push(new Map());
    snapshots.push(new Map());
    for (const [self, machine] of machines) {
      const entropy = entropyOf(of, self, round);
      const inbox = new Map([[other(self), before?.get(other(self)) as Uint8Array]]);
      const turn = before === undefined ? machine.start(entropy) : machine.deliver(inbox, entropy);
      if (turn.kind !== "exchange") throw new Error("expected an exchange");
      bodies.at(-1)?.set(self, turn.outbox.get(other(self)) as Uint8Array);
      snapshots.at(-1)?.set(self, machine.snapshot());
    }
  }
  return { bodies, snapshots };
}

/**
 * Runs the victim from the lie on, with all else as recorded. Gives its error, and undefined when
 * it ends well.
 */
function victimOf(liar: ShareIndex, round: number, body: Uint8Array | undefined): CovaultError | undefined {
  const self = other(liar);
  const machine = restoreRenewal(renewalSetup(shares, self, renewal), honest.snapshots[round - 1]?.get(self) as Uint8Array);
  let arrived = body;
  try {
    for (let now = round; now <= 3; now++) {
      machine.deliver(new Map(arrived === undefined ? [] : [[liar, arrived]]), entropyOf(seed, self, now + 1));
      arrived = honest.bodies[now]?.get(liar);
    }
    return undefined;
  } catch (error) {
    if (error instanceof CovaultError) return error;
    throw error;
  }
}

interface Expected {
  readonly code: string;
  readonly blamed: boolean;
}
const nobody = { blamed: false };
const echo = { code: "mpc/echo-mismatch", ...nobody };
const confirmation = { code: "mpc/confirmation-mismatch", ...nobody };
const malformed = { code: "mpc/bad-message", blamed: true };
const opening = { code: "mpc/opening-mismatch", blamed: true };
const ot = { code: "mpc/ot-check-failed", blamed: true };

interface Row {
  readonly round: 1 | 2 | 3;
  readonly field: string;
  readonly kind: Kind;
  /** Of the pair {1, 2}, 1 is the base-OT sender. */
  readonly liar: 1 | 2;
  readonly expected: Expected;
  readonly except?: Partial<Record<Lie, Expected>>;
}

// A list of other points leaves S with other keys: the confirmation of the pair tells it, unless R
// finds out itself.
const rows: readonly Row[] = [
  { round: 1, field: "com", kind: "bytes", liar: 1, expected: echo },
  { round: 1, field: "com", kind: "bytes", liar: 2, expected: echo },
  { round: 1, field: "a", kind: "points", liar: 1, expected: malformed, except: { other: ot, replay: ot } },
  { round: 1, field: "list", kind: "points", liar: 2, expected: malformed, except: { other: confirmation, replay: confirmation } },
  { round: 2, field: "h1", kind: "bytes", liar: 1, expected: echo },
  { round: 2, field: "h1", kind: "bytes", liar: 2, expected: echo },
  { round: 2, field: "rho", kind: "bytes", liar: 1, expected: opening },
  { round: 2, field: "rho", kind: "bytes", liar: 2, expected: opening },
  { round: 2, field: "zs", kind: "bytes", liar: 2, expected: confirmation },
  { round: 2, field: "zs", kind: "bytes", liar: 1, expected: ot },
  { round: 2, field: "U", kind: "bytes", liar: 1, expected: ot },
  { round: 2, field: "x", kind: "bytes", liar: 1, expected: ot },
  { round: 2, field: "t", kind: "bytes", liar: 1, expected: ot },
  { round: 3, field: "h2", kind: "bytes", liar: 1, expected: echo },
  { round: 3, field: "h2", kind: "bytes", liar: 2, expected: echo },
  { round: 3, field: "kc", kind: "bytes", liar: 1, expected: confirmation },
  { round: 3, field: "kc", kind: "bytes", liar: 2, expected: confirmation },
];

const layoutsOf = (liar: ShareIndex) => [round1Layout, round2Layout, round3Layout].map((layout) => layout(liar, other(liar)));

describe("a lie about one field of a renewal", () => {
  for (const { round, field, kind, liar, expected, except } of rows)
    for (const lie of lies) {
      const { code, blamed } = except?.[lie] ?? expected;
      it(`R${round}.${field} of ${liar}, ${lie}: ${code}${blamed ? ", blames the liar" : ", blames nobody"}, burns nothing`, () => {
        const from = idx(liar);
        const layout = layoutsOf(from)[round - 1] as Record<string, number>;
        const [body, old] = [honest, earlier].map(({ bodies }) => bodies[round - 1]?.get(from) as Uint8Array) as [Uint8Array, Uint8Array];
        const error = victimOf(from, round, tell(lie, { field, kind, layout }, body, old, seed));
        expect(error?.code).toBe(code);
        expect(error?.culprits).toEqual(blamed ? [liar] : []);
        expect(error?.consequence).toBe(blamed ? "retry" : undefined);
        if (!blamed) expect(error?.facts).toMatchObject({ "differs at": `${liar}` });
      });
    }

  it("has rows for every field of every message", () => {
    const fields = new Set([...fieldsOf(layoutsOf(idx(1))), ...fieldsOf(layoutsOf(idx(2)))]);
    expect(new Set(rows.map(({ round, field }) => `R${round}.${field}`))).toEqual(fields);
  });

  it("is no lie if nothing was changed: the victim ends well", () => {
    for (const liar of ends.map(idx)) expect(victimOf(liar, 1, honest.bodies[0]?.get(liar))).toBeUndefined();
  });
});

describe("of two lies in one message the first in the order of the checks is told", () => {
  const change = (body: Uint8Array, ...fields: readonly string[]): Uint8Array =>
    fields.reduce((lied, field) => tell("flip", { field, kind: "bytes", layout: round2Layout(idx(1), idx(2)) }, lied, lied, seed), body);
  it.each([
    [["h1", "rho", "U"], "mpc/echo-mismatch"],
    [["rho", "U"], "mpc/opening-mismatch"],
    [["U", "zs"], "mpc/ot-check-failed"],
  ])("%s: %s", (fields, code) => {
    expect(victimOf(idx(1), 2, change(honest.bodies[1]?.get(idx(1)) as Uint8Array, ...fields))?.code).toBe(code);
  });
  it("h2 and kc: mpc/echo-mismatch", () => {
    const body = honest.bodies[2]?.get(idx(1)) as Uint8Array;
    expect(
      victimOf(
        idx(1),
        3,
        body.map((byte) => byte ^ 1),
      )?.code,
    ).toBe("mpc/echo-mismatch");
  });
});

describe("a lie about a whole message of a renewal", () => {
  for (const liar of ends.map(idx))
    for (const round of [1, 2, 3]) {
      for (const [name, change] of Object.entries({ truncated, extended, empty: () => new Uint8Array(0) }))
        it(`R${round} of ${liar}, ${name}: mpc/bad-message, blames the liar`, () => {
          const error = victimOf(liar, round, change(honest.bodies[round - 1]?.get(liar) as Uint8Array));
          expect([error?.code, error?.culprits, error?.consequence]).toEqual(["mpc/bad-message", [liar], "retry"]);
        });
      it(`R${round} of ${liar}, dropped: no round runs on an incomplete inbox`, () => {
        expect(victimOf(liar, round, undefined)?.code).toBe("mpc/incomplete-inbox");
      });
      it(`R${round} of ${liar}, replaced by that of an earlier session: mpc/echo-mismatch, blames nobody`, () => {
        const error = victimOf(liar, round, earlier.bodies[round - 1]?.get(liar));
        expect([error?.code, error?.culprits, error?.consequence]).toEqual(["mpc/echo-mismatch", [], undefined]);
      });
    }
});
