// Lying members of a batch (dkls23-spec 6.4) and of batches of presignatures (6.2): items that are
// swapped, shown otherwise to one member, or used in place of each other.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeAll, describe, expect, it } from "vitest";
import { type KeyShare, onlineMachine, type PresignOutput, presignBatchMachine, type SignItem } from "../src/dkls23/index.ts";
import { onlineLayout } from "../src/dkls23/presign/online.ts";
import { takePresignature } from "../src/dkls23/presign/presignature.ts";
import { check, round1Layout, round2, round2Layout, round3, round3Layout } from "../src/dkls23/sign/index.ts";
import { round1 } from "../src/dkls23/sign/round1.ts";
import { openBatch } from "../src/dkls23/sign/setup.ts";
import { encode64 } from "../src/kernel/point.ts";
import { type Layout, layoutBytes } from "../src/protocol/encoding/layout.ts";
import { collect, type Machine, type ShareIndex, type Verdict } from "../src/protocol/index.ts";
import { be32, mod, number } from "./key-checks.ts";
import { blames } from "./sign-lies.ts";
import { bytesFrom, errorOf, hex, idx, makeKey, nonceFrom, outputOf, runSession, signBatchMachines, type Tamper } from "./simulation.ts";

const [one, two, three] = [1, 2, 3].map(idx) as [ShareIndex, ShareIndex, ShareIndex];
const all = [one, two, three];
const seed = "batch-attacks";
const none = new Uint8Array(32);
/** Both items are equal, so nothing but their numbers tells them apart. */
const items: readonly SignItem[] = [0, 1].map(() => ({ digest: bytesFrom("digest"), tweak: none }));
let shares: ReadonlyMap<ShareIndex, KeyShare>;
beforeAll(() => {
  shares = makeKey(all, 3, seed);
});

function sign(tamper?: Tamper) {
  const verdicts = new Map<ShareIndex, Verdict>();
  const outcomes = runSession(signBatchMachines(shares, { signers: all, items, seed }), {
    seed,
    ...(tamper && { tamper }),
    onVerdict: (party, verdict) => verdicts.set(party, verdict),
  });
  return { outcomes, verdicts, told: (party: ShareIndex) => blames(errorOf(outcomes, party)) };
}
const nobody = (code: string) => ({ code, culprits: [], consequence: undefined });
const blamed = (code: string, ...culprits: ShareIndex[]) => ({ code, culprits, consequence: "retry" });
const burned = (code: string, ...culprits: ShareIndex[]) => ({ code, culprits, consequence: "burn" });

const layouts: readonly Layout<string>[] = [round1Layout, round2Layout, round3Layout];
/** Where a field stands in a body of two items. */
function fieldAt(round: number, name: string, item: number): readonly [number, number] {
  const layout = layouts[round - 1] as Layout<string>;
  const names = Object.keys(layout);
  const before = names.slice(0, names.indexOf(name)).reduce((sum, each) => sum + (layout[each] as number), 0);
  const from = item * layoutBytes(layout) + before;
  return [from, from + (layout[name] as number)];
}
/** Swaps these fields of the two items. */
function swapped(round: number, names: readonly string[], body: Uint8Array): Uint8Array {
  const out = body.slice();
  for (const name of names) {
    const [first, second] = [fieldAt(round, name, 0), fieldAt(round, name, 1)];
    out.set(body.subarray(...second), first[0]);
    out.set(body.subarray(...first), second[0]);
  }
  return out;
}
const flip = (round: number, name: string, item: number, body: Uint8Array): Uint8Array => {
  const [at] = fieldAt(round, name, item);
  return body.with(at, (body[at] as number) ^ 1);
};

describe("a member that swaps the items of a batch", () => {
  const swap = (round: number, names: readonly string[]) =>
    sign((envelope, body) => (envelope.round === round && envelope.from === two ? swapped(round, names, body) : body));
  const names = (round: number) => Object.keys(layouts[round - 1] as Layout<string>);

  it.each([
    ["round 1", 1, names(1), burned("mpc/ot-check-failed", two)],
    ["round 2", 2, names(2), nobody("mpc/echo-mismatch")],
    ["round 2 but for h1", 2, names(2).slice(1), blamed("mpc/opening-mismatch", two)],
    ["its multiplications", 2, ["at", "eta", "mu"], burned("mpc/mul-check-failed", two)],
    ["its key shares", 2, ["pk"], burned("mpc/mul-check-failed", two)],
  ] as const)("%s, is found out, although the items are equal", (_, round, which, expected) => {
    const { told } = swap(round, which);
    for (const party of [one, three]) expect(told(party)).toEqual(expected);
  });

  it.each([
    ["its masks", 2, ["psi"]],
    ["its parts", 3, names(3)],
  ] as const)("%s, gets no signature of either, and nobody can be blamed", (_, round, which) => {
    const { outcomes } = swap(round, which);
    for (const party of [one, three]) {
      const failed = outputOf(outcomes, party).map((each) => ("error" in each ? blames(each.error) : "signed"));
      expect(failed).toEqual([nobody("mpc/signature-invalid"), nobody("mpc/signature-invalid")]);
    }
  });

  it.each([
    [1, burned("mpc/ot-check-failed", two)],
    [2, burned("mpc/mul-check-failed", two)],
  ] as const)("between its partners, in round %i, is found out by both", (round, expected) => {
    const sent = new Map<ShareIndex, Uint8Array>();
    sign((envelope, body) => {
      if (envelope.round === round && envelope.from === two) sent.set(envelope.to, body);
      return body;
    });
    const { told } = sign((envelope, body) =>
      envelope.round === round && envelope.from === two ? sent.get(envelope.to === one ? three : one) : body,
    );
    for (const party of [one, three]) expect(told(party)).toEqual(expected);
  });
});

describe("a member that shows two others another round 1 of one item", () => {
  /** What party 2 would have sent of other randomness. */
  function other(): ReadonlyMap<ShareIndex, Uint8Array> {
    const machine = signBatchMachines(shares, { signers: all, items, seed }).get(two) as Machine<unknown>;
    const turn = machine.start(bytesFrom("another entropy"));
    if (turn.kind !== "exchange") throw new Error("expected an exchange");
    return turn.outbox;
  }

  it.each([0, 1])("item %i: passes the check at both, is an echo mismatch, and makes nobody burn anybody", (item) => {
    const turned = other().get(three) as Uint8Array;
    const length = turned.length / 2;
    const { told, verdicts } = sign(({ round, from, to }, body) => {
      if (round !== 1 || from !== two || to !== three) return body;
      body.set(turned.subarray(item * length, (item + 1) * length), item * length);
      return body;
    });
    expect(verdicts.get(three)).toEqual({ cleared: [one, two], failed: [] });
    for (const party of [one, three]) expect(told(party)).toEqual(nobody("mpc/echo-mismatch"));
  });
});

describe("several members that lie in different items", () => {
  const lies = (told: readonly (readonly [ShareIndex, number, string, number])[]): Tamper => {
    return ({ round, from, to }, body) =>
      told.filter((lie) => lie[0] === from && lie[1] === round && to === one).reduce((at, lie) => flip(round, lie[2], lie[3], at), body);
  };
  it("are all named by the one verdict of each, and by the error", () => {
    const { told, verdicts } = sign(
      lies([
        [two, 1, "x", 0],
        [three, 1, "U", 1],
      ]),
    );
    expect(verdicts.get(one)).toEqual({ cleared: [], failed: [two, three] });
    expect(told(one)).toEqual(burned("mpc/ot-check-failed", two, three));
  });

  it.each([
    [
      [
        [two, "mu", 0],
        [three, "eta", 1],
      ],
      burned("mpc/mul-check-failed", two, three),
    ],
    [
      [
        [two, "mu", 1],
        [three, "rho", 0],
      ],
      burned("mpc/mul-check-failed", two),
    ],
    [
      [
        [two, "h1", 0],
        [three, "mu", 1],
      ],
      burned("mpc/mul-check-failed", three),
    ],
    [
      [
        [two, "rho", 0],
        [three, "rho", 1],
      ],
      blamed("mpc/opening-mismatch", two, three),
    ],
    [
      [
        [two, "h1", 0],
        [two, "mu", 1],
        [three, "rho", 1],
      ],
      nobody("mpc/echo-mismatch"),
    ],
  ] as const)("are judged each by its own items: %j", (told, expected) => {
    expect(sign(lies(told.map(([from, name, item]) => [from, 2, name, item]))).told(one)).toEqual(expected);
  });
});

describe("a state of a batch", () => {
  const begin = (self: ShareIndex) => {
    const setup = { share: shares.get(self) as KeyShare, signers: all, nonce: nonceFrom(seed, all), burned: [], items };
    return round1(openBatch(setup), bytesFrom(`once/${self}`));
  };
  const used = expect.objectContaining({ code: "mpc/round-already-used" });

  it("is used once in every round, whatever the inbox of the second time", () => {
    const started = new Map(all.map((self) => [self, begin(self)]));
    const peersOf = (self: ShareIndex) => all.filter((j) => j !== self);
    const inboxOf = <M>(self: ShareIndex, sent: ReadonlyMap<ShareIndex, { readonly send: ReadonlyMap<ShareIndex, M> }>) =>
      collect(
        peersOf(self),
        peersOf(self).map((j) => [j, sent.get(j)?.send.get(self) as M] as const),
      );
    const firsts = all.map((self) => [self, inboxOf(self, started)] as const);
    const checked = new Map(firsts.map(([self, inbox]) => [self, check((started.get(self) as ReturnType<typeof begin>).next, inbox)]));
    expect(() => check((started.get(one) as ReturnType<typeof begin>).next, inboxOf(one, started))).toThrowError(used);
    const seconds = new Map([...checked].map(([self, { next }]) => [self, round2(next, bytesFrom(`second/${self}`))]));
    expect(() => round2((checked.get(one) as ReturnType<typeof check>).next, bytesFrom("again"))).toThrowError(used);
    const { next } = seconds.get(one) as ReturnType<typeof round2>;
    const [inbox, again] = [inboxOf(one, seconds), inboxOf(one, seconds)];
    expect(round3(next, inbox).send.get(two)?.length).toBe(2);
    expect(() => round3(next, again)).toThrowError(used);
  });
});

describe("(i) the forgery of 6.2 with two presignatures of one batch", () => {
  interface Parts {
    readonly w: bigint;
    readonly u: bigint;
  }
  const { Point } = secp256k1;
  const { n: q } = Point.CURVE();
  const invert = (x: bigint): bigint => Point.Fn.inv(mod(x));
  const target = bytesFrom("a message that nobody approves");
  const a = number(bytesFrom("a")) % q;
  const signers = [one, two];
  let pair: ReadonlyMap<ShareIndex, KeyShare>;
  beforeAll(() => {
    pair = makeKey([1, 2], 2, seed);
  });

  it("fails: parts of another item, the nonce of either and sums of both make nothing of a message that was not signed", () => {
    const setup = { signers, nonce: nonceFrom("forgery", signers), burned: [], items: items.map(({ tweak }) => ({ tweak })) };
    const made = runSession(new Map(signers.map((self) => [self, presignBatchMachine({ ...setup, share: pair.get(self) as KeyShare })])), {
      seed: "forgery",
    });
    const [mine, theirs] = signers.map((self) => outputOf(made, self)) as [readonly PresignOutput[], readonly PresignOutput[]];
    expect(mine.map(({ id }) => hex(id))).toEqual(theirs.map(({ id }) => hex(id)));
    const pointOf = (R: Parameters<typeof encode64>[0]) => Point.fromBytes(Uint8Array.of(4, ...encode64(R)));
    const Rs = theirs.map(({ presignature }) => pointOf(takePresignature(presignature.slice()).take().R));
    const R1 = Rs[0] as InstanceType<typeof Point>;
    const x = (P: InstanceType<typeof Point>): bigint => mod(P.toAffine().x);
    const { epoch, publicKey } = (pair.get(one) as KeyShare).record;

    // The liar has both nonces before it chooses the digest, which the honest party signs with
    // item 2.
    const h = be32(number(target) * x(R1) * invert(x(R1.multiply(a))));
    const about = { id: (mine[1] as PresignOutput).id, signers, epoch, digest: h, tweak: none, intent: bytesFrom("intent") };
    const online = (presignature: Uint8Array, id = about.id) => {
      const turn = onlineMachine(presignature, { ...about, id }).start(bytesFrom("entropy"));
      if (turn.kind !== "exchange") throw new Error("expected an exchange");
      return [...turn.outbox.values()][0] as Uint8Array;
    };
    const body = online((mine[1] as PresignOutput).presignature);
    const names = Object.keys(onlineLayout);
    const partOf = (of: Uint8Array, name: string): bigint => number(of.slice(32 * names.indexOf(name), 32 * names.indexOf(name) + 32));
    const honest = { w: partOf(body, "w"), u: partOf(body, "u") };

    // Its own parts: those of either item as the online step makes them, or as they were stored.
    const fromStep = (k: number) => {
      const { id, presignature } = theirs[k] as PresignOutput;
      const part = online(presignature.slice(), id);
      return { w: partOf(part, "w"), u: partOf(part, "u") };
    };
    const value = (words: Uint32Array): bigint => [...words].reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n);
    const asStored = ({ presignature }: PresignOutput) => {
      const { phi, u, v, R } = takePresignature(presignature.slice()).take();
      return { w: mod(number(h) * value(phi) + x(pointOf(R)) * value(v)), u: value(u) };
    };
    const own = [fromStep(0), fromStep(1), ...theirs.map(asStored)];

    /** Tries every known nonce, and what the attack makes of it, on every sum of parts. */
    const forgeries = (of: Parts) =>
      own.flatMap((part) => {
        const s = mod((of.w + part.w) * invert(of.u + part.u));
        return [...Rs, R1.add(Rs[1] as typeof R1)].flatMap((R) => {
          const star = R.multiply(a);
          const moved = mod(s * x(star) * invert(x(R) * a));
          return [verify(x(R), s), verify(x(star), s), verify(x(star), moved)];
        });
      });
    const verify = (r: bigint, s: bigint): boolean =>
      secp256k1.verify(new secp256k1.Signature(r, s).toBytes("compact"), target, publicKey, { prehash: false, lowS: false });
    expect(forgeries(honest)).toEqual(Array.from({ length: 36 }, () => false));
    // It is the re-randomisation that stops it: the part of item 1 as it is stored would do.
    expect(forgeries(asStored(mine[0] as PresignOutput)).filter((works) => works).length).toBe(1);
  });
});
