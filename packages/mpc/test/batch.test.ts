// Batches (dkls23-spec 6.4): up to 64 items of one key in one session, which pass all checks
// together and end alone.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type KeyShare,
  onlineMachine,
  type PresignOutput,
  presignBatchMachine,
  type SignItem,
  type SignOutput,
  signBatchMachine,
} from "../src/dkls23/index.ts";
import { check, round1Layout, round2Layout, round3Layout } from "../src/dkls23/sign/index.ts";
import { type Round1State, round1 } from "../src/dkls23/sign/round1.ts";
import { extensionSalt, openBatch } from "../src/dkls23/sign/setup.ts";
import { layoutBytes } from "../src/protocol/encoding/layout.ts";
import { collect, type Once, type Outcome, type ShareIndex, type Step, type Verdict } from "../src/protocol/index.ts";
import { bet } from "./bets.ts";
import { be32, number } from "./key-checks.ts";
import { extended, lies, tell, truncated } from "./lies.ts";
import { bitOf } from "./ot-inputs.ts";
import { blames, layouts, liar, rows } from "./sign-lies.ts";
import {
  bytesFrom,
  errorOf,
  hex,
  idx,
  makeKey,
  nonceFrom,
  outputOf,
  runSession,
  signBatchMachines,
  signMachines,
  type Tamper,
} from "./simulation.ts";

const seed = "batch";
const honest = idx(1);
const signers = [honest, liar];
const none = new Uint8Array(32);
const tweak = be32(number(bytesFrom("batch/tweak")));
const digest = bytesFrom("batch/digest");
let shares: ReadonlyMap<ShareIndex, KeyShare>;
beforeAll(() => {
  shares = makeKey([1, 2], 2, seed);
});

/** Gives `count` items. The first two are equal, and so are the digests of the first three. */
const itemsOf = (count: number): readonly SignItem[] =>
  Array.from({ length: count }, (_, k) => ({ digest: k < 3 ? digest : bytesFrom(`batch/${k}`), tweak: k % 3 === 2 ? tweak : none }));

const sign = (count: number, tamper?: Tamper, observed?: (round: number, from: ShareIndex, body: Uint8Array) => void, of = seed) =>
  runSession(signBatchMachines(shares, { signers, items: itemsOf(count), seed: of }), {
    seed: of,
    ...(tamper && { tamper }),
    observe: ({ round, from }, body) => observed?.(round, from, body),
  });

const { Point } = secp256k1;
const childOf = (by: Uint8Array): string => {
  const root = Point.fromBytes((shares.get(honest) as KeyShare).record.publicKey);
  return hex((number(by) === 0n ? root : root.add(Point.BASE.multiply(number(by)))).toBytes());
};

/** Verifies a signature by another library, and its recovery id. */
function expectSigned(output: SignOutput, item: SignItem): void {
  expect(hex(output.publicKey)).toBe(childOf(item.tweak));
  expect(secp256k1.verify(output.signature, item.digest, output.publicKey, { prehash: false, lowS: true })).toBe(true);
  const recovered = secp256k1.Signature.fromBytes(output.signature).addRecoveryBit(output.recovery).recoverPublicKey(item.digest);
  expect(hex(recovered.toBytes())).toBe(hex(output.publicKey));
}
const signedBy = (outcome: Outcome<SignOutput> | undefined): SignOutput => {
  if (outcome === undefined || "error" in outcome) throw outcome?.error ?? new Error("no such item");
  return outcome.output;
};

/** Lets the liar change the message about one item of a batch of `count`. */
const inItem =
  (round: number, count: number, item: number, change: (message: Uint8Array) => Uint8Array): Tamper =>
  (envelope, body) => {
    if (envelope.from !== liar || envelope.round !== round) return body;
    const length = body.length / count;
    body.set(change(body.slice(length * item, length * (item + 1))), length * item);
    return body;
  };
const lastByte = (message: Uint8Array): Uint8Array => message.with(message.length - 1, (message[message.length - 1] as number) ^ 1);

describe("a batch", () => {
  it.each([1, 2, 64])("of %i signs every item, equal ones too, in messages of exactly as many times the length of one", (count) => {
    const sent: string[] = [];
    const verdicts: Verdict[] = [];
    const machines = signBatchMachines(shares, { signers, items: itemsOf(count), seed });
    const outcomes = runSession(machines, {
      seed,
      observe: ({ round, from }, body) => from === honest && sent.push(`${round}: ${body.length}`),
      onVerdict: (party, verdict) => party === honest && verdicts.push(verdict),
    });
    const outputs = outputOf(outcomes, honest).map(signedBy);
    expect(outputs).toEqual(outputOf(outcomes, liar).map(signedBy));
    for (const [k, item] of itemsOf(count).entries()) expectSigned(outputs[k] as SignOutput, item);
    // Equal items are two runs, so their nonces differ.
    expect(new Set(outputs.map(({ signature }) => hex(signature.subarray(0, 32)))).size).toBe(count);
    expect(sent).toEqual([`1: ${10_800 * count}`, `2: ${40_352 * count}`, `3: ${64 * count}`]);
    for (const round of [1, 2, 3]) expect(sent).toContain(`${round}: ${machines.get(honest)?.bodyBytes(round, liar)}`);
    expect(verdicts).toEqual([{ cleared: [liar], failed: [] }]);
  });

  it("of 64 needs no more than the bound of a receiver", () => {
    expect([round1Layout, round2Layout, round3Layout].map(layoutBytes)).toEqual([10_800, 40_352, 64]);
    for (const layout of layouts) expect(64 * layoutBytes(layout)).toBeLessThanOrEqual(64 * (40_352 + 64));
  });

  it("has another session id for another number, order, digest or tweak, and for the same item alone", () => {
    const [one, two, three] = itemsOf(4).slice(1) as [SignItem, SignItem, SignItem];
    const batches = [[one], [one, one], [one, two], [two, one], [one, { ...two, digest: three.digest }], [one, { ...two, tweak: none }]];
    const sids = batches.map((items) => hex(signBatchMachines(shares, { signers, items, seed }).get(honest)?.sid as Uint8Array));
    // The last batch is the second one again, told in other words.
    expect(sids[5]).toBe(sids[1]);
    expect(new Set(sids).size).toBe(5);
    const alone = signMachines(shares, { signers, ...one, seed });
    expect(sids).not.toContain(hex(alone.get(honest)?.sid as Uint8Array));
  });

  it.each([0, 65])("of %i items is refused", (count) => {
    const setup = { share: shares.get(honest) as KeyShare, signers, nonce: nonceFrom(seed, signers), burned: [] };
    const refusal = expect.objectContaining({ code: "mpc/bad-setup", message: `items: expected 1 to 64 items, got ${count}` });
    expect(() => signBatchMachine({ ...setup, items: itemsOf(count) })).toThrowError(refusal);
    expect(() => presignBatchMachine({ ...setup, items: itemsOf(count) })).toThrowError(refusal);
  });

  it("says of its own items which is wrong", () => {
    const [one] = itemsOf(1) as [SignItem];
    for (const [change, message] of [
      [{ digest: none }, "items[1].digest: it is zero mod the group order"],
      [{ tweak: new Uint8Array(32).fill(255) }, "items[1].tweak: expected 32 bytes below the group order"],
      [{ digest: none.slice(1) }, "items[1].digest: expected 32 bytes, got 31 bytes"],
    ] as const)
      expect(() => signBatchMachines(shares, { signers, items: [one, { ...one, ...change }], seed })).toThrowError(
        expect.objectContaining({ code: "mpc/bad-setup", message }),
      );
  });
});

describe("a lie about one field of one item of a batch", () => {
  /** The liar's bodies of an earlier batch, by round. */
  const earlier: Uint8Array[] = [];
  beforeAll(() => {
    const keep = (round: number, from: ShareIndex, body: Uint8Array): void => {
      if (from === liar) earlier[round - 1] = body;
    };
    sign(2, undefined, keep, `${seed}/earlier`);
  });

  for (const [index, { round, field, kind, expected, except }] of rows.entries())
    for (const lie of lies) {
      const want = except?.[lie] ?? expected;
      const alone = round === 3 || want.code === "mpc/signature-invalid";
      it(`R${round}.${field}, ${lie}: ${want.code}, ${alone ? "fails that item alone" : "ends the batch"}`, () => {
        const layout = layouts[round - 1] as (typeof layouts)[number];
        const old = earlier[round - 1] as Uint8Array;
        const of = (item: number) => old.slice((old.length / 2) * item, (old.length / 2) * (item + 1));
        const told = (item: number) => {
          const rounds = new Set<number>();
          const change = (message: Uint8Array) => tell(lie, { field, kind, layout }, message, of(item), seed);
          const outcomes = sign(2, inItem(round, 2, item, change), (at, from) => from === honest && rounds.add(at));
          if (alone) {
            const output = outputOf(outcomes, honest);
            expectSigned(signedBy(output[1 - item]), itemsOf(2)[1 - item] as SignItem);
            const failed = output[item];
            expect(blames(failed !== undefined && "error" in failed ? failed.error : undefined)).toEqual(want);
            return undefined;
          }
          const error = errorOf(outcomes, honest);
          expect(blames(error)).toEqual(want);
          // Nothing of any item was sent after the check that failed.
          expect(Math.max(...rounds)).toBe(round);
          return { message: error?.message, facts: error?.facts };
        };
        const first = told(index % 2);
        // Nothing that is reported depends on the item.
        if (lie === "flip") expect(told(1 - (index % 2))).toEqual(first);
      });
    }

  it.each([1, 2, 3])("a body of another length in round %i ends the batch", (round) => {
    for (const change of [truncated, extended]) {
      const outcomes = sign(2, (envelope, body) => (envelope.from === liar && envelope.round === round ? change(body) : body));
      expect(blames(errorOf(outcomes, honest))).toEqual({ code: "mpc/bad-message", culprits: [liar], consequence: "retry" });
    }
  });
});

describe("what fails in several items of a batch", () => {
  const change = (field: keyof typeof round2Layout, value: (old: Uint8Array) => Uint8Array) => (message: Uint8Array) => {
    const names = Object.keys(round2Layout) as (keyof typeof round2Layout)[];
    const at = names.slice(0, names.indexOf(field)).reduce((sum, name) => sum + round2Layout[name], 0);
    const lied = message.slice();
    lied.set(value(message.slice(at, at + round2Layout[field])), at);
    return lied;
  };
  const flip = (field: keyof typeof round2Layout) => change(field, (old) => old.with(0, (old[0] as number) ^ 1));
  const outOfRange = change("psi", () => new Uint8Array(32).fill(255));
  const both = (first: (message: Uint8Array) => Uint8Array, second: (message: Uint8Array) => Uint8Array) => {
    const told = [
      [first, second],
      [second, first],
    ].map(([zero, one]) => {
      const tampers = [inItem(2, 2, 0, zero as typeof first), inItem(2, 2, 1, one as typeof first)];
      return blames(
        errorOf(
          sign(2, (envelope, body) => tampers.reduce((at, tamper) => tamper(envelope, at) as Uint8Array, body)),
          honest,
        ),
      );
    });
    expect(told[0]).toEqual(told[1]);
    return told[0];
  };

  it("is reported in the order of the checks, in whichever item it is, and a burn outranks it", () => {
    expect(both(outOfRange, flip("rho"))).toMatchObject({ code: "mpc/opening-mismatch", consequence: "retry" });
    expect(both(flip("rho"), flip("mu"))).toMatchObject({ code: "mpc/mul-check-failed", culprits: [liar], consequence: "burn" });
  });

  it("burns nobody if the sender saw another round 1 in any item", () => {
    expect(both(flip("h1"), flip("mu"))).toEqual({ code: "mpc/echo-mismatch", culprits: [], consequence: undefined });
  });

  it("(r) is found before any w, u leaves: the last of 64 items fails, and no item's parts were sent", () => {
    const sent: number[] = [];
    const outcomes = sign(64, inItem(2, 64, 63, lastByte), (round, from) => from === honest && sent.push(round));
    expect(blames(errorOf(outcomes, honest))).toEqual({ code: "mpc/mul-check-failed", culprits: [liar], consequence: "burn" });
    expect(sent).toEqual([1, 2]);
  });
});

describe("(q) bets on Delta in the items of one batch", () => {
  const count = 64;
  type First = Step<Round1State, ReturnType<typeof round1>["send"] extends ReadonlyMap<ShareIndex, infer M> ? M : never>;
  const begin = (self: ShareIndex): First => {
    const setup = { share: shares.get(self) as KeyShare, signers, nonce: nonceFrom(seed, signers), burned: [], items: itemsOf(count) };
    return round1(openBatch(setup), bytesFrom(`bets/${self}`));
  };
  const error = new Uint8Array(68).fill(0x5a);

  /** Gives the verdict on a batch in which the liar has bet on one row in each of these items. */
  function verdictOn(bets: ReadonlyMap<number, number>) {
    const [mine, theirs] = [begin(honest), begin(liar)];
    const { quorum, runs } = theirs.next.take();
    const messages = (theirs.send.get(honest) ?? []).map((message, k) => {
      const [row, run] = [bets.get(k), runs[k] as (typeof runs)[number]];
      if (row === undefined) return message;
      const salt = extensionSalt(run.item.ssid, quorum.self, honest, run.com);
      const state = run.bobs.get(honest)?.ot as NonNullable<ReturnType<typeof run.bobs.get>>["ot"];
      return { ...message, ...bet(salt, { state, message }, row, error) };
    });
    const { verdict, next } = check(mine.next as Once<Round1State>, collect([liar], [[liar, messages]]));
    next.wipe();
    return verdict;
  }

  it("give one bit, not 64: they pass or fail together, and the verdict is that of one bet", () => {
    const delta = (shares.get(honest) as KeyShare).pairs?.partners.get(liar)?.send.delta as Uint8Array;
    const rowsWith = (bit: number) => Array.from({ length: 128 }, (_, i) => i).filter((i) => bitOf(delta, i) === bit);
    const [zeros, ones] = [rowsWith(0), rowsWith(1)];
    const [cleared, failed] = [
      { cleared: [liar], failed: [] },
      { cleared: [], failed: [liar] },
    ];
    // Another row in each of 64 items, all of them right; one of them wrong; one bet alone that is
    // wrong.
    const right = Array.from({ length: count }, (_, k) => [k, zeros[k % zeros.length] as number] as const);
    expect(verdictOn(new Map(right))).toEqual(cleared);
    expect(verdictOn(new Map([...right, [count - 1, ones[0] as number]]))).toEqual(failed);
    expect(verdictOn(new Map([[0, ones[1] as number]]))).toEqual(failed);
    expect(verdictOn(new Map(Array.from({ length: count }, (_, k) => [k, ones[k % ones.length] as number] as const)))).toEqual(failed);
  });

  it("end the batch with one report, the same for one bad row in one item and for another in each of 64", () => {
    const report = (tamper: Tamper) => {
      const verdicts: unknown[] = [];
      const sent: number[] = [];
      const outcomes = runSession(signBatchMachines(shares, { signers, items: itemsOf(count), seed }), {
        seed,
        tamper,
        observe: ({ round, from }) => from === honest && sent.push(round),
        onVerdict: (party, verdict) => party === honest && verdicts.push(verdict),
      });
      const told = errorOf(outcomes, honest);
      return { ...blames(told), message: told?.message, facts: told?.facts, verdicts, sent };
    };
    const row = (k: number) => (message: Uint8Array) => message.with(32 + 68 * k, (message[32 + 68 * k] as number) ^ 0x80);
    const each = Array.from({ length: count }, (_, k) => inItem(1, count, k, row(2 * k)));
    const one = report(inItem(1, count, 40, row(3)));
    expect(one).toMatchObject({ code: "mpc/ot-check-failed", culprits: [liar], consequence: "burn", sent: [1] });
    expect(one.verdicts).toEqual([{ cleared: [], failed: [liar] }]);
    expect(report((envelope, body) => each.reduce((at, tamper) => tamper(envelope, at) as Uint8Array, body))).toEqual(one);
  });
});

describe("a batch of presignatures", () => {
  const presign = (count: number, tamper?: Tamper) => {
    const setup = {
      signers,
      nonce: nonceFrom("presign", signers),
      burned: [],
      items: itemsOf(count).map((item) => ({ tweak: item.tweak })),
    };
    const machines = new Map(signers.map((self) => [self, presignBatchMachine({ ...setup, share: shares.get(self) as KeyShare })]));
    return runSession(machines, { seed: "presign", ...(tamper && { tamper }) });
  };

  it.each([1, 2, 64])("of %i gives as many, each of which signs", (count) => {
    const outcomes = presign(count);
    const made = signers.map((self) => outputOf(outcomes, self)) as [readonly PresignOutput[], readonly PresignOutput[]];
    expect(made[0].map(({ id }) => hex(id))).toEqual(made[1].map(({ id }) => hex(id)));
    expect(new Set(made[0].map(({ id }) => hex(id))).size).toBe(count);
    const { epoch } = (shares.get(honest) as KeyShare).record;
    // The first, which equals the second, and the last: a signature of each would take a second.
    for (const k of new Set([0, 1, count - 1].filter((each) => each < count))) {
      const item = { digest, tweak };
      const { id } = made[0][k] as PresignOutput;
      const about = { ...item, id, signers, epoch, intent: bytesFrom("intent") };
      const online = signers.map((self, seat) => [self, onlineMachine(made[seat]?.[k]?.presignature as Uint8Array, about)] as const);
      expectSigned(outputOf(runSession(new Map(online), { seed: "online" }), honest), item);
    }
  });

  it("gives none if the check of one item fails", () => {
    const outcomes = presign(3, inItem(2, 3, 2, lastByte));
    expect(blames(errorOf(outcomes, honest))).toEqual({ code: "mpc/mul-check-failed", culprits: [liar], consequence: "burn" });
  });
});
