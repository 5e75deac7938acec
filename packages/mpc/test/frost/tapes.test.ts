// The rows of FROST in the table of dkls23-spec 0.6 say what a round draws. The tests compute it a
// second time from the round's entropy, its secret and its inputs.
import { describe, expect, it } from "vitest";
import {
  decodeState,
  keygenContext,
  type Round1Message,
  type Round1State,
  type Round2Message,
  round1,
  round2,
} from "../../src/dkg/index.ts";
import { type FrostKeyShare, type FrostSecretKey, frostImportMachine, frostPublicKey } from "../../src/frost/index.ts";
import { frost } from "../../src/frost/key-share.ts";
import { openPool, round1 as poolRound1 } from "../../src/frost/pool/index.ts";
import { commit, openQuorum, round1 as signRound1 } from "../../src/frost/sign/index.ts";
import { openBatch } from "../../src/frost/sign/setup.ts";
import { type Scalar, suiteOf } from "../../src/frost/suite/index.ts";
import { collect, type ShareIndex } from "../../src/protocol/index.ts";
import { be32, frostTH, int, intLe, join, L, le32, q, SecondTape, u16 } from "../second.ts";
import { bytesFrom, hex, idx, nonceFrom } from "../simulation.ts";
import { keygenSetup, makeKey, membersOf, schemes } from "./cast.ts";

const parties = [1, 2].map(idx);
const [one, two] = parties as [ShareIndex, ShareIndex];

describe.each(schemes)("the tapes of %s", (scheme) => {
  const { group, H3 } = suiteOf(scheme);
  const ed = scheme === "eddsa-ed25519";
  const encode = (x: bigint): Scalar => (ed ? le32(x) : be32(x)) as Scalar;
  const scalar = (tape: SecondTape): Scalar => encode(tape.wide(ed ? intLe : int, ed ? L : q));
  const context = (self: ShareIndex) => keygenContext(suiteOf(scheme), keygenSetup(parties, 2, self, "tapes"));
  const own = bytesFrom("own");

  it("of a key generation (frost/dkg/1, frost/dkg/2): polynomial, chain code, opening and proof", () => {
    const [entropy, later] = [bytesFrom("1"), bytesFrom("2")];
    const state = round1(context(one), { own }, entropy).next.take();
    const { sid } = state.context;
    const first = new SecondTape({ entropy, secret: own, bound: [sid, u16(1)], label: "frost/dkg/1" });
    expect(state.coefficients.map(hex)).toEqual([scalar(first), scalar(first)].map(hex));
    expect(hex(state.cc)).toBe(hex(first.bytes(32)));
    expect(hex(state.rho)).toBe(hex(first.bytes(32)));

    const secret = join(...state.coefficients, state.rho);
    const peer = round1(context(two), {}, bytesFrom("peer")).send.get(one) as Round1Message;
    const step = round2(round1(context(one), { own }, entropy).next, collect([two], [[two, peer]]), later);
    const h1 = frostTH("dkg/h1", sid, u16(2), u16(1), state.com, u16(2), peer.com);
    const second = new SecondTape({ entropy: later, secret, bound: [sid, u16(1), h1], label: "frost/dkg/2" });
    const R = group.publish([scalar(second)]).wires[0] as Uint8Array;
    expect(hex((step.send.get(two) as Round2Message).pok.subarray(0, group.elementBytes))).toBe(hex(R));
  });

  it("of an importer: the key is its secret, and the first scalar is thrown away", () => {
    const secretKey: FrostSecretKey = { scalar: be32(3n) };
    const [entropy, chain] = [bytesFrom("import"), bytesFrom("chain")];
    const about = { self: one, importer: one, members: membersOf(parties), receivers: parties, threshold: 2, chain, epochNumber: 1 };
    const setup = { ...about, publicKey: frostPublicKey(scheme, secretKey), nonce: nonceFrom("i", parties) };
    const machine = frostImportMachine(scheme, setup, secretKey);
    machine.start(entropy);
    const { coefficients, rho } = decodeState(frost, machine.snapshot()) as Round1State;
    const a0 = coefficients[0] as Uint8Array;
    const tape = new SecondTape({ entropy, secret: a0, bound: [machine.sid, u16(1)], label: "frost/dkg/1" });
    scalar(tape);
    expect([coefficients[1] as Uint8Array, rho].map(hex)).toEqual([hex(scalar(tape)), hex(tape.bytes(32))]);
    expect(hex(group.encode([group.mulBase(a0 as Scalar)])[0] as Uint8Array)).toBe(hex(setup.publicKey));
  });

  it("of a signature (frost/sign/1): the randomness of both nonces", () => {
    const share = makeKey(scheme, [1, 2], 2, "tapes").get(one) as FrostKeyShare;
    const quorum = openQuorum({ share, signers: parties, message: bytesFrom("message"), nonce: nonceFrom("s", parties) });
    const entropy = bytesFrom("sign");
    const { runs } = signRound1(quorum, entropy).next.take();
    const { nonces } = runs[0] as (typeof runs)[number];
    const tape = new SecondTape({ entropy, secret: share.secret, bound: [quorum.sid, u16(1)], label: "frost/sign/1" });
    const [hiding, binding] = [tape.bytes(32), tape.bytes(32)];
    expect([nonces.hiding, nonces.binding].map(hex)).toEqual([hiding, binding].map((random) => hex(H3(join(random, share.secret)))));
    expect(commit(suiteOf(scheme), share.secret as Scalar, hiding, binding).nonces).toEqual(nonces);
  });

  it("of a batch: each item has a tape of its own, of one entropy", () => {
    const share = makeKey(scheme, [1, 2], 2, "tapes").get(one) as FrostKeyShare;
    const items = ["a", "b"].map((name) => ({ message: bytesFrom(name) }));
    const quorum = openBatch({ share, signers: parties, items, nonce: nonceFrom("s", parties) });
    const entropy = bytesFrom("batch");
    for (const { item, nonces } of signRound1(quorum, entropy).next.take().runs) {
      const tape = new SecondTape({ entropy, secret: share.secret, bound: [item.ssid, u16(1)], label: "frost/sign/1" });
      const random = [tape.bytes(32), tape.bytes(32)];
      expect([nonces.hiding, nonces.binding].map(hex)).toEqual(random.map((each) => hex(H3(join(each, share.secret)))));
    }
  });

  it("of preprocessing (frost/pool/1): the randomness of all nonces, from one tape", () => {
    const share = makeKey(scheme, [1, 2], 2, "tapes").get(one) as FrostKeyShare;
    const opened = openPool({ share, signers: parties, count: 3, nonce: nonceFrom("s", parties) });
    const entropy = bytesFrom("pool");
    const { made } = poolRound1(opened, entropy).next.take();
    const tape = new SecondTape({ entropy, secret: share.secret, bound: [opened.psid, u16(1)], label: "frost/pool/1" });
    const random = Array.from({ length: 3 }, () => [tape.bytes(32), tape.bytes(32)]);
    expect(made.map(({ nonces }) => [nonces.hiding, nonces.binding].map(hex))).toEqual(
      random.map((two) => two.map((each) => hex(H3(join(each, share.secret))))),
    );
  });
});
