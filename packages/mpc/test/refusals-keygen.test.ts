// Contexts, states and messages of key generation that no honest party makes: what each check refuses, taken by itself.

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import { importMachine } from "../src/dkls23/index.ts";
import * as keygen from "../src/dkls23/keygen/index.ts";
import { commitment } from "../src/dkls23/keygen/round1.ts";
import { baseOtReceive, baseOtSend, baseOtSendFinish } from "../src/dkls23/ot/base-ot.ts";
import { extendCheck, extendReceive } from "../src/dkls23/ot/extension.ts";
import { XI } from "../src/dkls23/ot/parameters.ts";
import { Tape } from "../src/kernel/random.ts";
import { checkContext, type DkgContext } from "../src/protocol/dkg/context.ts";
import { collect, Once, type ShareIndex } from "../src/protocol/index.ts";
import { be32, number } from "./key-checks.ts";
import { idealPair } from "./ot-inputs.ts";
import { bytesFrom, idx, nonceFrom } from "./simulation.ts";

const parties = [idx(1), idx(2)];
const [mine, theirs] = [idx(1), idx(2)];
const members = parties.map((index) => ({ index, idpk: bytesFrom(`${index}`) }));
const contextOf = (self: ShareIndex): DkgContext =>
  keygen.keygenContext({ self, threshold: 2, members, nonce: nonceFrom("refusals", parties) });
const refused = (act: () => unknown, code: string, message = ""): void =>
  expect(act).toThrowError(expect.objectContaining({ code, message: expect.stringContaining(message) }));
const inbox = <M>(from: ShareIndex, message: M | undefined) => collect([from], [[from, message as M]]);
const pointOf = (secret: Uint8Array, compressed = true): Uint8Array => secp256k1.getPublicKey(secret, compressed);

/** Both parties after round 2 in the given contexts. */
function opened(contexts: (self: ShareIndex) => DkgContext, constants: (self: ShareIndex) => Uint8Array | undefined = () => undefined) {
  const [a, b] = parties.map((self) => keygen.round1(contexts(self), { constant: constants(self) }, bytesFrom(`${self}/1`))) as [
    ReturnType<typeof keygen.round1>,
    ReturnType<typeof keygen.round1>,
  ];
  const a2 = keygen.round2(a.next, inbox(theirs, b.send.get(mine)), bytesFrom("1/2"));
  const b2 = keygen.round2(b.next, inbox(mine, a.send.get(theirs)), bytesFrom("2/2"));
  return { state: a2.next.take(), message: b2.send.get(mine) as keygen.Round2Message };
}

describe("a context", () => {
  const prescribed = {
    publicKey: new Uint8Array(33),
    chain: new Uint8Array(32),
    constants: new Map(parties.map((j) => [j, new Uint8Array(33)])),
  };
  const good = contextOf(mine);
  const changes: Record<string, Partial<DkgContext>> = {
    "no dealers": { dealers: [] },
    "a receiver that is no member": { members: [1, 2, 3].map(idx), dealers: parties, receivers: [1, 2, 4].map(idx), threshold: 2 },
    "a keygen of a prescribed key": { prescribed },
    "a refresh of no key": { kind: "refresh" },
    "a dealer without a constant": { kind: "refresh", prescribed: { ...prescribed, constants: new Map() } },
    "a threshold of one": { threshold: 1 },
    "somebody who is no member": { self: idx(5) },
  };
  for (const [name, change] of Object.entries(changes))
    it(`refuses ${name}, and round 1 does not run in it`, () => {
      const context = { ...good, ...change };
      refused(() => checkContext(context), "mpc/bad-setup");
      const constant = context.prescribed === undefined ? undefined : bytesFrom("constant");
      refused(() => keygen.round1(context, { constant }, bytesFrom("entropy")), "mpc/bad-setup");
    });

  it("asks the constant of a dealer of a prescribed key, and of nobody else", () => {
    refused(() => keygen.round1(good, { constant: bytesFrom("constant") }, bytesFrom("entropy")), "mpc/bad-setup");
    refused(() => keygen.round1({ ...good, kind: "refresh", prescribed }, {}, bytesFrom("entropy")), "mpc/bad-setup");
  });
});

describe("an import", () => {
  const publicKey = pointOf(bytesFrom("imported"));
  const setup = {
    self: mine,
    importer: theirs,
    members,
    receivers: parties,
    threshold: 2,
    publicKey,
    chain: bytesFrom("chain"),
    nonce: bytesFrom("n"),
    epochNumber: 1,
  };
  for (const [name, change] of Object.entries({
    "a public key that is no point": { publicKey: new Uint8Array(33).fill(2, 0, 1).fill(255, 1) },
    "a chain code of another length": { chain: new Uint8Array(31) },
    "a threshold above the receivers": { threshold: 3 },
  }))
    it(`refuses ${name} before anything is sent`, () => refused(() => importMachine({ ...setup, ...change }), "mpc/bad-setup"));
});

describe("round 3", () => {
  it("blames a dealer whose proof has a scalar that is not below the order", () => {
    const { state, message } = opened(contextOf);
    const pok = Uint8Array.from([...message.pok.subarray(0, 64), ...new Uint8Array(32).fill(255)]);
    const error = expect.objectContaining({ code: "mpc/bad-proof", culprits: [theirs] });
    expect(() => keygen.round3(new Once(state, []), inbox(theirs, { ...message, pok }))).toThrowError(error);
  });

  it("stops at a joint key that is the identity", () => {
    const honest = keygen.round1(contextOf(mine), {}, bytesFrom("1/1"));
    const known = keygen.round1(contextOf(mine), {}, bytesFrom("1/1")).next.take();
    const drawn = keygen.round1(contextOf(theirs), {}, bytesFrom("2/1"));
    const state = drawn.next.take();
    const coefficients = [be32(-number(known.coefficients[0] as Uint8Array)), state.coefficients[1] as Uint8Array];
    const f = Uint8Array.from(coefficients.flatMap((a) => [...pointOf(a, false).slice(1)]));
    const com = commitment(state.context.sid, theirs, f, state.cc, state.rho);
    const cancelling = new Once({ ...state, coefficients, f, com }, []);
    const a2 = keygen.round2(honest.next, inbox(theirs, { ...(drawn.send.get(mine) as keygen.Round1Message), com }), bytesFrom("1/2"));
    const b2 = keygen.round2(cancelling, inbox(mine, honest.send.get(theirs)), bytesFrom("2/2"));
    refused(() => keygen.round3(a2.next, inbox(theirs, b2.send.get(mine))), "mpc/degenerate", "joint key");
  });

  it("stops at constants that do not sum to the prescribed key", () => {
    const constants = new Map(parties.map((j) => [j, pointOf(bytesFrom(`constant/${j}`))]));
    const prescribed = { publicKey: pointOf(bytesFrom("another key")), chain: bytesFrom("chain"), constants };
    const { state, message } = opened(
      (self) => ({ ...contextOf(self), kind: "refresh", prescribed }),
      (self) => bytesFrom(`constant/${self}`),
    );
    refused(() => keygen.round3(new Once(state, []), inbox(theirs, message)), "mpc/invariant");
  });

  it("stops at a share of my own that is not the one of my public share", () => {
    const { state, message } = opened(contextOf);
    refused(() => keygen.round3(new Once({ ...state, ownShare: bytesFrom("damaged") }, []), inbox(theirs, message)), "mpc/invariant");
  });

  it("never gives a receiver nothing", () => {
    refused(() => keygen.withShare({ generation: {} as never, share: undefined }), "mpc/invariant");
  });
});

describe("oblivious transfer", () => {
  const osid = bytesFrom("osid");
  const tape = (label: string) => new Tape({ entropy: bytesFrom(label), secret: osid, bound: [osid], label });
  it("of a sender refuses a list that is too long, and a secret of its own that is none", () => {
    const { state } = baseOtSend(tape("S"));
    const { list } = baseOtReceive(osid, tape("R"));
    expect(baseOtSendFinish(osid, state, list)).toBeDefined();
    expect(baseOtSendFinish(osid, state, Uint8Array.from([...list, ...list.subarray(0, 64)]))).toBeUndefined();
    expect(baseOtSendFinish(osid, { ...state, a: new Uint8Array(32).fill(255) }, list)).toBeUndefined();
    expect(baseOtSendFinish(osid, { ...state, a: new Uint8Array(32) }, list)).toBeUndefined();
  });

  it("extension refuses a check value with more bytes than it has, though the first are right", () => {
    const { recv, send } = idealPair("lengths");
    const { message } = extendReceive(osid, recv, tape("beta").bytes(XI / 8), bytesFrom("pad").subarray(0, 16));
    const { x, t } = message;
    expect(extendCheck(osid, send, message, XI)).toBeDefined();
    expect(extendCheck(osid, send, { ...message, x: Uint8Array.from([...x, ...new Uint8Array(16)]) }, XI)).toBeUndefined();
    expect(extendCheck(osid, send, { ...message, t: Uint8Array.from([...t, ...new Uint8Array(16)]) }, XI)).toBeUndefined();
  });
});
