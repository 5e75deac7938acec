// No honest party makes these imports and oblivious transfers. The tests show what each check
// refuses, taken by itself.

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import { importMachine } from "../src/dkls23/index.ts";
import { baseOtReceive, baseOtSend, baseOtSendFinish } from "../src/dkls23/ot/base-ot.ts";
import { extendCheck, extendReceive } from "../src/dkls23/ot/extension.ts";
import { XI } from "../src/dkls23/ot/parameters.ts";
import { Tape } from "../src/kernel/random.ts";
import { idealPair } from "./ot-inputs.ts";
import { bytesFrom, idx } from "./simulation.ts";

const parties = [idx(1), idx(2)];
const [mine, theirs] = [idx(1), idx(2)];
const members = parties.map((index) => ({ index, idpk: bytesFrom(`${index}`) }));
const refused = (act: () => unknown, code: string, message = ""): void =>
  expect(act).toThrowError(expect.objectContaining({ code, message: expect.stringContaining(message) }));
const pointOf = (secret: Uint8Array, compressed = true): Uint8Array => secp256k1.getPublicKey(secret, compressed);

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
