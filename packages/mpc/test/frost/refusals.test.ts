// The tests show what a machine refuses before anything is sent, what it never does twice, and what
// resumes from storage.
import { CovaultError } from "@covault/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeFrostRecord,
  decodeFrostSecret,
  encodeFrostRecord,
  encodeFrostSecret,
  type FrostKeyShare,
  type FrostSignSetup,
  frostKeygenMachine,
  frostRefreshMachine,
  frostSignMachine,
  restoreFrostKeygen,
  type Scheme,
} from "../../src/frost/index.ts";
import * as sign from "../../src/frost/sign/index.ts";
import { suites } from "../../src/frost/suite/index.ts";
import { tags } from "../../src/frost/tags.ts";
import { collect, type Machine, Once, type ShareIndex, type Turn } from "../../src/protocol/index.ts";
import { bytesFrom, idx, nonceFrom } from "../simulation.ts";
import { keygenSetup, makeKey, schemes } from "./cast.ts";

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof CovaultError) return error.code;
    throw error;
  }
  return "none";
};
const parties = [1, 2].map(idx);
const shareOf = (scheme: Scheme): FrostKeyShare => makeKey(scheme, [1, 2, 3], 2, "refusals").get(idx(1)) as FrostKeyShare;
const setupOf = (scheme: Scheme): FrostSignSetup => ({
  share: shareOf(scheme),
  signers: parties,
  message: bytesFrom("m"),
  nonce: nonceFrom("refusals", parties),
});
const outboxTo = (turn: Turn<unknown>, to: ShareIndex): Uint8Array => {
  if (turn.kind !== "exchange") throw new Error("expected an exchange");
  return turn.outbox.get(to) as Uint8Array;
};

describe.each(schemes)("a signing setup of %s", (scheme) => {
  const order = suites[scheme].group.public(-1n);
  const rows: readonly (readonly [string, Partial<FrostSignSetup>])[] = [
    ["too few signers", { signers: [idx(1)] }],
    ["too many signers", { signers: [1, 2, 3].map(idx) }],
    ["signers without me", { signers: [2, 3].map(idx) }],
    ["a signer that holds no share", { signers: [1, 9].map(idx) }],
    ["signers out of order", { signers: [2, 1].map(idx) }],
    ["a signer twice", { signers: [1, 1].map(idx) }],
    ["a short nonce", { nonce: new Uint8Array(31) }],
    ["a tweak that is not below the order", { tweak: new Uint8Array(32).fill(255) }],
    ["a short tweak", { tweak: new Uint8Array(31) }],
    ["a Merkle root of another length", { merkleRoot: new Uint8Array(31) }],
    ["a message that is too long", { message: new Uint8Array(65_537) }],
  ];
  it.each(rows)("refuses %s", (_, change) => {
    expect(codeOf(() => frostSignMachine({ ...setupOf(scheme), ...change }))).toBe("mpc/bad-setup");
  });
  it("refuses what only Taproot has, or only a 32-byte hash", () => {
    const change = scheme === "eddsa-ed25519" ? { merkleRoot: new Uint8Array(0) } : { message: new Uint8Array(31) };
    expect(codeOf(() => frostSignMachine({ ...setupOf(scheme), ...change }))).toBe("mpc/bad-setup");
  });
  it("refuses what is no key share, or one of DKLs23", () => {
    const { scheme: _, ...record } = shareOf(scheme).record;
    for (const share of [undefined, { ...shareOf(scheme), record }])
      for (const make of [frostSignMachine, frostRefreshMachine])
        expect(codeOf(() => make({ ...setupOf(scheme), members: [], share } as never))).toBe("mpc/bad-setup");
  });
  it("refuses a share that is no scalar, or zero", () => {
    const { record } = shareOf(scheme);
    for (const secret of [new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(31)])
      expect(codeOf(() => frostSignMachine({ ...setupOf(scheme), share: { record, secret } }))).toBe("mpc/bad-share-record");
    expect(order.length).toBe(32);
  });
  it("binds the session to everything that it is about", () => {
    const child = { tweak: suites[scheme].group.public(5n) };
    const others: readonly Partial<FrostSignSetup>[] = [
      { message: bytesFrom("other") },
      { nonce: bytesFrom("other") },
      { signers: [1, 3].map(idx) },
      child,
      ...(scheme === "schnorr-bip340" ? [{ merkleRoot: new Uint8Array(0) }, { merkleRoot: new Uint8Array(32) }] : []),
      { share: makeKey(scheme, [1, 2, 3], 2, "another key").get(idx(1)) as FrostKeyShare },
    ];
    const ids = [{}, ...others].map((change) => Buffer.from(frostSignMachine({ ...setupOf(scheme), ...change }).sid).toString("hex"));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe.each(schemes)("a keygen setup of %s", (scheme) => {
  const setup = keygenSetup(parties, 2, idx(1), "refusals");
  it.each([
    ["t below 2", { threshold: 1 }],
    ["t above n", { threshold: 3 }],
    ["me not a member", { self: idx(3) }],
    ["a short nonce", { nonce: new Uint8Array(31) }],
    ["a short identity key", { members: setup.members.map((member) => ({ ...member, idpk: member.idpk.subarray(0, 31) })) }],
    ["one identity key twice", { members: setup.members.map((member) => ({ ...member, idpk: bytesFrom("the same") })) }],
    ["members out of order", { members: setup.members.toReversed() }],
  ])("refuses %s", (_, change) => {
    expect(codeOf(() => frostKeygenMachine(scheme, { ...setup, ...change }))).toBe("mpc/bad-setup");
  });
  it("binds the session to scheme, threshold, members and identity keys", () => {
    const three = [1, 2, 3].map(idx);
    const other = setup.members.map((member, k) => (k === 1 ? { ...member, idpk: bytesFrom("other") } : member));
    const ids = [
      frostKeygenMachine(scheme, setup),
      frostKeygenMachine(scheme === "eddsa-ed25519" ? "schnorr-bip340" : "eddsa-ed25519", setup),
      frostKeygenMachine(scheme, { ...setup, members: other }),
      frostKeygenMachine(scheme, { ...setup, nonce: bytesFrom("other") }),
      frostKeygenMachine(scheme, keygenSetup(three, 2, idx(1), "refusals")),
      frostKeygenMachine(scheme, keygenSetup(three, 3, idx(1), "refusals")),
    ].map(({ sid }) => Buffer.from(sid).toString("hex"));
    expect(new Set(ids).size).toBe(ids.length);
  });
  it("refuses a scheme that is none", () => {
    expect(codeOf(() => frostKeygenMachine("toString" as Scheme, setup))).toBe("mpc/bad-setup");
  });
});

describe.each(schemes)("a nonce of %s", (scheme) => {
  const round1 = () => sign.round1(sign.openQuorum(setupOf(scheme)), bytesFrom("entropy"));
  const peer = sign.round1(
    sign.openQuorum({ ...setupOf(scheme), share: makeKey(scheme, [1, 2, 3], 2, "refusals").get(idx(2)) as FrostKeyShare }),
    bytesFrom("peer"),
  );
  const inbox = () => collect([idx(2)], [[idx(2), peer.send.get(idx(1)) as readonly sign.Round1Message[]]]);

  it("answers once: the same state never signs again, whatever the second inbox holds", () => {
    const { next } = round1();
    sign.round2(next, inbox());
    expect(codeOf(() => sign.round2(next, inbox()))).toBe("mpc/round-already-used");
  });
  it("is gone after a failure too", () => {
    const { next } = round1();
    const bad = { hiding: new Uint8Array(suites[scheme].group.elementBytes), binding: new Uint8Array(suites[scheme].group.elementBytes) };
    expect(codeOf(() => sign.round2(next, collect([idx(2)], [[idx(2), [bad]]])))).toBe("mpc/bad-message");
    expect(codeOf(() => sign.round2(next, inbox()))).toBe("mpc/round-already-used");
  });
  it("is erased when it has answered", () => {
    const state = round1().next.take();
    const { nonces } = state.runs[0] as (typeof state.runs)[number];
    expect(nonces.hiding.some((byte) => byte !== 0)).toBe(true);
    sign.round2(new Once(state, []), inbox());
    expect([...nonces.hiding, ...nonces.binding].every((byte) => byte === 0)).toBe(true);
  });
  it("is neither printed nor stored", () => {
    const { next } = round1();
    expect(JSON.stringify(next)).toBe("{}");
    const machine = frostSignMachine(setupOf(scheme));
    machine.start(bytesFrom("entropy"));
    expect(codeOf(() => machine.snapshot())).toBe("mpc/not-storable");
  });
  it("a machine that was used, or has failed, is dead", () => {
    const machine: Machine<unknown> = frostSignMachine(setupOf(scheme));
    machine.start(bytesFrom("entropy"));
    expect(codeOf(() => machine.start(bytesFrom("entropy")))).toBe("mpc/round-already-used");
    expect(codeOf(() => machine.deliver(new Map(), bytesFrom("entropy")))).toBe("mpc/round-already-used");
  });
  it("does not come from entropy that is none", () => {
    expect(codeOf(() => frostSignMachine(setupOf(scheme)).start(new Uint8Array(32)))).toBe("mpc/bad-setup");
  });
});

describe.each(schemes)("a stored key generation of %s", (scheme) => {
  const setup = (self: ShareIndex) => keygenSetup(parties, 2, self, "stored");

  it("resumes after every exchange and ends with the same share", () => {
    const expected = makeKey(scheme, [1, 2], 2, "plain");
    const seed = "plain";
    const members = (self: ShareIndex) => keygenSetup(parties, 2, self, seed);
    let machines = parties.map((self) => frostKeygenMachine(scheme, members(self)));
    let call = 1;
    const entropy = (k: number): Uint8Array => bytesFrom(`${seed}/${parties[k]}/${call}`);
    let turns = machines.map((machine, k) => machine.start(entropy(k)));
    while (turns[0]?.kind === "exchange") {
      const sent = turns;
      const snapshots = machines.map((machine) => [machine.snapshot(), machine.snapshot()] as const);
      for (const [first, second] of snapshots) expect(second).toEqual(first);
      machines = parties.map((self, k) => restoreFrostKeygen(scheme, members(self), snapshots[k]?.[0] as Uint8Array));
      call++;
      turns = machines.map((machine, k) => {
        const body = outboxTo(sent[1 - k] as Turn<unknown>, parties[k] as ShareIndex);
        return machine.deliver(new Map([[parties[1 - k] as ShareIndex, body]]), entropy(k));
      });
    }
    for (const [k, turn] of turns.entries())
      expect(turn).toEqual({ kind: "done", output: { share: expected.get(parties[k] as ShareIndex) } });
  });

  it("refuses bytes that are no state, or another session's", () => {
    const machine = frostKeygenMachine(scheme, setup(idx(1)));
    machine.start(bytesFrom("x"));
    const snapshot = machine.snapshot();
    for (let cut = 0; cut < snapshot.length; cut += 37)
      expect(codeOf(() => restoreFrostKeygen(scheme, setup(idx(1)), snapshot.subarray(0, cut)))).toBe("mpc/bad-state");
    for (const bad of [Uint8Array.of(...snapshot, 0), snapshot.with(0, 1), snapshot.with(1, 4), snapshot.with(2, 9), snapshot.with(3, 99)])
      expect(codeOf(() => restoreFrostKeygen(scheme, setup(idx(1)), bad))).toBe("mpc/bad-state");
    expect(codeOf(() => restoreFrostKeygen(scheme, setup(idx(2)), snapshot))).toBe("mpc/context-mismatch");
    const other = keygenSetup(parties, 2, idx(1), "another session");
    expect(codeOf(() => restoreFrostKeygen(scheme, other, snapshot))).toBe("mpc/context-mismatch");
  });
});

describe.each(schemes)("a stored share of %s", (scheme) => {
  it("decodes to what was encoded", () => {
    const { record, secret } = shareOf(scheme);
    expect(decodeFrostRecord(encodeFrostRecord(record))).toEqual(record);
    expect(decodeFrostSecret(encodeFrostSecret(secret))).toEqual(secret);
  });
  it("no record but the encoded one decodes: cut, longer, or with any byte of it changed to name another key or generation", () => {
    const bytes = encodeFrostRecord(shareOf(scheme).record);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = bytes.with(at, (bytes[at] as number) ^ mask);
        expect(codeOf(() => decodeFrostRecord(bytes.subarray(0, at)))).toBe("mpc/bad-share-record");
        // Beside the digests there are indices, the threshold and the public shares. A change of
        // these decodes, to another record.
        if (codeOf(() => decodeFrostRecord(changed)) === "none") expect(encodeFrostRecord(decodeFrostRecord(changed))).toEqual(changed);
      }),
      { seed: 9, numRuns: 200 },
    );
    expect(codeOf(() => decodeFrostRecord(Uint8Array.of(...bytes, 0)))).toBe("mpc/bad-share-record");
    expect(codeOf(() => decodeFrostSecret(new Uint8Array(32)))).toBe("mpc/bad-share-record");
  });
});

describe("the hashes' tags", () => {
  it("are distinct", () => expect(new Set(tags).size).toBe(tags.length));
});
