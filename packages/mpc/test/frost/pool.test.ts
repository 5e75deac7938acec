// Preprocessing and the online step (dkls23-spec 6.5): nonces that are made ahead of their messages
// sign once, and name who lies.
import { describe, expect, it } from "vitest";
import { type FrostKeyShare, type FrostOnlineSetup, frostOnlineMachine, frostPreprocessMachine } from "../../src/frost/index.ts";
import { echoLayout, onlineLayout, takePreprocessed } from "../../src/frost/pool/index.ts";
import { suiteOf } from "../../src/frost/suite/index.ts";
import type { ShareIndex } from "../../src/protocol/index.ts";
import { tell, truncated } from "../lies.ts";
import { bytesFrom, errorOf, hex, idx, nonceFrom, outputOf, runSession, type Tamper } from "../simulation.ts";
import { makeKey, onlineMachines, preprocess, preprocessMachines, schemes, signMachines } from "./cast.ts";
import { verifies } from "./verify.ts";

const [one, liar, three] = [1, 2, 3].map(idx) as [ShareIndex, ShareIndex, ShareIndex];
const signers = [one, liar, three];
const seed = "frost/pool";

describe.each(schemes)("nonces that were made ahead, %s", (scheme) => {
  const shares = makeKey(scheme, [1, 2, 3], 3, seed);
  const shareOf = (self: ShareIndex): FrostKeyShare => shares.get(self) as FrostKeyShare;
  const { group } = suiteOf(scheme);
  const ed = scheme === "eddsa-ed25519";
  const E = ed ? 32 : 33;
  const tweak = bytesFrom("tweak").fill(0, 0, 1).fill(0, 31);
  const message = bytesFrom("chosen later");
  const codeOf = (act: () => unknown): string => {
    try {
      act();
      return "was taken";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it("sign messages that are chosen later, with a tweak and a Merkle root that come later, in one message", () => {
    const later: Omit<FrostOnlineSetup, "share" | "signers" | "nonce" | "id">[] = [
      { message },
      { message, tweak },
      ...(ed ? [{ message: new Uint8Array(0) }, { message: new Uint8Array(65_536).fill(7), tweak }] : []),
      ...(ed
        ? []
        : [
            { message, merkleRoot: bytesFrom("root") },
            { message, tweak, merkleRoot: new Uint8Array(0) },
          ]),
    ];
    const pool = preprocess(shares, { signers, count: later.length, seed });
    for (const [k, item] of later.entries()) {
      const online = onlineMachines(shares, pool, k, { signers, ...item, seed: `${seed}/${k}` });
      // The session's id is that of a signature.
      const sid = signMachines(shares, { signers, ...item, seed: `${seed}/${k}` }).get(one)?.sid as Uint8Array;
      expect(hex(online.get(three)?.sid as Uint8Array)).toBe(hex(sid));
      const outcomes = runSession(online, { seed: "online" });
      const output = outputOf(outcomes, one);
      expect(output).toEqual(outputOf(outcomes, liar));
      expect(verifies(scheme, item.message, output)).toBe(true);
    }
  });

  it("are as many as were asked for, 1 to 64, with one name at all members and another for each, in messages of exactly this length", () => {
    for (const count of [1, 64]) {
      const lengths: number[] = [];
      const machines = preprocessMachines(shares, { signers, count, seed });
      const outcomes = runSession(machines, { seed, observe: ({ round }, body) => (lengths[round - 1] = body.length) });
      expect(lengths).toEqual([2 * E * count, 32]);
      expect([1, 2].map((round) => machines.get(one)?.bodyBytes(round, liar))).toEqual(lengths);
      const ids = signers.map((self) => outputOf(outcomes, self).map(({ id }) => hex(id)));
      expect(new Set(ids[0]).size).toBe(count);
      expect([ids[1], ids[2]]).toEqual([ids[0], ids[0]]);
    }
    const setup = { share: shareOf(one), signers, nonce: nonceFrom(seed, signers) };
    for (const count of [0, 65, 1.5]) expect(codeOf(() => frostPreprocessMachine({ ...setup, count }))).toBe("mpc/bad-setup");
  });

  it("are used once: their bytes are erased, whatever comes of it", () => {
    const pool = preprocess(shares, { signers, count: 3, seed });
    const setup = { signers, message, nonce: nonceFrom("online", signers), share: shareOf(one) };
    const [used, refused, damaged] = pool.get(one) as NonNullable<ReturnType<typeof pool.get>>;
    if (used === undefined || refused === undefined || damaged === undefined) throw new Error("three items");
    const blank = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);
    frostOnlineMachine(used.preprocessed, { ...setup, id: used.id });
    expect([blank(used.preprocessed), codeOf(() => frostOnlineMachine(used.preprocessed, { ...setup, id: used.id }))]).toEqual([
      ...[true, "mpc/presignature-used"],
    ]);
    expect(codeOf(() => frostOnlineMachine(refused.preprocessed, { ...setup, id: refused.id, signers: [one] }))).toBe("mpc/bad-setup");
    expect(codeOf(() => frostOnlineMachine(refused.preprocessed, { ...setup, id: refused.id }))).toBe("mpc/presignature-used");
    const bytes = damaged.preprocessed.slice();
    for (const wrong of [bytes.slice(1), bytes.slice(0, -1), Uint8Array.of(...bytes, 0), bytes.with(0, 1), bytes.with(1, 9)])
      expect(codeOf(() => frostOnlineMachine(wrong, { ...setup, id: damaged.id }))).toBe("mpc/bad-state");
    for (const nonce of [new Uint8Array(32), new Uint8Array(32).fill(255)])
      expect(codeOf(() => takePreprocessed(Uint8Array.of(...bytes.slice(0, -32), ...nonce)))).toBe("mpc/bad-state");
    // A stored commitment that is no element: after the version, the suite, the id, the epoch and
    // two indices.
    expect(codeOf(() => frostOnlineMachine(bytes.slice().fill(255, 72, 72 + E), { ...setup, id: damaged.id }))).toBe("mpc/bad-state");
    expect(codeOf(() => takePreprocessed(bytes.slice()))).toBe("was taken");
  });

  it("of another name, other signers, another party or another generation of shares sign nothing, and are used up", () => {
    const larger = makeKey(scheme, [1, 2, 3], 2, seed);
    const two = [one, three];
    const share = larger.get(one) as FrostKeyShare;
    const pool = preprocess(larger, { signers: two, count: 5, seed });
    const setup = { share, signers: two, message, nonce: nonceFrom("online", two) };
    const changes: [Partial<FrostOnlineSetup>, string][] = [
      [{ id: bytesFrom("another") }, "mpc/bad-setup"],
      [{ signers: [one, liar] }, "mpc/bad-setup"],
      [{ share: larger.get(three) as FrostKeyShare }, "mpc/bad-setup"],
      [{ share: { ...share, record: { ...share.record, epoch: bytesFrom("another") } } }, "mpc/presignature-stale"],
      [{ nonce: bytesFrom("short").slice(1) }, "mpc/bad-setup"],
    ];
    for (const [k, [change, code]] of changes.entries()) {
      const item = pool.get(one)?.[k];
      const { id, preprocessed } = item as { id: Uint8Array; preprocessed: Uint8Array };
      expect(codeOf(() => frostOnlineMachine(preprocessed, { ...setup, id, ...change }))).toBe(code);
      expect(preprocessed.every((byte) => byte === 0)).toBe(true);
    }
  });

  const lying =
    (round: number, change: (body: Uint8Array) => Uint8Array, receivers = [one, three]): Tamper =>
    (envelope, body) =>
      envelope.from === liar && envelope.round === round && receivers.includes(envelope.to) ? change(body) : body;
  const flip = (at: number) => (body: Uint8Array) => body.with(at, (body[at] as number) ^ 1);
  const told = (outcomes: Parameters<typeof errorOf>[0], party: ShareIndex) => {
    const error = errorOf(outcomes, party);
    return [error?.code, error?.culprits, error?.consequence];
  };

  describe("in their making", () => {
    const make = (tamper: Tamper) => runSession(preprocessMachines(shares, { signers, count: 3, seed }), { seed, tamper });
    const wires = group.publish([group.public(5n), group.public(7n)]).wires as [Uint8Array, Uint8Array];
    const second = (wire: Uint8Array) => (body: Uint8Array) => {
      body.set(wire, 2 * E);
      return body;
    };
    // The identity, and a point of small order, of Ed25519; of secp256k1 there is no encoding.
    const small = ed ? Uint8Array.of(1, ...new Uint8Array(31)) : new Uint8Array(33);
    it("commitments that are no elements, or of small order, are blamed on their sender", () => {
      for (const wire of [new Uint8Array(E).fill(255), small, new Uint8Array(E)])
        for (const party of [one, three]) expect(told(make(lying(1, second(wire))), party)).toEqual(["mpc/bad-message", [liar], "retry"]);
    });
    it("other commitments for one member, or another digest, are an echo mismatch, and nothing is left", () => {
      const equivocated = make(lying(1, second(wires[0]), [one]));
      for (const party of [one, three]) expect(told(equivocated, party)).toEqual(["mpc/echo-mismatch", [], undefined]);
      expect(echoLayout).toEqual({ g: 32 });
      expect(told(make(lying(2, flip(31))), one)).toEqual(["mpc/echo-mismatch", [], undefined]);
    });
    it("a body of another length is refused", () => {
      for (const round of [1, 2]) expect(told(make(lying(round, truncated)), one)).toEqual(["mpc/bad-message", [liar], "retry"]);
    });
  });

  describe("in the online step", () => {
    const sign = (tamper: Tamper) => {
      const pool = preprocess(shares, { signers, count: 1, seed });
      return runSession(onlineMachines(shares, pool, 0, { signers, message, seed }), { seed, tamper });
    };
    const z = (lie: "non-canonical" | "zero") => (body: Uint8Array) =>
      tell(lie, { field: "z", kind: "scalars", layout: onlineLayout }, body, body, seed);
    it("another name is a context mismatch, and nobody is blamed", () => {
      expect(told(sign(lying(1, flip(0))), one)).toEqual(["mpc/context-mismatch", [], undefined]);
    });
    it("a wrong signature share is found by the stored commitments, and its sender is named", () => {
      for (const change of [flip(48), z("zero")])
        for (const party of [one, three])
          expect(told(sign(lying(1, change)), party)).toEqual(["mpc/bad-partial-signature", [liar], "retry"]);
      expect(told(sign(lying(1, z("non-canonical"))), one)).toEqual(["mpc/bad-message", [liar], "retry"]);
      expect(told(sign(lying(1, truncated)), one)).toEqual(["mpc/bad-message", [liar], "retry"]);
    });
    it("signers of other messages have other session ids, so they do not hear each other", () => {
      const pool = preprocess(shares, { signers, count: 2, seed });
      const sids = [message, bytesFrom("another")].map((each, k) =>
        hex(onlineMachines(shares, pool, k, { signers, message: each, seed }).get(one)?.sid as Uint8Array),
      );
      expect(sids[0]).not.toBe(sids[1]);
    });
  });
});
