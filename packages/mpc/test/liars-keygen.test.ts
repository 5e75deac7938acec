// The tests have one row per field of every key-generation message × lie (dkls23-spec 10.3): what
// the honest receiver reports, which party it blames, and that nothing in a key generation burns a
// pair. The honest run is recorded once, and a row restores the victim before the lie.

import { CovaultError } from "@covault/errors";
import { beforeAll, describe, expect, it } from "vitest";
import { keygenContext, round1Layout, round2Layout, round3Layout } from "../src/dkg/index.ts";
import { type KeygenSetup, keygenMachine, restoreKeygen } from "../src/dkls23/machines.ts";
import { suite } from "../src/dkls23/suite.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { extended, fieldsOf, type Kind, type Lie, lies, tell, truncated } from "./lies.ts";
import { bytesFrom, idx, nonceFrom } from "./simulation.ts";

const parties = [idx(1), idx(2)];
const seed = "liars/keygen";

function setupOf(self: ShareIndex, of: string): KeygenSetup {
  const members = parties.map((index) => ({ index, idpk: bytesFrom(`idpk/${index}`) }));
  return { self, threshold: 2, members, nonce: nonceFrom(of, parties) };
}

interface Recording {
  /** bodies[round - 1].get(from) is the body to the other party. */
  readonly bodies: readonly ReadonlyMap<ShareIndex, Uint8Array>[];
  readonly snapshots: readonly ReadonlyMap<ShareIndex, Uint8Array>[];
}

const entropyOf = (of: string, party: ShareIndex, round: number): Uint8Array => bytesFrom(`${of}/${party}/${round}`);
const other = (party: ShareIndex): ShareIndex => (party === 1 ? idx(2) : idx(1));

function record(of: string): Recording {
  const machines = new Map(parties.map((self) => [self, keygenMachine(setupOf(self, of))]));
  const bodies: Map<ShareIndex, Uint8Array>[] = [];
  const snapshots: Map<ShareIndex, Uint8Array>[] = [];
  for (let round = 1; round <= 3; round++) {
    bodies.push(new Map());
    snapshots.push(new Map());
    for (const [self, machine] of machines) {
      const previous = bodies[round - 2];
      const inbox = new Map([[other(self), previous?.get(other(self)) as Uint8Array]]);
      const turn = round === 1 ? machine.start(entropyOf(of, self, 1)) : machine.deliver(inbox, entropyOf(of, self, round));
      if (turn.kind !== "exchange") throw new Error("expected an exchange");
      bodies[round - 1]?.set(self, turn.outbox.get(other(self)) as Uint8Array);
      snapshots[round - 1]?.set(self, machine.snapshot());
    }
  }
  return { bodies, snapshots };
}

let honest: Recording;
let earlier: Recording;
beforeAll(() => {
  honest = record(seed);
  earlier = record(`${seed}/earlier`);
});

/**
 * Gives the liar's last message to a victim that answered its lie in round 1. It opens what the
 * victim opened, so that the digests of the run are equal, and holds on to the pair that the liar
 * has.
 */
function lastOf(liar: ShareIndex, answer: Uint8Array): Uint8Array {
  const self = other(liar);
  const layout = Object.entries(round2Layout(keygenContext(suite, setupOf(self, seed)), self, liar));
  const pairAt = layout
    .slice(
      0,
      layout.findIndex(([name]) => name === "zs"),
    )
    .reduce((sum, [, length]) => sum + length, 0);
  const recorded = honest.bodies[1]?.get(self) as Uint8Array;
  const seen = Uint8Array.of(...answer.subarray(0, pairAt), ...recorded.subarray(pairAt));
  const machine = restoreKeygen(setupOf(liar, seed), honest.snapshots[1]?.get(liar) as Uint8Array);
  const turn = machine.deliver(new Map([[self, seen]]), entropyOf(seed, liar, 3));
  if (turn.kind !== "exchange") throw new Error("expected an exchange");
  return turn.outbox.get(self) as Uint8Array;
}

/**
 * Runs the victim from the lie on, with everything else as recorded. Gives its error, or undefined
 * if it finished.
 */
function victimOf(liar: ShareIndex, round: number, body: Uint8Array | undefined): CovaultError | undefined {
  const self = other(liar);
  const machine = restoreKeygen(setupOf(self, seed), honest.snapshots[round - 1]?.get(self) as Uint8Array);
  let arrived = body;
  let answer: Uint8Array | undefined;
  try {
    for (let now = round; now <= 3; now++) {
      const turn = machine.deliver(new Map(arrived === undefined ? [] : [[liar, arrived]]), entropyOf(seed, self, now + 1));
      const adapts = round === 1 && now === 2 && answer !== undefined;
      arrived = adapts ? lastOf(liar, answer as Uint8Array) : honest.bodies[now]?.get(liar);
      if (turn.kind === "exchange") answer = turn.outbox.get(liar);
    }
    return undefined;
  } catch (error) {
    if (error instanceof CovaultError) return error;
    throw error;
  }
}

const nobody = { blamed: false };
const echo = { code: "mpc/echo-mismatch", ...nobody };
const confirmation = { code: "mpc/confirmation-mismatch", ...nobody };
const malformed = { code: "mpc/bad-message", blamed: true };
const opening = { code: "mpc/opening-mismatch", blamed: true };
const proof = { code: "mpc/bad-proof", blamed: true };
const badShare = { code: "mpc/bad-share", blamed: true };
const ot = { code: "mpc/ot-check-failed", blamed: true };
interface Expected {
  readonly code: string;
  readonly blamed: boolean;
}

interface Row {
  readonly round: 1 | 2 | 3;
  readonly field: string;
  readonly kind: Kind;
  /** The liar. Of the pair {1, 2}, 1 is the base-OT sender. */
  readonly liar: 1 | 2;
  readonly expected: Expected;
  readonly except?: Partial<Record<Lie, Expected>>;
}

// A list of other points leaves S with other keys. Only the confirmation of the pair tells it,
// unless R finds out itself.
const rows: readonly Row[] = [
  { round: 1, field: "com", kind: "bytes", liar: 2, expected: echo },
  { round: 1, field: "a", kind: "points", liar: 1, expected: malformed, except: { other: ot, replay: ot } },
  { round: 1, field: "list", kind: "points", liar: 2, expected: malformed, except: { other: confirmation, replay: confirmation } },
  { round: 2, field: "h1", kind: "bytes", liar: 2, expected: echo },
  { round: 2, field: "f", kind: "points", liar: 2, expected: opening },
  { round: 2, field: "cc", kind: "bytes", liar: 2, expected: opening },
  { round: 2, field: "rho", kind: "bytes", liar: 2, expected: opening },
  { round: 2, field: "pok", kind: "proof", liar: 2, expected: proof },
  { round: 2, field: "share", kind: "scalars", liar: 2, expected: badShare, except: { "non-canonical": malformed } },
  { round: 2, field: "zs", kind: "bytes", liar: 2, expected: confirmation },
  { round: 2, field: "zs", kind: "bytes", liar: 1, expected: ot },
  { round: 2, field: "U", kind: "bytes", liar: 1, expected: ot },
  { round: 2, field: "x", kind: "bytes", liar: 1, expected: ot },
  { round: 2, field: "t", kind: "bytes", liar: 1, expected: ot },
  { round: 3, field: "h2", kind: "bytes", liar: 2, expected: echo },
  { round: 3, field: "kc", kind: "bytes", liar: 2, expected: confirmation },
];

function layoutsOf(liar: ShareIndex) {
  const context = keygenContext(suite, setupOf(liar, seed));
  return [round1Layout, round2Layout, round3Layout].map((layout) => layout(context, liar, other(liar)));
}

describe("a lie about one field of a key generation", () => {
  for (const { round, field, kind, liar, expected, except } of rows)
    for (const lie of lies) {
      const { code, blamed } = except?.[lie] ?? expected;
      it(`R${round}.${field}, ${lie}: ${code}${blamed ? ", blames the liar" : ", blames nobody"}`, () => {
        const from = idx(liar);
        const layout = layoutsOf(from)[round - 1] as Record<string, number>;
        const [body, old] = [honest, earlier].map(({ bodies }) => bodies[round - 1]?.get(from) as Uint8Array) as [Uint8Array, Uint8Array];
        const error = victimOf(from, round, tell(lie, { field, kind, layout }, body, old, seed));
        expect(error?.code).toBe(code);
        expect(error?.culprits).toEqual(blamed ? [liar] : []);
        expect(error?.consequence).toBe(blamed ? "retry" : undefined);
      });
    }

  it("has rows for every field of every message", () => {
    const fields = new Set([...fieldsOf(layoutsOf(idx(1))), ...fieldsOf(layoutsOf(idx(2)))]);
    expect(new Set(rows.map(({ round, field }) => `R${round}.${field}`))).toEqual(fields);
  });

  it("is no lie if nothing was changed: the victim finishes", () => {
    expect(victimOf(idx(2), 1, honest.bodies[0]?.get(idx(2)))).toBeUndefined();
    expect(victimOf(idx(1), 1, honest.bodies[0]?.get(idx(1)))).toBeUndefined();
  });
});

describe("a lie about a whole message of a key generation", () => {
  for (const round of [1, 2, 3]) {
    for (const [name, change] of Object.entries({ truncated, extended, empty: () => new Uint8Array(0) }))
      it(`R${round}, ${name}: mpc/bad-message, blames the liar`, () => {
        const error = victimOf(idx(2), round, change(honest.bodies[round - 1]?.get(idx(2)) as Uint8Array));
        expect([error?.code, error?.culprits, error?.consequence]).toEqual(["mpc/bad-message", [2], "retry"]);
      });
    it(`R${round}, dropped: no round runs on an incomplete inbox`, () => {
      expect(victimOf(idx(2), round, undefined)?.code).toBe("mpc/incomplete-inbox");
    });
    it(`R${round}, replaced by the message of an earlier session: aborts without a burn`, () => {
      const error = victimOf(idx(2), round, earlier.bodies[round - 1]?.get(idx(2)));
      expect(error?.consequence).not.toBe("burn");
      expect(error?.code).toBe("mpc/echo-mismatch");
    });
  }
});
