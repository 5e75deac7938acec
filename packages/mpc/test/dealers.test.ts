// Some dealers commit to a bad polynomial and are consistent about it (dkls23-spec 10.3, ToB-1 to
// ToB-3).

import type { CovaultError } from "@covault/errors";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import * as keygen from "../src/dkg/index.ts";
import { suite } from "../src/dkls23/suite.ts";
import { collect, Once, type ShareIndex } from "../src/protocol/index.ts";
import { bytesFrom, hex, idx, nonceFrom } from "./simulation.ts";

const parties = [idx(1), idx(2)];
const [victim, dealer] = [idx(1), idx(2)];
const { n: q } = secp256k1.Point.CURVE();
const be32 = (x: bigint): Uint8Array => Uint8Array.from(Buffer.from((((x % q) + q) % q).toString(16).padStart(64, "0"), "hex"));
const number = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes)}`);
const pointOf = (a: bigint): Uint8Array =>
  secp256k1.Point.BASE.multiply(((a % q) + q) % q)
    .toBytes(false)
    .slice(1);

function context(self: ShareIndex) {
  const members = parties.map((index) => ({ index, idpk: bytesFrom(`${index}`) }));
  return keygen.keygenContext(suite, { self, threshold: 2, members, nonce: nonceFrom("dealers", parties) });
}
const inbox = <M>(from: ShareIndex, message: M | undefined) => collect([from], [[from, message as M]]);

/**
 * Runs rounds 1 to 3 against a dealer of the given coefficients and points, honest in all else.
 * Gives `victim`'s step, or its error.
 */
function deal(make: (drawn: keygen.Round1State) => { coefficients: readonly Uint8Array[]; f: Uint8Array }) {
  const mine = keygen.round1(context(victim), {}, bytesFrom("victim 1"));
  const drawn = keygen.round1(context(dealer), {}, bytesFrom("dealer 1"));
  const state = drawn.next.take();
  const { coefficients, f } = make(state);
  const com = keygen.commitment(state.context, dealer, { ...state, f: f });
  const message = { ...(drawn.send.get(victim) as keygen.Round1Message), com };
  const theirs = new Once<keygen.Round1State>({ ...state, coefficients, f, com }, []);
  const opened = keygen.round2(mine.next, inbox(dealer, message), bytesFrom("victim 2"));
  const dealt = keygen.round2(theirs, inbox(victim, mine.send.get(dealer)), bytesFrom("dealer 2"));
  try {
    const step = keygen.round3(opened.next, inbox(dealer, dealt.send.get(victim)));
    const other = keygen.round3(dealt.next, inbox(victim, opened.send.get(dealer)));
    return { share: keygen.finish(step.next, inbox(dealer, other.send.get(victim))).share };
  } catch (error) {
    return { error: error as CovaultError };
  }
}

const concat = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

describe("a dealer", () => {
  it("whose coefficient is zero, so that its point is the identity, is blamed", () => {
    const { error } = deal(({ coefficients, f }) => ({
      coefficients: [coefficients[0] as Uint8Array, new Uint8Array(32)],
      f: concat(f.slice(0, 64), new Uint8Array(64)),
    }));
    expect([error?.code, error?.culprits, error?.consequence]).toEqual(["mpc/bad-message", [dealer], "retry"]);
  });

  it("that shows a point whose logarithm it does not know is blamed", () => {
    const { error } = deal(({ coefficients, f }) => ({ coefficients, f: concat(f.slice(0, 64), pointOf(number(bytesFrom("unknown")))) }));
    expect([error?.code, error?.culprits]).toEqual(["mpc/bad-proof", [dealer]]);
  });

  it("that cancels the victim's constant term with a point of its own cannot prove it", () => {
    const { error } = deal(({ coefficients, f }) => ({ coefficients, f: concat(pointOf(number(bytesFrom("rogue"))), f.slice(64)) }));
    expect([error?.code, error?.culprits]).toEqual(["mpc/bad-proof", [dealer]]);
  });

  it("whose polynomial is zero at the victim is accepted: the share zero is a share", () => {
    const { share, error } = deal(({ coefficients }) => {
      const slope = number(coefficients[1] as Uint8Array);
      const constant = -slope * BigInt(victim);
      return { coefficients: [be32(constant), be32(slope)], f: concat(pointOf(constant), pointOf(slope)) };
    });
    expect(error).toBeUndefined();
    expect(share?.record.publicKey.length).toBe(33);
  });
});
