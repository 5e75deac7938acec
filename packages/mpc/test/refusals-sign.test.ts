// No honest party makes these setups, states and parts of a signature. The tests show what each
// check refuses, taken by itself.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type Holder,
  type KeyShare,
  keyIdOf,
  onlineMachine,
  type Pairs,
  presignMachine,
  refreshMachine,
  type SignSetup,
  signMachine,
} from "../src/dkls23/index.ts";
import { combine } from "../src/dkls23/sign/combine.ts";
import { assemble } from "../src/dkls23/sign/finish.ts";
import { check, round2, round3 } from "../src/dkls23/sign/index.ts";
import type { Round2Message } from "../src/dkls23/sign/messages.ts";
import { round1 } from "../src/dkls23/sign/round1.ts";
import type { Round2State } from "../src/dkls23/sign/round2.ts";
import { xOf } from "../src/dkls23/sign/round3.ts";
import { openQuorum } from "../src/dkls23/sign/setup.ts";
import { decode64, mulBase } from "../src/kernel/point.ts";
import * as scalar from "../src/kernel/scalar.ts";
import { collect, Once, type ShareIndex } from "../src/protocol/index.ts";
import { be32, interpolate, number } from "./key-checks.ts";
import { bytesFrom, errorOf, idx, makeKey, nonceFrom, outputOf, runSession, signMachines } from "./simulation.ts";

const [one, two, three] = [idx(1), idx(2), idx(3)];
const signers = [one, two];
const digest = bytesFrom("a message");
const none = new Uint8Array(32);
const nonce = nonceFrom("refusals/sign", signers);
const outOfRange = new Uint8Array(32).fill(255);
let shares: ReadonlyMap<ShareIndex, KeyShare>;
let secretKey: bigint;
beforeAll(() => {
  shares = makeKey([1, 2, 3], 2, "refusals/sign");
  secretKey = interpolate([shareOf(one), shareOf(two)]);
});

const shareOf = (party: ShareIndex): KeyShare => shares.get(party) as KeyShare;
const refused = (act: () => unknown, code: string, message = ""): void =>
  expect(act).toThrowError(expect.objectContaining({ code, message: expect.stringContaining(message) }));
const setup = (): SignSetup => ({ share: shareOf(one), signers, digest, tweak: none, nonce, burned: [] });
const scalarOf = (n: bigint): scalar.Scalar => scalar.fromBytes(be32(n)) as scalar.Scalar;

describe("a setup", () => {
  it("refuses what is no key share, or one of FROST, and says so", () => {
    const frost = { record: { ...shareOf(one).record, scheme: "eddsa-ed25519" }, secret: shareOf(one).secret };
    for (const [share, message] of [
      [undefined, "share: expected an object with record, secret, pairs, got undefined"],
      [null, "share: expected an object with record, secret, pairs, got null"],
      [{ ...shareOf(one), record: null }, "share.record: expected an object with keyId, publicKey, chain, got null"],
      [{ ...shareOf(one), record: "acc_1" }, "share.record: expected an object with keyId, publicKey, chain, got a string of 5 characters"],
      [{ ...shareOf(one), secret: "ab".repeat(32) }, "share.secret: expected bytes (Uint8Array), got a string of 64 characters"],
      [frost, "expected a key of DKLs23 (ecdsa-secp256k1), got one of FROST (eddsa-ed25519)"],
    ] as const)
      for (const make of [signMachine, presignMachine, refreshMachine])
        refused(() => make({ ...setup(), members: [], share } as never), "mpc/bad-setup", message);
  });
  it("refuses t signers of whom I am none", () => refused(() => signMachine({ ...setup(), signers: [two, three] }), "mpc/bad-setup"));
  it("refuses a share without pairs, and says where it comes from", () =>
    refused(() => signMachine({ ...setup(), share: { ...shareOf(one), pairs: undefined } }), "mpc/pairs-missing", "backup"));
  it("refuses a share without the pair of a partner", () =>
    refused(
      () => signMachine({ ...setup(), share: { ...shareOf(one), pairs: { ...(shareOf(one).pairs as Pairs), partners: new Map() } } }),
      "mpc/pairs-missing",
    ));
  it("refuses a share or a public key that is none, and a share that is not that of its public share", () => {
    const damaged = shareOf(one).secret.with(31, (shareOf(one).secret[31] as number) ^ 1);
    for (const [secret, message] of [
      [outOfRange, "no scalar of its suite"],
      [none, "no scalar of its suite"],
      [damaged, "not that of its public share"],
      [shareOf(two).secret, "not that of its public share"],
    ] as const)
      refused(() => signMachine({ ...setup(), share: { ...shareOf(one), secret } }), "mpc/bad-share-record", message);
    const publicKey = new Uint8Array(33).fill(2, 0, 1).fill(255, 1);
    const record = { ...shareOf(one).record, publicKey, keyId: keyIdOf("ecdsa-secp256k1", publicKey, shareOf(one).record.chain) };
    const pairs = { ...(shareOf(one).pairs as Pairs), keyId: record.keyId };
    refused(() => signMachine({ ...setup(), share: { ...shareOf(one), record, pairs } }), "mpc/bad-share-record");
  });
  it("refuses the tweak under which the key is the identity", () =>
    refused(() => signMachine({ ...setup(), tweak: be32(-secretKey) }), "mpc/bad-setup"));
});

/** Gives both signers after round 2: the state of one, and the partner's message to it. */
function multiplied(): { readonly state: Round2State; readonly message: Round2Message } {
  const inbox = <M>(from: ShareIndex, message: M | undefined) => collect([from], [[from, message as M]]);
  const first = signers.map((self) => round1(openQuorum({ ...setup(), share: shareOf(self) }, digest), bytesFrom(`1/${self}`)));
  const second = first.map(({ next }, k) => {
    const from = signers[1 - k] as ShareIndex;
    const message = first[1 - k]?.send.get(signers[k] as ShareIndex);
    return round2(check(next, inbox(from, message)).next, bytesFrom(`2/${signers[k]}`));
  });
  return { state: second[0]?.next.take() as Round2State, message: second[1]?.send.get(one)?.[0] as Round2Message };
}
const from = (message: Round2Message) => collect([two], [[two, [message]]]);

describe("round 3", () => {
  it("stops at key shares that do not sum to the key, before it sends a part of the signature", () => {
    const secret = be32(number(shareOf(two).secret) + 1n);
    // The liar's own machine refuses a share that does not belong to its public share, so its
    // record has another one.
    const { record } = shareOf(two);
    const lying = (holder: Holder): Holder => (holder.index === two ? { index: two, publicShare: secp256k1.getPublicKey(secret) } : holder);
    const wrong = new Map([...shares, [two, { ...shareOf(two), secret, record: { ...record, holders: record.holders.map(lying) } }]]);
    const sent: number[] = [];
    const observe = (envelope: { round: number }) => sent.push(envelope.round);
    const outcomes = runSession(signMachines(wrong, { signers, digest, seed: "wrong" }), { seed: "wrong", observe });
    for (const party of signers) expect(errorOf(outcomes, party)?.code).toBe("mpc/signature-invalid");
    expect(sent).not.toContain(3);
  });

  it("stops at a joint nonce that is zero", () => {
    const { state, message } = multiplied();
    const R = message.R.slice();
    R.set(be32Of(secp256k1.Point.CURVE().p - number(message.R.subarray(32))), 32);
    refused(() => combine(new Once({ ...state, runs: state.runs.map((run) => ({ ...run, R })) }, []), from(message)), "mpc/degenerate");
  });

  it("is none of a presignature", () => {
    const { state, message } = multiplied();
    const runs = state.runs.map((run) => ({ ...run, item: { ...run.item, message: undefined } }));
    refused(() => round3(new Once({ ...state, runs }, []), from(message)), "mpc/invariant");
  });
});

const be32Of = (n: bigint): Uint8Array => Uint8Array.from(Buffer.from(n.toString(16).padStart(64, "0"), "hex"));

describe("the parts of a signature", () => {
  for (const [name, field, at] of [
    ["the denominator is zero", "u", 32],
    ["s is zero", "w", 0],
  ] as const)
    it(`that cancel the others' ${field} are refused: ${name}`, () => {
      const parts = new Map<ShareIndex, Uint8Array>();
      const outcomes = runSession(signMachines(shares, { signers, digest, seed: field }), {
        seed: field,
        tamper: ({ round, from: sender }, body) => {
          if (round !== 3) return body;
          parts.set(sender, body.slice());
          if (sender === two) body.set(be32(-number((parts.get(one) as Uint8Array).subarray(at, at + 32))), at);
          return body;
        },
      });
      const error = errorOf(outcomes, one);
      expect([error?.code, error?.message]).toEqual(["mpc/signature-invalid", expect.stringContaining(name)]);
    });

  const { n: q } = secp256k1.Point.CURVE();
  const liftable = (x: bigint): Uint8Array | undefined => {
    try {
      return secp256k1.Point.fromHex(`02${x.toString(16).padStart(64, "0")}`)
        .toBytes(false)
        .slice(1);
    } catch {
      return undefined;
    }
  };
  it("with a nonce whose x is not below the order are not output: Ethereum has no recovery id for them", () => {
    let x = q + 1n;
    while (liftable(x) === undefined) x++;
    const R = decode64(liftable(x) as Uint8Array) as NonNullable<ReturnType<typeof decode64>>;
    refused(() => assemble(scalarOf(3n), scalarOf(5n), R, scalarOf(7n), mulBase(scalarOf(11n))), "mpc/degenerate");
  });

  it("of a message for which every s gives the identity are refused", () => {
    const [key, R] = [11n, secp256k1.Point.BASE.multiply(13n)];
    const r = R.toAffine().x % q;
    const encoded = decode64(R.toBytes(false).slice(1)) as NonNullable<ReturnType<typeof decode64>>;
    refused(() => assemble(scalarOf(3n), scalarOf(5n), encoded, scalarOf(-r * key), mulBase(scalarOf(key))), "mpc/signature-invalid");
  });

  it("of the opposite nonce, which a last speaker can make, are refused: their recovery id would be that of another key", () => {
    const [key, k, m] = [11n, 13n, 7n];
    const R = secp256k1.Point.BASE.multiply(k);
    const [w, encoded] = [m + (R.toAffine().x % q) * key, decode64(R.toBytes(false).slice(1)) as NonNullable<ReturnType<typeof decode64>>];
    const { signature, recovery } = assemble(scalarOf(w), scalarOf(k), encoded, scalarOf(m), mulBase(scalarOf(key)));
    const recovered = secp256k1.Signature.fromBytes(signature).addRecoveryBit(recovery).recoverPublicKey(be32(m));
    expect(recovered.equals(secp256k1.Point.BASE.multiply(key))).toBe(true);
    refused(() => assemble(scalarOf(-w), scalarOf(k), encoded, scalarOf(m), mulBase(scalarOf(key))), "mpc/signature-invalid");
  });

  it("with a nonce whose x is the order, which is zero as r, are not output", () => {
    const R = decode64(liftable(q) as Uint8Array) as NonNullable<ReturnType<typeof decode64>>;
    refused(() => xOf(R), "mpc/degenerate", "x coordinate");
    refused(() => assemble(scalarOf(3n), scalarOf(5n), R, scalarOf(7n), mulBase(scalarOf(11n))), "mpc/degenerate");
  });
});

describe("the online step", () => {
  const presigned = () => {
    const machines = signers.map((self) => [self, presignMachine({ ...setup(), share: shareOf(self) })] as const);
    return outputOf(runSession(new Map(machines), { seed: "online" }), one);
  };
  const presignature = (): Uint8Array => presigned().presignature;
  const good = () => ({ id: presigned().id, signers, epoch: shareOf(one).record.epoch, digest, tweak: none, intent: bytesFrom("intent") });
  it("refuses a presignature of another format", () => refused(() => onlineMachine(presignature().with(0, 2), good()), "mpc/bad-state"));
  for (const [name, change] of Object.entries({
    "a digest of another length": () => ({ digest: digest.slice(1) }),
    "an intent hash of another length": () => ({ intent: digest.slice(1) }),
    "an id of another length": () => ({ id: digest.slice(1) }),
    "the id of another presignature": () => ({ id: digest }),
    "other signers": () => ({ signers: [one, idx(3)] }),
    "an epoch of another length": () => ({ epoch: digest.slice(1) }),
    "a tweak that is not below the order": () => ({ tweak: outOfRange }),
    "the tweak under which the key is the identity": () => ({ tweak: be32(-secretKey) }),
  }))
    it(`refuses ${name}`, () => refused(() => onlineMachine(presignature(), { ...good(), ...change() }), "mpc/bad-setup"));
});
