// The tests of presignatures (dkls23-spec 6.2) show early and late tweaks, single use, and the
// forgery that the re-randomisation is for.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { beforeAll, describe, expect, it } from "vitest";
import { type KeyShare, type OnlineSetup, onlineMachine, presignMachine, refreshMachine } from "../src/dkls23/index.ts";
import { onlineLayout } from "../src/dkls23/presign/online.ts";
import { takePresignature } from "../src/dkls23/presign/presignature.ts";
import { encode64 } from "../src/kernel/point.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { be32, interpolate, mod, number } from "./key-checks.ts";
import { extended, type Kind, lies, tell, truncated } from "./lies.ts";
import { namedBy } from "./renewed.ts";
import { bytesFrom, errorOf, hex, idx, makeKey, nonceFrom, outputOf, runSession, type Tamper } from "./simulation.ts";

const { Point } = secp256k1;
const { n: q } = Point.CURVE();
const signers = [idx(1), idx(3)];
const none = new Uint8Array(32);
const early = be32(number(bytesFrom("early tweak")));
const late = be32(number(bytesFrom("late tweak")));
const digest = sha256(bytesFrom("a decoded message"));
const intent = bytesFrom("intent");
let shares: ReadonlyMap<ShareIndex, KeyShare>;
beforeAll(() => {
  shares = makeKey([1, 2, 3], 2, "presign");
});

type Presignatures = ReadonlyMap<ShareIndex, Uint8Array>;

function presign(seed: string, tweak: Uint8Array = none, tamper?: Tamper) {
  const nonce = nonceFrom(seed, signers);
  const setup = (party: ShareIndex) => ({ share: shares.get(party) as KeyShare, signers, tweak, nonce, burned: [] });
  const machines = new Map(signers.map((party) => [party, presignMachine(setup(party))]));
  return runSession(machines, { seed, ...(tamper && { tamper }) });
}

function make(seed: string, tweak: Uint8Array = none): Presignatures {
  const outcomes = presign(seed, tweak);
  return new Map(signers.map((party) => [party, outputOf(outcomes, party).presignature]));
}

/** The id stands after the format. */
const idOf = (presignature: Uint8Array): Uint8Array => presignature.slice(1, 33);
const epochOf = (party: ShareIndex): Uint8Array => (shares.get(party) as KeyShare).record.epoch;

function online(
  presignatures: Presignatures,
  setups: (party: ShareIndex) => Omit<OnlineSetup, "id" | "signers" | "epoch">,
  tamper?: Tamper,
) {
  const machines = new Map(
    signers.map((party) => {
      const bytes = presignatures.get(party) as Uint8Array;
      return [party, onlineMachine(bytes, { id: idOf(bytes), signers, epoch: epochOf(party), ...setups(party) })];
    }),
  );
  return runSession(machines, { seed: "online", ...(tamper && { tamper }) });
}

const childOf = (tweak: Uint8Array): Uint8Array => {
  const root = Point.fromBytes((shares.get(idx(1)) as KeyShare).record.publicKey);
  return (number(tweak) === 0n ? root : root.add(Point.BASE.multiply(number(tweak)))).toBytes();
};

describe("a presignature", () => {
  for (const [name, before, after] of [
    ["no tweak", none, none],
    ["an early tweak", early, early],
    ["a late tweak", none, late],
    ["an early tweak replaced by a late one", early, late],
    ["an early tweak taken back", early, none],
  ] as const)
    it(`signs in one message, with ${name}`, () => {
      const outcomes = online(make(name, before), () => ({ digest, tweak: after, intent }));
      const output = outputOf(outcomes, idx(1));
      expect(output).toEqual(outputOf(outcomes, idx(3)));
      expect(hex(output.publicKey)).toBe(hex(childOf(after)));
      expect(secp256k1.verify(output.signature, digest, output.publicKey, { prehash: false, lowS: true })).toBe(true);
      const recovered = secp256k1.Signature.fromBytes(output.signature).addRecoveryBit(output.recovery).recoverPublicKey(digest);
      expect(hex(recovered.toBytes())).toBe(hex(output.publicKey));
    });

  it("has the same id at all signers, and another one in every session", () => {
    const ids = (seed: string) => signers.map((party) => hex(outputOf(presign(seed), party).id));
    const [a, b] = [ids("first"), ids("second")];
    expect(a[0]).toBe(a[1]);
    expect(a[0]).not.toBe(b[0]);
  });

  it("is used once: its bytes are erased, whatever comes of it", () => {
    const presignatures = make("once");
    const setup = () => ({ digest, tweak: none, intent });
    online(presignatures, setup);
    for (const bytes of presignatures.values()) expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(() => online(presignatures, setup)).toThrowError(expect.objectContaining({ code: "mpc/presignature-used" }));
    const refused = make("refused");
    expect(() => online(refused, () => ({ digest: none, tweak: none, intent }))).toThrowError(
      expect.objectContaining({ code: "mpc/bad-setup" }),
    );
    expect(() => online(refused, setup)).toThrowError(expect.objectContaining({ code: "mpc/presignature-used" }));
  });

  it("refuses bytes that are none", () => {
    const bytes = make("damaged").get(idx(1)) as Uint8Array;
    for (const damaged of [bytes.slice(1), bytes.slice(0, -1), Uint8Array.from([...bytes, 0]), Uint8Array.from(bytes).fill(255, 100, 200)])
      expect(() => onlineMachine(damaged, { id: idOf(bytes), signers, epoch: epochOf(idx(1)), digest, tweak: none, intent })).toThrowError(
        expect.objectContaining({ code: "mpc/bad-state" }),
      );
  });

  it("of another generation of shares signs nothing, and is used up", () => {
    const presignatures = make("stale");
    const setup = { digest, tweak: none, intent };
    const members = [1, 2, 3].map(idx).map((index) => ({ index, idpk: bytesFrom(`idpk/${index}`) }));
    const nonce = nonceFrom("refresh", [1, 2, 3].map(idx));
    const refreshing = members.map(({ index }) => {
      const share = shares.get(index) as KeyShare;
      return [index, refreshMachine({ share, members, nonce, epochNumber: 1 })] as const;
    });
    const { epoch } = outputOf(runSession(new Map(refreshing), { seed: "refresh" }), idx(1)).share.record;
    const bytes = presignatures.get(idx(1)) as Uint8Array;
    const id = idOf(bytes);
    for (const code of ["mpc/presignature-stale", "mpc/presignature-used"])
      expect(() => onlineMachine(bytes, { ...setup, id, signers, epoch })).toThrowError(expect.objectContaining({ code }));
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  it("of another name, of other signers, or of a pair that was renewed signs nothing, and is used up", () => {
    const good = { signers, epoch: epochOf(idx(1)), digest, tweak: none, intent };
    const named = namedBy(shares, [1, 3]);
    const renewed = (self: number) =>
      new Map([...named].map(([from, of]) => [from, from === self ? new Map([...of].map(([to]) => [to, intent] as const)) : of]));
    for (const [change, code] of [
      [{ id: intent }, "mpc/bad-setup"],
      [{ signers: [1, 2].map(idx) }, "mpc/bad-setup"],
      [{ pairIds: renewed(1) }, "mpc/presignature-stale"],
      [{ pairIds: renewed(3) }, "mpc/presignature-stale"],
      [{ pairIds: new Map([...named].filter(([from]) => from === 1)) }, "mpc/presignature-stale"],
    ] as const) {
      const bytes = make("named").get(idx(1)) as Uint8Array;
      const setup = { ...good, id: idOf(bytes), ...change };
      expect(() => onlineMachine(bytes, setup)).toThrowError(expect.objectContaining({ code }));
      expect(bytes.every((byte) => byte === 0)).toBe(true);
    }
    const bytes = make("named").get(idx(1)) as Uint8Array;
    expect(onlineMachine(bytes, { ...good, id: idOf(bytes), pairIds: named }).peers).toEqual([3]);
  });

  it("is not made if a check fails: the partner is burned as in a signature", () => {
    const outcomes = presign("lied", none, ({ round, from }, body) => {
      if (round === 2 && from === 3) body[body.length - 1] = (body[body.length - 1] as number) ^ 1;
      return body;
    });
    const error = errorOf(outcomes, idx(1));
    expect([error?.code, error?.culprits, error?.consequence]).toEqual(["mpc/mul-check-failed", [3], "burn"]);
  });
});

describe("the online step", () => {
  for (const [name, change] of Object.entries({
    message: { digest: bytesFrom("another message") },
    tweak: { tweak: late },
    intent: { intent: bytesFrom("another intent") },
  }))
    it(`stops if the signers hold another ${name}`, () => {
      const outcomes = online(make(`differs/${name}`), (party) => ({ digest, tweak: none, intent, ...(party === 3 && change) }));
      for (const party of signers) {
        expect(errorOf(outcomes, party)?.code).toBe("mpc/context-mismatch");
        expect(errorOf(outcomes, party)?.culprits).toEqual([]);
      }
    });

  const kinds: Record<keyof typeof onlineLayout, Kind> = {
    pid: "bytes",
    tweak: "scalars",
    m: "scalars",
    ctx: "bytes",
    w: "scalars",
    u: "scalars",
  };
  for (const [field, kind] of Object.entries(kinds))
    for (const lie of lies.filter((each) => each !== "replay")) {
      const part = field === "w" || field === "u";
      // This session has a zero tweak itself.
      if (field === "tweak" && lie === "zero") continue;
      const code = !part ? "mpc/context-mismatch" : lie === "non-canonical" ? "mpc/bad-message" : "mpc/signature-invalid";
      it(`${field}, ${lie}: ${code}`, () => {
        const outcomes = online(
          make(`${field}/${lie}`),
          () => ({ digest, tweak: none, intent }),
          ({ from }, body) => (from === 3 ? tell(lie, { field, kind, layout: onlineLayout }, body, body, "online") : body),
        );
        const error = errorOf(outcomes, idx(1));
        expect([error?.code, error?.culprits]).toEqual([code, code === "mpc/bad-message" ? [3] : []]);
        expect(error?.consequence).not.toBe("burn");
      });
    }

  it("refuses a body of another length", () => {
    for (const change of [truncated, extended]) {
      const outcomes = online(
        make("length"),
        () => ({ digest, tweak: none, intent }),
        ({ from }, body) => (from === 3 ? change(body) : body),
      );
      expect(errorOf(outcomes, idx(1))?.code).toBe("mpc/bad-message");
    }
  });
});

describe("(i) the forgery from a nonce that is known before the message", () => {
  // With R* = aR and r* = R*.x, a signature s on h = H(M*) r / r* gives s* = s r* / (r a) on M*.
  const a = number(bytesFrom("a")) % q;
  const invert = (x: bigint): bigint => Point.Fn.inv(mod(x));
  const target = sha256(bytesFrom("a message that nobody approves"));
  const r = (P: InstanceType<typeof Point>): bigint => mod(P.toAffine().x);
  const forge = (R: InstanceType<typeof Point>, sign: (h: Uint8Array) => bigint): boolean => {
    const star = R.multiply(a);
    const h = be32(number(target) * r(R) * invert(r(star)));
    const s = mod(sign(h) * r(star) * invert(r(R) * a));
    const publicKey = childOf(none);
    return [s, mod(-s)].some((each) =>
      secp256k1.verify(new secp256k1.Signature(r(star), each).toBytes("compact"), target, publicKey, { prehash: false, lowS: false }),
    );
  };
  /** Gives R of a stored presignature, which is known to every signer. */
  const nonceOf = (presignature: Uint8Array) =>
    Point.fromBytes(Uint8Array.from([4, ...encode64(takePresignature(presignature.slice()).take().R)]));

  it("works against a signer that does not re-randomise", () => {
    const x = interpolate([shares.get(idx(1)), shares.get(idx(2))] as KeyShare[]);
    const k = number(bytesFrom("k")) % q;
    const R = Point.BASE.multiply(k);
    expect(forge(R, (h) => mod(invert(k) * (number(h) + r(R) * x)))).toBe(true);
  });

  it("fails against the online step", () => {
    const presignatures = make("forgery");
    const R = nonceOf(presignatures.get(idx(1)) as Uint8Array);
    const forged = forge(R, (h) => {
      const { signature } = outputOf(
        online(presignatures, () => ({ digest: h, tweak: none, intent })),
        idx(1),
      );
      expect(hex(signature.slice(0, 32))).not.toBe(hex(be32(r(R))));
      return number(signature.slice(32));
    });
    expect(forged).toBe(false);
  });
});
