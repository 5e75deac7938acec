// These tests compare the tape with its definition (dkls23-spec 0.6).
import { describe, expect, it } from "vitest";
import { fromBe, toBe } from "../../test/kernel-inputs.ts";
import { ascii, u32 } from "./bytes.ts";
import { TH } from "./hash.ts";
import { Tape, type TapeInputs, withTape } from "./random.ts";
import { fromBytesMod, toBytes } from "./scalar.ts";

describe("the tape", () => {
  const entropy = toBe(77n);
  const sid = TH("nonce", ascii("sid"));
  const inputs: TapeInputs = { entropy, secret: Uint8Array.of(9), bound: [sid, Uint8Array.of(0, 1)], label: "round1" };

  it("is TH(hedge, entropy, secret, TH(hedge/bound, ..), label, counter), and never repeats", () => {
    const bound = TH("hedge/bound", sid, Uint8Array.of(0, 1));
    const block = (n: number) => TH("hedge", entropy, Uint8Array.of(9), bound, ascii("round1"), u32(n));
    const tape = new Tape(inputs);
    expect(tape.bytes(40)).toEqual(Uint8Array.from([...block(0), ...block(1).subarray(0, 8)]));
    expect(tape.scalar()).toEqual(fromBytesMod(block(2)));
    expect(tape.nonzeroScalar()).toEqual(fromBytesMod(block(3)));
    expect(fromBe(toBytes(tape.scalar()))).toBeGreaterThan(0n);
  });

  it("differs with each of entropy, secret, every input and label, and keeps its own copies", () => {
    const make = (change: Partial<TapeInputs>) => Buffer.from(new Tape({ ...inputs, ...change }).bytes(32)).toString("hex");
    const all = [
      make({}),
      make({ entropy: toBe(78n) }),
      make({ secret: Uint8Array.of(9, 0) }),
      make({ bound: [sid] }),
      make({ bound: [sid, Uint8Array.of(0), Uint8Array.of(1)] }),
      make({ bound: [entropy, Uint8Array.of(0, 1)] }),
      make({ label: "round2" }),
    ];
    expect(new Set(all).size).toBe(all.length);
    const [mine, secret] = [entropy.slice(), Uint8Array.of(9)];
    const tape = new Tape({ ...inputs, entropy: mine, secret });
    mine.fill(0);
    secret.fill(0);
    expect(Buffer.from(tape.bytes(32)).toString("hex")).toBe(all[0]);
  });

  it("is made of no entropy that is all zero, or of another length", () => {
    for (const bad of [new Uint8Array(32), new Uint8Array(31).fill(1), new Uint8Array(33).fill(1)])
      expect(() => new Tape({ ...inputs, entropy: bad })).toThrowError(expect.objectContaining({ code: "mpc/bad-setup" }));
  });

  it("is erased with its round, also if the round fails", () => {
    let held: Tape | undefined;
    const failing = () =>
      withTape(inputs, (tape) => {
        held = tape;
        throw new RangeError("the round failed");
      });
    expect(failing).toThrowError("the round failed");
    expect(() => held?.bytes(1)).toThrowError(expect.objectContaining({ code: "mpc/invariant" }));
  });
});
