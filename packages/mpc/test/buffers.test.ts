// Bytes that a caller hands in as Node's Buffer, whose `slice` is a view: what a round keeps is a copy all the same.
import { describe, expect, it } from "vitest";
import { type KeyShare, onlineMachine, presignMachine } from "../src/dkls23/index.ts";
import type { FrostKeyShare } from "../src/frost/index.ts";
import { Tape } from "../src/kernel/random.ts";
import * as frost from "./frost/cast.ts";
import { bytesFrom, idx, keygenMachines, makeKey, nonceFrom, outputOf, runSession, type Tamper } from "./simulation.ts";

const parties = [1, 2].map(idx);

/** Delivers every body as a Buffer, and overwrites those of a round when the next one is under way. */
function reusedBuffers(): Tamper {
  const lent = new Map<number, Buffer[]>();
  return ({ round }, body) => {
    for (const old of lent.get(round - 1) ?? []) old.fill(0);
    const buffer = Buffer.from(body);
    lent.set(round, [...(lent.get(round) ?? []), buffer]);
    return buffer;
  };
}

describe("a caller's Buffer", () => {
  it("may be used again once its message is delivered", () => {
    const outcomes = runSession(keygenMachines(parties, 2, "buffers"), { seed: "buffers", tamper: reusedBuffers() });
    expect(parties.map((party) => outputOf(outcomes, party).share.pairs?.partners.size)).toEqual([1, 1]);
  });

  it("may hold a presignature, which is erased there", () => {
    const shares = makeKey([1, 2], 2, "buffers");
    const setup = { signers: parties, tweak: new Uint8Array(32), nonce: nonceFrom("presign", parties), burned: [] };
    const presign = new Map([...shares].map(([self, share]) => [self, presignMachine({ ...setup, share })]));
    const made = runSession(presign, { seed: "presign" });
    const stored = new Map(parties.map((party) => [party, Buffer.from(outputOf(made, party).presignature)]));
    const { epoch } = (shares.get(idx(1)) as KeyShare).record;
    const approved = { epoch, digest: bytesFrom("message"), tweak: new Uint8Array(32), intent: bytesFrom("intent") };
    const online = new Map([...stored].map(([party, bytes]) => [party, onlineMachine(bytes, approved)]));
    const signed = runSession(online, { seed: "online" });
    expect(parties.map((party) => outputOf(signed, party).signature.length)).toEqual([64, 64]);
    expect([...stored.values()].every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
  });

  for (const scheme of frost.schemes)
    it(`may hold a share, which is not erased there (${scheme})`, () => {
      const shares = [...frost.makeKey(scheme, [1, 2], 2, "buffers")];
      const secrets = new Map(shares.map(([party, { secret }]) => [party, Buffer.from(secret)]));
      const lent = new Map(shares.map(([party, share]) => [party, { ...share, secret: secrets.get(party) } as FrostKeyShare]));
      const signing = { signers: parties, message: bytesFrom("message"), seed: "buffers" };
      const outcomes = runSession(frost.signMachines(lent, signing), { seed: "buffers" });
      expect(parties.map((party) => outputOf(outcomes, party).signature.length)).toEqual([64, 64]);
      for (const [party, { secret }] of shares) expect(Uint8Array.from(secrets.get(party) as Buffer)).toEqual(secret);
    });

  it("may hold entropy, and be overwritten while the tape lasts", () => {
    const [entropy, other] = [Buffer.from(bytesFrom("entropy")), bytesFrom("entropy")];
    const [tape, same] = [entropy, other].map((each) => new Tape({ entropy: each, secret: other, bound: [other], label: "test" })) as [
      Tape,
      Tape,
    ];
    entropy.fill(0);
    expect(tape.bytes(32)).toEqual(same.bytes(32));
  });
});
