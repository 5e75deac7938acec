// Share repair (dkls23-spec 7.2, 10.2): t holders give another its share of the present epoch back,
// and it is the one that it had.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import type { DkgSuite, Share } from "../src/dkg/index.ts";
import { type KeyShare, signMachine } from "../src/dkls23/index.ts";
import type { FrostKeyShare, Scheme } from "../src/frost/index.ts";
import type { Scalar } from "../src/group/group.ts";
import { layoutBytes } from "../src/protocol/encoding/layout.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { drawRow, openRepair, round1Layout, round2Layout } from "../src/repair/index.ts";
import { signMachines as frostSignMachines, membersOf } from "./frost/cast.ts";
import { verifies } from "./frost/verify.ts";
import { type Shares as EcdsaShares, renew } from "./renewed.ts";
import { choices, repairMachines, repairOf, repairSetup } from "./repairs.ts";
import { bytesFrom, hex, idx, makeKey, outputOf, runSession, signMachines } from "./simulation.ts";
import { dkgSuites, familyOf, makeKeyOf } from "./suites.ts";

type Shares = ReadonlyMap<ShareIndex, Share>;
const keys = [
  { t: 2, parties: [3, 700, 65_535] },
  { t: 3, parties: [1, 3, 40, 700, 65_535] },
];

describe.each(dkgSuites)("a repair ($scheme)", (suite) => {
  const made = new Map<number, Shares>();
  const keyOf = (t: number): Shares => {
    const { parties } = keys.find((key) => key.t === t) as (typeof keys)[number];
    const shares = made.get(t) ?? makeKeyOf(suite, parties, t, "repair");
    made.set(t, shares);
    return shares;
  };
  const repaired = (t: number, helpers: readonly ShareIndex[], receiver: ShareIndex, seed = "repair") => {
    const outcomes = runSession(repairMachines(suite, keyOf(t), { helpers, receiver, seed }), { seed });
    for (const helper of helpers) expect(outputOf(outcomes, helper)).toEqual({ share: undefined });
    return outputOf(outcomes, receiver).share as Share;
  };

  for (const { t, parties } of keys)
    it(`gives every holder of ${t} of ${parties.length} its share back, with the help of any ${t} others`, () => {
      for (const receiver of parties.map(idx))
        for (const helpers of choices(
          parties.map(idx).filter((j) => j !== receiver),
          t,
        )) {
          const { record, secret } = repaired(t, helpers, receiver);
          const lost = keyOf(t).get(receiver) as Share;
          expect([record, hex(secret)]).toEqual([lost.record, hex(lost.secret)]);
        }
    });

  it("gives a share that signs: at once (FROST), or once it has renewed its pair (DKLs23)", () => {
    const [helpers, receiver] = [[3, 65_535].map(idx), idx(700)];
    const share = repaired(2, helpers, receiver);
    const shares: ReadonlyMap<ShareIndex, Share> = new Map([...keyOf(2), [receiver, share]]);
    const [signers, message] = [[receiver, idx(65_535)], bytesFrom("repaired")];
    if (suite.scheme !== "ecdsa-secp256k1") {
      const machines = frostSignMachines(shares as ReadonlyMap<ShareIndex, FrostKeyShare>, {
        signers,
        message,
        seed: "repaired",
      });
      const signed = outputOf(runSession(machines, { seed: "repaired" }), receiver);
      expect(verifies(suite.scheme as Scheme, message, signed)).toBe(true);
      expect(hex(signed.publicKey)).toBe(hex(share.record.publicKey));
      return;
    }
    const about = { signers, digest: message, tweak: new Uint8Array(32), nonce: bytesFrom("n"), burned: [] };
    expect(() => signMachine({ ...about, share: share as KeyShare })).toThrowError(expect.objectContaining({ code: "mpc/pairs-missing" }));
    const renewed = renew(shares as EcdsaShares, { ends: [700, 65_535], generation: 1, seed: "renew" });
    const signing = signMachines(renewed, { signers, digest: message, seed: "repaired" });
    const { signature, publicKey } = outputOf(runSession(signing, { seed: "repaired" }), receiver);
    expect(secp256k1.verify(signature, message, publicKey, { prehash: false })).toBe(true);
    expect(hex(publicKey)).toBe(hex(share.record.publicKey));
  });

  it("has two rounds of the lengths that a driver is told, empty where there is nothing to say, and nothing to store", () => {
    const [helpers, receiver] = [[3, 65_535].map(idx), idx(700)];
    const machines = repairMachines(suite, keyOf(2), { helpers, receiver, seed: "lengths" });
    const seen: string[] = [];
    runSession(machines, {
      seed: "lengths",
      observe: ({ round, from, to }, body) => {
        expect(machines.get(to)?.bodyBytes(round, from)).toBe(body.length);
        seen.push(`${round}: ${from} to ${to}, ${body.length}`);
      },
    });
    const row = 2 * suite.group.wireBytes;
    expect(seen).toEqual([
      ...[`1: 3 to 700, ${row}`, `1: 3 to 65535, ${row + 32}`, "1: 700 to 3, 0", "1: 700 to 65535, 0"],
      ...[`1: 65535 to 3, ${row + 32}`, `1: 65535 to 700, ${row}`],
      ...["2: 3 to 700, 64", "2: 3 to 65535, 0", "2: 700 to 3, 0", "2: 700 to 65535, 0", "2: 65535 to 3, 0", "2: 65535 to 700, 64"],
    ]);
    for (const machine of repairMachines(suite, keyOf(2), { helpers, receiver, seed: "lengths" }).values()) {
      expect([machine.rounds, machine.bodyBytes(3, receiver)]).toEqual([2, 0]);
      expect(machine.protocol).toBe(suite.scheme === "ecdsa-secp256k1" ? "repair" : "frost-repair");
      machine.start(bytesFrom("entropy"));
      expect(() => machine.snapshot()).toThrowError(expect.objectContaining({ code: "mpc/not-storable" }));
    }
    const { context } = openRepair(familyOf(suite), repairSetup(suite, keyOf(2), { helpers, receiver, seed: "lengths" }, receiver));
    expect(layoutBytes(round1Layout(context, idx(3), receiver)) + layoutBytes(round2Layout(context, idx(3), receiver))).toBe(row + 64);
  });

  it("reads an inbox in any order", () => {
    const [helpers, receiver] = [[3, 40, 700].map(idx), idx(65_535)];
    const machines = repairMachines(suite, keyOf(3), { helpers, receiver, seed: "order" });
    const outcomes = runSession(machines, { seed: "order", order: (senders) => [...senders].reverse() });
    expect(hex(outputOf(outcomes, receiver).share?.secret as Uint8Array)).toBe(hex(keyOf(3).get(receiver)?.secret as Uint8Array));
  });

  it("takes what a helper says of an exposed key, and says so in the record", () => {
    const shares = new Map([...keyOf(2)].map(([j, share]) => [j, { ...share, record: { ...share.record, exposed: "imported" as const } }]));
    const machines = repairMachines(suite, shares, { helpers: [3, 700].map(idx), receiver: idx(65_535), seed: "exposed" });
    expect(outputOf(runSession(machines, { seed: "exposed" }), idx(65_535)).share?.record.exposed).toBe("imported");
  });

  it("of another epoch, helpers, receiver, nonce or identity key is another session", () => {
    const about = { helpers: [1, 3, 40].map(idx), receiver: idx(700), seed: "sids" };
    const sidOf = (change: object, of: Partial<typeof about> = {}) => {
      const setup = repairSetup(suite, keyOf(3), { ...about, ...of }, idx(3));
      return hex(repairOf(suite).machine({ ...setup, ...change }).sid);
    };
    const sids = [
      sidOf({}),
      sidOf({ nonce: bytesFrom("another") }),
      sidOf({ members: membersOf([1, 3, 40, 700].map(idx)).map((each, k) => (k === 3 ? { ...each, idpk: bytesFrom("new") } : each)) }),
      sidOf({}, { helpers: [1, 3, 65_535].map(idx) }),
      sidOf({}, { receiver: idx(65_535) }),
    ];
    expect(new Set(sids).size).toBe(sids.length);
  });

  it("draws a row anew whose last part would be zero, which has no element", () => {
    const { group } = suite;
    const [total, ...drawn] = [5n, 5n, 2n].map(group.public);
    const parts = drawRow(group, total as Scalar, 2, () => drawn.shift() as Scalar);
    expect(parts.map(hex)).toEqual([2n, 3n].map((n) => hex(group.public(n))));
  });
});

it("of DKLs23 leaves the pairs of helpers alone, and needs none", () => {
  const shares = makeKey([1, 2, 3], 2, "repair/pairs");
  const backups = new Map([...shares].map(([j, { record, secret }]) => [j, { record, secret, pairs: undefined }]));
  const machines = repairMachines(dkgSuites[0] as DkgSuite, backups, { helpers: [1, 2].map(idx), receiver: idx(3), seed: "pairs" });
  const { share } = outputOf(runSession(machines, { seed: "pairs" }), idx(3));
  expect(share).toEqual({ record: shares.get(idx(3))?.record, secret: shares.get(idx(3))?.secret, pairs: undefined });
});
