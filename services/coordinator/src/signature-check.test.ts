// A reported signature of each scheme, for the key, a child and a Taproot output. A signature by
// any other of these keys does not count.
import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { hex } from "@covault/crypto";
import { type SchemeName, type SigningTerms, signingTerms, type VerifiedKey } from "@covault/trust";
import { type Intent, MemberSchema, type SignAction, SignActionSchema } from "@covault/wire";
import { ed25519 } from "@noble/curves/ed25519.js";
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import { seed } from "../test/cast.ts";
import { signPlan } from "../test/given.ts";
import type { Plan } from "./session/plan.ts";
import { keyTerms } from "./session/plan-of-intent.ts";
import { isSignatureOf } from "./signature-check.ts";

const [secret, chain, digest] = [seed(7), seed(8), seed(1)];
const { Point } = secp256k1;
const moved = (by: Uint8Array, from: Uint8Array): Uint8Array =>
  Point.Fn.toBytes(Point.Fn.add(Point.Fn.fromBytes(from), Point.Fn.fromBytes(by)));
/** Of the two secrets of an x coordinate, the one with the even y. */
const even = (d: Uint8Array): Uint8Array =>
  secp256k1.getPublicKey(d)[0] === 2 ? d : Point.Fn.toBytes(Point.Fn.neg(Point.Fn.fromBytes(d)));
const tapped = (d: Uint8Array, merkleRoot: Uint8Array): Uint8Array =>
  moved(schnorr.utils.taggedHash("TapTweak", schnorr.getPublicKey(d), merkleRoot), even(d));

interface Signer {
  readonly publicKey: Uint8Array;
  readonly sign: (terms: SigningTerms) => Uint8Array;
}
/** Signers that know the whole secret, and move it by the tweaks. */
const signers: Record<SchemeName, Signer> = {
  "ecdsa-secp256k1": {
    publicKey: secp256k1.getPublicKey(secret, true),
    sign({ message, tweak }) {
      const [recovery, ...rs] = secp256k1.sign(message, moved(tweak, secret), { prehash: false, format: "recovered" });
      return Uint8Array.from([...rs, recovery as number]);
    },
  },
  "schnorr-bip340": {
    publicKey: schnorr.getPublicKey(secret),
    sign({ message, tweak, merkleRoot }) {
      const child = moved(tweak, even(secret));
      return schnorr.sign(message, merkleRoot === undefined ? child : tapped(child, merkleRoot));
    },
  },
  "eddsa-ed25519": {
    publicKey: ed25519.getPublicKey(secret),
    // A child has no seed. This is RFC 8032 5.1.6 with the child's scalar, and with a nonce that is
    // fixed here.
    sign({ message, tweak, publicKey }) {
      const { Fn, BASE } = ed25519.Point;
      const [r, s] = [1234567n, Fn.add(ed25519.utils.getExtendedPublicKey(secret).scalar, Fn.fromBytes(tweak))];
      const R = BASE.multiply(r).toBytes();
      const hash = createHash("sha512").update(R).update(publicKey).update(message).digest();
      const k = BigInt(`0x${hash.reverse().toString("hex")}`) % Fn.ORDER;
      return Uint8Array.of(...R, ...Fn.toBytes(Fn.add(r, Fn.mul(k, s))));
    },
  },
};

type Asked = Partial<Pick<SignAction, "derivationPath" | "taprootMerkleRoot">>;
const asks: Record<SchemeName, readonly Asked[]> = {
  "ecdsa-secp256k1": [{}, { derivationPath: [0] }, { derivationPath: [0, 1] }],
  "eddsa-ed25519": [{}, { derivationPath: [0] }, { derivationPath: [0, 1] }],
  "schnorr-bip340": [
    {},
    { derivationPath: [1] },
    { taprootMerkleRoot: new Uint8Array() },
    { derivationPath: [1], taprootMerkleRoot: seed(2) },
  ],
};

describe.each(Object.keys(asks) as SchemeName[])("%s", (scheme) => {
  const { publicKey, sign } = signers[scheme];
  const of = (over: Asked) => {
    const value = create(SignActionSchema, { scheme, publicKey, message: digest, ...over });
    const terms = signingTerms(value, { scheme, publicKey, chain });
    const plan: Plan = { ...signPlan, scheme, key: { keyId: "", epoch: "", epochNumber: 0, signsUnder: hex(terms.publicKey) } };
    return { action: { case: "sign" as const, value }, plan, signature: sign(terms) };
  };
  it("[CO17] takes the signature of exactly the key that the intent asks for", () => {
    const rows = asks[scheme].map(of);
    for (const [at, { action, plan }] of rows.entries())
      expect(rows.map(({ signature }) => isSignatureOf({ action }, plan, signature))).toEqual(rows.map((_, other) => other === at));
  });
});

it("[CO34] a message that could be a transaction of Solana opens no session", () => {
  const scheme = "eddsa-ed25519";
  const { publicKey } = signers[scheme];
  const members = [1, 2].map((shareIndex) => create(MemberSchema, { partyId: `server-party-${shareIndex}`, shareIndex }));
  const charter = { scheme, publicKey, chain, keyId: seed(1), required: [] };
  const key = { charter, threshold: 2, members, epoch: seed(2), epochNumber: 0 } as unknown as VerifiedKey;
  const eligible = members.map(({ partyId }) => partyId);
  const termsFor = (message: Uint8Array) =>
    keyTerms({ action: { case: "sign", value: create(SignActionSchema, { scheme, publicKey, message, eligible }) } } as Intent, key);
  const transaction = Uint8Array.from([1, 0, 0, 1, ...seed(3), ...seed(4), 0]);
  expect(termsFor(transaction.subarray(1)).key.signsUnder).toBe(hex(publicKey));
  expect(() => termsFor(transaction)).toThrow(expect.objectContaining({ code: "action/transaction-as-message" }));
});

it("[CO17] a session that signs nothing has no signature", () => {
  const { key: _, ...plan } = signPlan;
  expect(isSignatureOf({ action: { case: undefined } }, signPlan, seed(1))).toBe(false);
  expect(isSignatureOf({ action: { case: "sign", value: create(SignActionSchema) } }, plan, seed(1))).toBe(false);
});
