// Signing runs end to end (dkls23-spec 6, 10.2). What comes out is an ordinary signature, by two
// independent verifiers.
import { createPublicKey, verify } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { KeyShare, SignOutput } from "../src/dkls23/index.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { bytesFrom, hex, idx, makeKey, outputOf, runSession, type Signing, signMachines } from "./simulation.ts";

const { Point } = secp256k1;
const halfOrder = Point.CURVE().n >> 1n;
const indices = [1, 3, 700, 9999, 65535].map(idx);
let threeOfFive: ReadonlyMap<ShareIndex, KeyShare>;
let twoOfThree: ReadonlyMap<ShareIndex, KeyShare>;
beforeAll(() => {
  threeOfFive = makeKey(indices, 3, "sign/3-of-5");
  twoOfThree = makeKey([1, 2, 3], 2, "sign/2-of-3");
});

/** Verifies with node:crypto, which hashes itself. `message` is what the digest is of. */
function verifiesWithOpenSsl(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const xy = Point.fromBytes(publicKey).toBytes(false).slice(1);
  const [x, y] = [xy.slice(0, 32), xy.slice(32)].map((half) => Buffer.from(half).toString("base64url")) as [string, string];
  const key = createPublicKey({ key: { kty: "EC", crv: "secp256k1", x, y }, format: "jwk" });
  return verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, signature);
}

function expectSigned({ signature, recovery, publicKey }: SignOutput, message: Uint8Array, tweak: Uint8Array, root: Uint8Array): void {
  const digest = sha256(message);
  const scalar = BigInt(`0x${hex(tweak)}`);
  const child = scalar === 0n ? Point.fromBytes(root) : Point.fromBytes(root).add(Point.BASE.multiply(scalar));
  expect(hex(publicKey)).toBe(hex(child.toBytes()));
  expect(secp256k1.verify(signature, digest, publicKey, { prehash: false, lowS: true })).toBe(true);
  expect(verifiesWithOpenSsl(publicKey, message, signature)).toBe(true);
  expect(BigInt(`0x${hex(signature.slice(32))}`) <= halfOrder).toBe(true);
  const recovered = secp256k1.Signature.fromBytes(signature).addRecoveryBit(recovery).recoverPublicKey(digest);
  expect(hex(recovered.toBytes())).toBe(hex(publicKey));
}

function sign(
  shares: ReadonlyMap<ShareIndex, KeyShare>,
  signing: Omit<Signing, "digest">,
  message: Uint8Array,
  order?: "reversed",
): SignOutput {
  const machines = signMachines(shares, { ...signing, digest: sha256(message) });
  const outcomes = runSession(machines, { seed: signing.seed, ...(order && { order: (senders) => [...senders].reverse() }) });
  const outputs = signing.signers.map((party) => outputOf(outcomes, party));
  for (const output of outputs) expect(output).toEqual(outputs[0]);
  return outputs[0] as SignOutput;
}

const rootOf = (shares: ReadonlyMap<ShareIndex, KeyShare>): Uint8Array => ([...shares.values()][0] as KeyShare).record.publicKey;
const noTweak = new Uint8Array(32);

describe("a signature", () => {
  it("comes from every pair of a 2-of-3 key", () => {
    for (const signers of [
      [1, 2],
      [1, 3],
      [2, 3],
    ]) {
      const message = bytesFrom(`message of ${signers}`);
      expectSigned(sign(twoOfThree, { signers: signers.map(idx), seed: `${signers}` }, message), message, noTweak, rootOf(twoOfThree));
    }
  });

  it("comes from all ten sets of a 3-of-5 key with scattered indices", () => {
    for (let a = 0; a < 5; a++)
      for (let b = a + 1; b < 5; b++)
        for (let c = b + 1; c < 5; c++) {
          const signers = [a, b, c].map((k) => indices[k] as ShareIndex);
          const message = bytesFrom(`message of ${signers}`);
          expectSigned(sign(threeOfFive, { signers, seed: `${signers}` }, message), message, noTweak, rootOf(threeOfFive));
        }
  });

  it("verifies for any signers, message and tweak, in any order of delivery", () => {
    const scalar = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes.fill(0, 0, 1));
    const session = fc.record({
      signers: fc.shuffledSubarray(indices, { minLength: 3, maxLength: 3 }).map((list) => list.sort((a, b) => a - b)),
      message: fc.uint8Array({ maxLength: 64 }),
      tweak: fc.oneof(fc.constant(noTweak), scalar),
      reversed: fc.boolean(),
      seed: fc.string(),
    });
    fc.assert(
      fc.property(session, ({ signers, message, tweak, reversed, seed }) => {
        const output = sign(threeOfFive, { signers, tweak, seed }, message, reversed ? "reversed" : undefined);
        expectSigned(output, message, tweak, rootOf(threeOfFive));
      }),
      { numRuns: 10 },
    );
  });

  it("verifies in 200 sessions of a 2-of-3 key", () => {
    for (let k = 0; k < 200; k++) {
      const message = bytesFrom(`200/${k}`);
      const signers = [
        [1, 2],
        [1, 3],
        [2, 3],
      ][k % 3]?.map(idx) as ShareIndex[];
      const tweak = k % 2 === 0 ? noTweak : bytesFrom(`200/tweak/${k}`).fill(0, 0, 1);
      expectSigned(sign(twoOfThree, { signers, tweak, seed: `200/${k}` }, message), message, tweak, rootOf(twoOfThree));
    }
  });

  it("has another nonce in every session, also with the same entropy", () => {
    const message = bytesFrom("the same message");
    const signers = [idx(1), idx(2)];
    const r = (seed: string, nonceSeed: string): string => {
      const machines = signMachines(twoOfThree, { signers, digest: sha256(message), seed: nonceSeed });
      return hex(outputOf(runSession(machines, { seed }), idx(1)).signature.slice(0, 32));
    };
    expect(new Set([r("entropy", "first"), r("entropy", "second"), r("other entropy", "first")]).size).toBe(3);
  });

  it("is made from shares that were stored and loaded", async () => {
    const { decodePairs, decodeRecord, decodeSecret, encodePairs, encodeRecord, encodeSecret } = await import("../src/dkls23/index.ts");
    const loaded = new Map(
      [...twoOfThree].map(([party, { record, secret, pairs }]) => {
        const share: KeyShare = {
          record: decodeRecord(encodeRecord(record)),
          secret: decodeSecret(encodeSecret(secret)),
          pairs: decodePairs(encodePairs(pairs as NonNullable<typeof pairs>)),
        };
        return [party, share];
      }),
    );
    const message = bytesFrom("stored");
    expectSigned(sign(loaded, { signers: [idx(1), idx(3)], seed: "stored" }, message), message, noTweak, rootOf(twoOfThree));
  });
});

describe("a signing machine", () => {
  it("says the exact length of every body, and asks for a guard before round 2", () => {
    const machines = signMachines(twoOfThree, { signers: [idx(1), idx(2)], digest: bytesFrom("digest"), seed: "lengths" });
    const lengths: string[] = [];
    runSession(machines, {
      seed: "lengths",
      observe: ({ round, from, to }, body) => {
        expect(machines.get(to)?.bodyBytes(round, from)).toBe(body.length);
        lengths.push(`${round}: ${body.length}`);
      },
    });
    expect(new Set(lengths)).toEqual(new Set(["1: 10800", "2: 40352", "3: 64"]));
  });
});
