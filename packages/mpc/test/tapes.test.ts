// The rows of the table of dkls23-spec 0.6 say what a round draws. The tests compute each a second
// time from the round's entropy, its secret and its inputs.

import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeAll, describe, expect, it } from "vitest";
import { sealShare } from "../src/backup/index.ts";
import { closedRuns, RUNS } from "../src/backup/statement.ts";
import { decodeState, keygenContext, type Round1Message, type Round1State, round1, round2 } from "../src/dkg/index.ts";
import { importMachine, type KeyShare, refreshMachine } from "../src/dkls23/index.ts";
import { dkls23 } from "../src/dkls23/key-share.ts";
import { reversalExtendWith } from "../src/dkls23/ot/reversal.ts";
import { rvoleBob1With } from "../src/dkls23/ot/rvole.ts";
import type { PairCross, PairStart } from "../src/dkls23/pairing.ts";
import * as renew from "../src/dkls23/renew/index.ts";
import { check, openQuorum, round1Layout, round2 as signRound2 } from "../src/dkls23/sign/index.ts";
import { round1 as signRound1 } from "../src/dkls23/sign/round1.ts";
import { extensionSalt } from "../src/dkls23/sign/setup.ts";
import { suite } from "../src/dkls23/suite.ts";
import { toBytes } from "../src/kernel/scalar.ts";
import { collect, Once, type ShareIndex } from "../src/protocol/index.ts";
import { openRepair, round1 as repairRound1 } from "../src/repair/index.ts";
import { keygenSetup, membersOf } from "./frost/cast.ts";
import { type Renewal, renewalSetup } from "./renewed.ts";
import { repairSetup } from "./repairs.ts";
import { ascii, be32, bitOf, int, intLe, join, L, le32, listOf, p, q, SecondTape, TH, THs, u8, u16 } from "./second.ts";
import { bytesFrom, hex, idx, makeKey, nonceFrom } from "./simulation.ts";
import { dkgSuites, familyOf, makeKeyOf } from "./suites.ts";

const parties = [1, 2, 3].map(idx);
const [one, two, three] = parties as [ShareIndex, ShareIndex, ShareIndex];
const contexts = new Map(parties.map((self) => [self, keygenContext(suite, keygenSetup(parties, 2, self, "tapes"))]));
const contextOf = (self: ShareIndex) => contexts.get(self) as ReturnType<typeof keygenContext>;
const entropyOf = (self: ShareIndex, round: string): Uint8Array => bytesFrom(`tapes/${round}/${self}`);
const own = (self: ShareIndex): Uint8Array => bytesFrom(`own/${self}`);

/** Checks what a pair draws in round 1. */
function expectPair(tape: SecondTape, start: PairStart | undefined): void {
  if (start?.role === "S") {
    expect(hex(start.a)).toBe(hex(be32(tape.nonzero())));
    return;
  }
  if (start === undefined) throw new Error("no pair");
  expect(hex(start.choices)).toBe(hex(tape.bytes(16)));
  expect(hex(start.t)).toBe(hex(join(...Array.from({ length: 128 }, () => be32(tape.nonzero())))));
  const parities = tape.bytes(16);
  const { Fp } = secp256k1.Point;
  for (let g = 0; g < 128; g++) {
    let [x, y]: [bigint, bigint | undefined] = [p, undefined];
    while (y === undefined) {
      x = int(tape.bytes(32));
      const square = (x ** 3n + 7n) % p;
      if (x < p && Fp.sqr(Fp.pow(square, (p + 1n) / 4n)) === square) y = Fp.sqrt(square);
    }
    if (Number(y & 1n) !== bitOf(parities, g)) y = p - y;
    // R_{g,1-c} is the free point.
    const at = 128 * g + 64 * (1 - bitOf(start.choices, g));
    expect(hex(start.list.subarray(at, at + 64))).toBe(hex(join(be32(x), be32(y))));
  }
}

describe("round 1 of a key generation (dkg/1)", () => {
  it.each(parties)("of party %i: polynomial, chain code, opening and base OT follow from its own secret", (self) => {
    const state = round1(contextOf(self), { own: own(self) }, entropyOf(self, "dkg/1")).next.take();
    const bound = [state.context.sid, u16(self)];
    const tape = new SecondTape({ entropy: entropyOf(self, "dkg/1"), secret: own(self), bound, label: "dkg/1" });
    expect(state.coefficients.map(hex)).toEqual([tape.nonzero(), tape.nonzero()].map((a) => hex(be32(a))));
    expect(hex(state.cc)).toBe(hex(tape.bytes(32)));
    expect(hex(state.rho)).toBe(hex(tape.bytes(32)));
    for (const partner of parties) if (partner !== self) expectPair(tape, state.pairs.get(partner) as PairStart);
  });

  it("of a driver without a secret of its own: the index stands in", () => {
    const state = round1(contextOf(two), {}, entropyOf(two, "dkg/1")).next.take();
    const seed = { entropy: entropyOf(two, "dkg/1"), secret: u16(2), bound: [state.context.sid, u16(2)], label: "dkg/1" };
    expect(hex(state.coefficients[0] as Uint8Array)).toBe(hex(be32(new SecondTape(seed).nonzero())));
  });

  const afterRound1 = (snapshot: Uint8Array): Round1State => decodeState(dkls23, snapshot) as Round1State;
  it("of an importer: the key is its secret, and the first scalar is thrown away; the chain code is not drawn", () => {
    const secretKey = bytesFrom("imported");
    const chain = bytesFrom("chain");
    const setup = { importer: one, members: membersOf(parties), receivers: parties, threshold: 2, chain, epochNumber: 3 };
    const machine = importMachine(
      { ...setup, self: one, publicKey: secp256k1.getPublicKey(secretKey), nonce: nonceFrom("i", parties) },
      secretKey,
    );
    machine.start(entropyOf(one, "import"));
    const { coefficients, cc, rho, pairs } = afterRound1(machine.snapshot());
    const tape = new SecondTape({ entropy: entropyOf(one, "import"), secret: secretKey, bound: [machine.sid, u16(1)], label: "dkg/1" });
    tape.nonzero();
    expect(coefficients.map(hex)).toEqual([hex(secretKey), hex(be32(tape.nonzero()))]);
    expect(hex(cc)).toBe(hex(chain));
    expect(hex(rho)).toBe(hex(tape.bytes(32)));
    expectPair(tape, pairs.get(two) as PairStart);
  });

  it("of a holder that deals nothing in a refresh: its own secret, and no polynomial", () => {
    const share = makeKey([1, 2, 3], 2, "tapes").get(three) as KeyShare;
    const setup = { share, members: membersOf(parties), dealers: [one, two], nonce: nonceFrom("r", parties), epochNumber: 1 };
    const machine = refreshMachine(setup, own(three));
    machine.start(entropyOf(three, "refresh"));
    const { coefficients, rho } = afterRound1(machine.snapshot());
    const tape = new SecondTape({ entropy: entropyOf(three, "refresh"), secret: own(three), bound: [machine.sid, u16(3)], label: "dkg/1" });
    expect([coefficients.length, hex(rho)]).toEqual([0, hex(tape.bytes(32))]);
  });
});

it("round 2 of a key generation (dkg/2): proof, zero seeds and reversals follow from the polynomial and everything received", () => {
  const steps = new Map(parties.map((self) => [self, round1(contextOf(self), { own: own(self) }, entropyOf(self, "dkg/1"))]));
  const sent = (from: ShareIndex, to: ShareIndex) => steps.get(from)?.send.get(to) as Round1Message;
  for (const self of parties) {
    const others = parties.filter((j) => j !== self);
    const before = round1(contextOf(self), { own: own(self) }, entropyOf(self, "dkg/1")).next.take();
    const secret = join(...before.coefficients, before.rho);
    const coefficients = before.coefficients.map(int);
    const { h1, pairs, zs, pok } = round2(
      steps.get(self)?.next as Once<Round1State>,
      collect(
        others,
        others.map((from) => [from, sent(from, self)] as const),
      ),
      entropyOf(self, "dkg/2"),
    ).next.take();
    const { sid } = before.context;
    const coms = parties.flatMap((j) => [u16(j), j === self ? before.com : sent(j, self).com]);
    expect(hex(h1)).toBe(hex(TH("dkg/h1", sid, u16(2), ...coms)));
    // S receives the list, and R receives A.
    const received = others.flatMap((j) => [u16(j), join(sent(j, self).a, sent(j, self).list)]);
    const tape = new SecondTape({ entropy: entropyOf(self, "dkg/2"), secret, bound: [sid, u16(self), h1, ...received], label: "dkg/2" });

    const k = tape.nonzero();
    const R = secp256k1.Point.BASE.multiply(k).toBytes(false).slice(1);
    const e = THs("dkg/pok", h1, u16(self), before.f, R);
    const s = coefficients.reduce((sum, a, m) => (sum + e ** BigInt(m + 1) * a) % q, k);
    expect(hex(pok)).toBe(hex(join(R, be32(s))));
    for (const j of others) expect(hex(zs.get(j) as Uint8Array)).toBe(hex(tape.bytes(32)));
    for (const j of others) {
      const pair = pairs.get(j) as PairCross;
      if (pair.role !== "S") continue;
      const [choices, pad] = [tape.bytes(16), tape.bytes(16)];
      const osid = TH("ot/sid", sid, u16(self), u16(j));
      const { send, message } = reversalExtendWith(TH("rev/ote", osid, h1, zs.get(j) as Uint8Array), pair.recv, choices, pad);
      expect([hex(pair.send.delta), hex(pair.send.seeds)]).toEqual([hex(send.delta), hex(send.seeds)]);
      expect(hex(pair.reversal.U)).toBe(hex(message.U));
    }
  }
});

it("rounds 1 and 2 of a pair renewal (dkg/1, dkg/2): opening, base OT, zero seeds and reversal follow from the share, and from all that was received", () => {
  const shares = makeKey([1, 2, 3], 2, "tapes");
  const renewal: Renewal = { ends: [1, 2], generation: 1, seed: "tapes/renewal" };
  const ends = [one, two];
  const secretOf = (self: ShareIndex) => (shares.get(self) as KeyShare).secret;
  const begun = (self: ShareIndex) =>
    renew.round1(renew.renewalContext(renewalSetup(shares, self, renewal)), secretOf(self), entropyOf(self, "renewal/1"));
  for (const self of ends) {
    const partner = self === one ? two : one;
    const [{ context, rho, com, start }, step] = [begun(self).next.take(), begun(self)];
    const { sid } = context;
    const first = new SecondTape({
      entropy: entropyOf(self, "renewal/1"),
      secret: secretOf(self),
      bound: [sid, u16(self)],
      label: "dkg/1",
    });
    expect(hex(rho)).toBe(hex(first.bytes(32)));
    const none = new Uint8Array(0);
    expect(hex(com)).toBe(hex(TH("dkg/com", sid, u16(self), none, none, rho)));
    expectPair(first, start);

    const message = begun(partner).send.get(self) as renew.Round1Message;
    const { h1, zs, cross } = renew.round2(step.next, collect([partner], [[partner, message]]), entropyOf(self, "renewal/2")).next.take();
    const coms = ends.flatMap((j) => [u16(j), j === self ? com : message.com]);
    expect(hex(h1)).toBe(hex(TH("dkg/h1", sid, u16(2), ...coms)));
    const bound = [sid, u16(self), h1, u16(partner), join(message.a, message.list)];
    const second = new SecondTape({ entropy: entropyOf(self, "renewal/2"), secret: rho, bound, label: "dkg/2" });
    expect(hex(zs)).toBe(hex(second.bytes(32)));
    expect(cross.role).toBe(self === one ? "S" : "R");
    if (cross.role === "R") continue;
    const [choices, pad] = [second.bytes(16), second.bytes(16)];
    const osid = TH("ot/sid", sid, u16(self), u16(partner));
    const { send, message: reversed } = reversalExtendWith(TH("rev/ote", osid, h1, zs), cross.recv, choices, pad);
    expect([hex(cross.send.delta), hex(cross.send.seeds)]).toEqual([hex(send.delta), hex(send.seeds)]);
    expect(hex(cross.reversal.U)).toBe(hex(reversed.U));
  }
});

describe("signing", () => {
  let shares: ReadonlyMap<ShareIndex, KeyShare>;
  beforeAll(() => {
    shares = makeKey([1, 2, 3], 3, "tapes/sign");
  });

  it("rounds 1 and 2 (sign/1, sign/2): nonce, multiplications and a^ follow from the share and everything received", () => {
    const setup = { signers: parties, tweak: new Uint8Array(32), nonce: nonceFrom("tapes", parties), burned: [] };
    const quorums = new Map(
      parties.map((self) => [self, openQuorum({ ...setup, share: shares.get(self) as KeyShare }, bytesFrom("digest"))]),
    );
    const steps = new Map([...quorums].map(([self, quorum]) => [self, signRound1(quorum, entropyOf(self, "sign/1"))]));
    for (const [self, quorum] of quorums) {
      const { sid: ssid, peers, pairs } = quorum;
      const secret = (shares.get(self) as KeyShare).secret;
      const step = steps.get(self) as ReturnType<typeof signRound1>;
      const whole = step.next.take();
      const state = whole.runs[0] as (typeof whole.runs)[number];
      const drawn = new SecondTape({ entropy: entropyOf(self, "sign/1"), secret, bound: [ssid, u16(self)], label: "sign/1" });
      expect([state.phi, state.r].map((x) => hex(toBytes(x)))).toEqual([drawn.scalar(), drawn.nonzero()].map((x) => hex(be32(x))));
      expect(hex(state.rho)).toBe(hex(drawn.bytes(32)));
      for (const j of peers) {
        const [beta, pad] = [drawn.bytes(52), drawn.bytes(16)];
        const recv = pairs.get(j)?.recv as NonNullable<ReturnType<typeof pairs.get>>["recv"];
        const { b, message } = rvoleBob1With(extensionSalt(ssid, self, j, state.com), recv, beta, pad);
        expect([hex(toBytes(state.bobs.get(j)?.chi as typeof b)), hex(step.send.get(j)?.[0]?.U as Uint8Array)]).toEqual([
          ...[hex(toBytes(b)), hex(message.U)],
        ]);
      }

      const sentBy = (j: ShareIndex) => steps.get(j)?.send.get(self) as NonNullable<ReturnType<(typeof step)["send"]["get"]>>;
      const from = (j: ShareIndex) => sentBy(j)[0] as NonNullable<ReturnType<typeof sentBy>[0]>;
      const checked = check(
        new Once(whole, []),
        collect(
          peers,
          peers.map((j) => [j, sentBy(j)] as const),
        ),
      );
      const answered = signRound2(checked.next, entropyOf(self, "sign/2"));
      const { runs } = answered.next.take();
      const { h1, r, sk } = runs[0] as (typeof runs)[number];
      const coms = parties.flatMap((j) => [u16(j), j === self ? state.com : from(j).com]);
      expect(hex(h1)).toBe(hex(TH("sign/h1", ssid, ...coms)));
      const received = peers.flatMap((j) => {
        const { com, U, x, t } = from(j);
        expect(U.length).toBe(round1Layout.U);
        return [u16(j), TH("ote/u", TH("sign/ote", ssid, u16(j), u16(self), com), U), x, t];
      });
      const bound = [ssid, u16(self), h1, ...received];
      const tape = new SecondTape({ entropy: entropyOf(self, "sign/2"), secret, bound, label: "sign/2" });
      for (const j of peers) {
        const [message] = answered.send.get(j) ?? [];
        const { at, eta } = message as { at: Uint8Array; eta: Uint8Array };
        const rv = TH("sign/rvole", ssid, u16(j), u16(self), h1);
        const [theta0, theta1] = [0, 1].map((i) => THs("rvole/theta", rv, TH("rvole/at", rv, at), u8(i))) as [bigint, bigint];
        const ahat = (int(eta) - theta0 * int(toBytes(r)) - theta1 * int(toBytes(sk))) % q;
        expect(hex(be32((ahat + q) % q))).toBe(hex(be32(tape.scalar())));
      }
    }
  });
});

describe.each(dkgSuites)("round 1 of a share repair (repair/1), $scheme", (of) => {
  const [order, write, read] = of.scheme === "eddsa-ed25519" ? [L, le32, intLe] : [q, be32, int];
  const scalar = (tape: SecondTape): bigint => (of.scheme === "ecdsa-secp256k1" ? tape.nonzero() : tape.wide(read, order));
  const mod = (x: bigint): bigint => ((x % order) + order) % order;
  const inverse = (x: bigint): bigint => {
    let [result, base] = [1n, mod(x)];
    for (let n = order - 2n; n > 0n; n >>= 1n, base = (base * base) % order) if (n & 1n) result = (result * base) % order;
    return result;
  };
  /** As it travels: both coordinates, compressed, or one eighth. */
  const wire = (k: bigint): Uint8Array => {
    if (of.scheme === "eddsa-ed25519") return ed25519.Point.BASE.multiply(mod(k * inverse(8n))).toBytes();
    const P = secp256k1.Point.BASE.multiply(k);
    return of.scheme === "schnorr-bip340" ? P.toBytes() : P.toBytes(false).slice(1);
  };

  it("all parts of a row but the last follow from the share, the helpers and the receiver; the last makes the sum", () => {
    const shares = makeKeyOf(of, [2, 3, 5, 700], 3, "tapes/repair");
    const [helpers, receiver] = [[2, 5, 700].map(idx), idx(3)];
    for (const self of helpers) {
      const { context, share } = openRepair(familyOf(of), repairSetup(of, shares, { helpers, receiver, seed: "tapes" }, self));
      const secret = shares.get(self)?.secret as Uint8Array;
      expect(hex(share as Uint8Array)).toBe(hex(secret));
      const entropy = entropyOf(self, "repair/1");
      const { next, send } = repairRound1(context, share as NonNullable<typeof share>, entropy);
      const { D, delta } = next.take();
      const bound = [context.sid, u16(self), u16(receiver), listOf(helpers)];
      const tape = new SecondTape({ entropy, secret, bound, label: "repair/1" });
      const drawn = [scalar(tape), scalar(tape)];
      const weight = helpers.reduce(
        (product, j) => (j === self ? product : mod(product * BigInt(receiver - j) * inverse(BigInt(self - j)))),
        1n,
      );
      const row = [...drawn, mod(weight * read(secret) - drawn.reduce((a, b) => a + b))];
      const parts = helpers.map((j) => (j === self ? delta : (send.get(j)?.delta as Uint8Array)));
      expect(parts.map(hex)).toEqual(row.map((each) => hex(write(each))));
      expect(hex(D)).toBe(hex(join(...row.map(wire))));
      for (const [j, message] of send) expect([hex(message.D), message.delta.length]).toEqual([hex(D), j === receiver ? 0 : 32]);
    }
  });
});

const publicShares = {
  secp256k1: (secret: Uint8Array): Uint8Array => secp256k1.getPublicKey(secret),
  ed25519: (secret: Uint8Array): Uint8Array => ed25519.Point.BASE.multiply(intLe(secret)).toBytes(),
};

it.each(["secp256k1", "ed25519"] as const)(
  "a sealed backup of a share of %s (backup): salt and seeds follow from the whole statement",
  (curve) => {
    const secret = bytesFrom("a share").map((byte, k) => (k === 0 || k === 31 ? byte & 15 : byte));
    const publicShare = publicShares[curve](secret);
    const statement = { curve, publicShare, recipient: secp256k1.getPublicKey(bytesFrom("recipient")), context: bytesFrom("context") };
    const sealed = sealShare(statement, secret, bytesFrom("entropy"));
    const bound = [ascii(curve), publicShare, statement.recipient, statement.context, new Uint8Array(32)];
    const tape = new SecondTape({ entropy: bytesFrom("entropy"), secret, bound, label: "backup" });
    expect(hex(sealed.subarray(1, 33))).toBe(hex(tape.bytes(32)));
    const closed = closedRuns(sealed.subarray(33, 65));
    let at = 65;
    for (let k = 0; k < RUNS; k++) {
      const seed = tape.bytes(16);
      if (!closed.has(k)) expect(hex(sealed.subarray(at, at + 16))).toBe(hex(seed));
      at += closed.has(k) ? 97 : 16;
    }
  },
);
