// What a caller hands in stays its own. It may be a Node Buffer, whose `slice` is a view, or be
// used again at once. What a function keeps or gives back is a copy all the same.
import { beforeAll, describe, expect, it } from "vitest";
import {
  type KeyShare,
  keygenMachine,
  onlineMachine,
  presignMachine,
  refreshMachine,
  repairMachine,
  signMachine,
} from "../src/dkls23/index.ts";
import { type FrostKeyShare, frostKeygenMachine, frostRefreshMachine, frostRepairMachine, frostSignMachine } from "../src/frost/index.ts";
import { Tape } from "../src/kernel/random.ts";
import type { Machine, ShareIndex } from "../src/protocol/index.ts";
import { entries } from "./entries.ts";
import * as frost from "./frost/cast.ts";
import { bytesFrom, idx, keygenMachines, makeKey, nonceFrom, outputOf, runSession, type Tamper } from "./simulation.ts";

const parties = [1, 2].map(idx);

/**
 * Delivers every body as a Buffer, and overwrites the bodies of a round when the next one is under
 * way.
 */
function reusedBuffers(): Tamper {
  const lent = new Map<number, Buffer[]>();
  return ({ round }, body) => {
    for (const old of lent.get(round - 1) ?? []) old.fill(0);
    const buffer = Buffer.from(body);
    lent.set(round, [...(lent.get(round) ?? []), buffer]);
    return buffer;
  };
}

type Lent = { readonly value: unknown; readonly spoil: () => void };

/**
 * Gives a copy with Buffers for bytes, and a function that overwrites all of it: bytes, lists and
 * maps.
 */
function lend(given: unknown): Lent {
  const spoils: (() => void)[] = [];
  const copy = (value: unknown): unknown => {
    if (value instanceof Uint8Array) {
      const buffer = Buffer.from(value);
      spoils.push(() => buffer.fill(0xee));
      return buffer;
    }
    if (Array.isArray(value)) {
      const list = value.map(copy);
      spoils.push(() => list.splice(0));
      return list;
    }
    if (value instanceof Map) {
      const map = new Map([...value].map(([key, each]) => [key, copy(each)]));
      spoils.push(() => map.clear());
      return map;
    }
    if (typeof value !== "object" || value === null) return value;
    const object = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copy(each)]));
    spoils.push(() => {
      for (const name of Object.keys(object)) delete object[name];
    });
    return object;
  };
  return { value: copy(given), spoil: () => void spoils.map((spoil) => spoil()) };
}

const isMachine = (value: unknown): value is Machine<unknown> => typeof (value as { start?: unknown } | undefined)?.start === "function";
/** Gives a result as it is, or what a machine sends first. */
function seen(result: unknown, restored: boolean): unknown {
  if (!isMachine(result)) return structuredClone(result);
  const { sid, peers } = result;
  return { sid, peers, turn: restored ? result.snapshot() : result.start(bytesFrom("entropy")) };
}

describe.each(entries)("the arguments of a caller, %s", (_, functions, callsOf) => {
  let calls: ReturnType<typeof callsOf>;
  beforeAll(() => {
    calls = callsOf();
  });
  const names = Object.keys(functions).filter((name) => typeof functions[name] === "function" && name !== "CovaultError");
  it.each(names.filter((name) => !["sequence", "resumed"].includes(name)))(
    "may be overwritten after %s, and share no memory with its result",
    (name) => {
      const call = functions[name] as (...args: unknown[]) => unknown;
      for (const args of calls[name] ?? []) {
        const expected = seen(call(...(lend(args).value as unknown[])), name.startsWith("restore"));
        const lent = lend(args);
        const result = call(...(lent.value as unknown[]));
        lent.spoil();
        expect(seen(result, name.startsWith("restore"))).toEqual(expected);
      }
    },
  );
});

describe("a setup that is overwritten once its machine is made", () => {
  /** Checks that a run on setups that are spoiled at once ends as a run on setups that are not. */
  const same = <Output>(
    make: (setup: never, own: never) => Machine<Output>,
    setupOf: (self: ShareIndex) => object,
    members = parties,
  ): void => {
    const run = (spoilt: boolean) =>
      runSession(
        new Map(
          members.map((self) => {
            const lent = lend(setupOf(self));
            const machine = make(lent.value as never, undefined as never);
            if (spoilt) lent.spoil();
            return [self, machine];
          }),
        ),
        { seed: "spoilt" },
      );
    const [spoilt, kept] = [run(true), run(false)];
    for (const party of members) expect(outputOf(spoilt, party)).toEqual(outputOf(kept, party));
  };
  const members = frost.membersOf(parties);
  const nonce = nonceFrom("spoilt", parties);

  it("changes nothing of a key generation, a signature, a presignature or a refresh of DKLs23", () => {
    const shares = makeKey([1, 2], 2, "spoilt");
    const signing = { signers: parties, tweak: new Uint8Array(32), nonce, burned: [] };
    same(keygenMachine, (self) => ({ self, threshold: 2, members, nonce }));
    same(signMachine, (self) => ({ ...signing, share: shares.get(self), digest: bytesFrom("digest") }));
    same(presignMachine, (self) => ({ ...signing, share: shares.get(self) }));
    same(refreshMachine, (self) => ({ share: shares.get(self), members, nonce, epochNumber: 1 }));
  });

  it.each(frost.schemes)("changes nothing of a key generation, a signature or a refresh of FROST, %s", (scheme) => {
    const shares = frost.makeKey(scheme, [1, 2], 2, "spoilt");
    same(
      (setup) => frostKeygenMachine(scheme, setup),
      (self) => ({ self, threshold: 2, members, nonce }),
    );
    same(frostSignMachine, (self) => ({ share: shares.get(self), signers: parties, message: bytesFrom("message"), nonce }));
    same(frostRefreshMachine, (self) => ({ share: shares.get(self), members, nonce, epochNumber: 1 }));
  });

  it("changes nothing of a share repair", () => {
    const all = [1, 2, 3].map(idx);
    const about = { helpers: parties, receiver: idx(3), members: frost.membersOf(all), nonce: nonceFrom("spoilt", all) };
    const of = (shares: ReadonlyMap<ShareIndex, { readonly record: object }>) => (self: ShareIndex) => {
      const share = shares.get(self) as { readonly record: object };
      return { ...about, mine: self === 3 ? { record: share.record } : share };
    };
    same(repairMachine, of(makeKey([1, 2, 3], 2, "spoilt")), all);
    for (const scheme of frost.schemes) same(frostRepairMachine, of(frost.makeKey(scheme, [1, 2, 3], 2, "spoilt")), all);
  });

  it("is not the machine's: its session id and its peers can be overwritten, too", () => {
    const machine = keygenMachine({ self: parties[0] as ShareIndex, threshold: 2, members, nonce });
    const same = keygenMachine({ self: parties[0] as ShareIndex, threshold: 2, members, nonce });
    machine.sid.fill(0);
    (machine.peers as ShareIndex[]).splice(0);
    expect(machine.start(bytesFrom("entropy"))).toEqual(same.start(bytesFrom("entropy")));
  });
});

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
    const online = new Map(
      [...stored].map(([party, bytes]) => [party, onlineMachine(bytes, { ...approved, id: outputOf(made, party).id, signers: parties })]),
    );
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
