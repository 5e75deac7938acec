// An abort in any round overwrites every secret of the state (dkls23-spec 0.1). A round is run
// against a cheat, and then every array that its state had is looked at. What is not named public
// here is a secret, so a new field of a state counts as one until this list names it.

import { beforeAll, describe, expect, it } from "vitest";
import * as dkg from "../src/dkg/index.ts";
import { type KeyShare, keygenMachine, presignBatchMachine, presignMachine, signBatchMachine, signMachine } from "../src/dkls23/index.ts";
import { online1, onlineFinish } from "../src/dkls23/presign/online.ts";
import { takePresignature } from "../src/dkls23/presign/presignature.ts";
import * as renew from "../src/dkls23/renew/index.ts";
import { combine } from "../src/dkls23/sign/combine.ts";
import { finish as signFinish } from "../src/dkls23/sign/finish.ts";
import * as sign from "../src/dkls23/sign/index.ts";
import { round1 as signRound1 } from "../src/dkls23/sign/round1.ts";
import { secretsOf as signSecrets } from "../src/dkls23/sign/secrets.ts";
import {
  type FrostKeyShare,
  frostKeygenMachine,
  frostPreprocessMachine,
  frostSignBatchMachine,
  frostSignMachine,
} from "../src/frost/index.ts";
import * as frostSign from "../src/frost/sign/index.ts";
import { collect, type Erasable, type Machine, Once, onlyOutput, type ShareIndex, type Stage, sequence } from "../src/protocol/index.ts";
import * as repair from "../src/repair/index.ts";
import { keygenSetup, makeKey as makeFrostKey, schemes } from "./frost/cast.ts";
import { type Renewal, renewalSetup } from "./renewed.ts";
import { repairMachines, repairSetup } from "./repairs.ts";
import { bytesFrom, idx, makeKey, nonceFrom, outputOf, runSession } from "./simulation.ts";
import { dkgSuites, familyOf, makeKeyOf } from "./suites.ts";

const parties = [1, 2].map(idx);
const [me, peer] = parties as [ShareIndex, ShareIndex];

/** The parts that every party may see. Pairs belong to the share, which outlives the session. */
const open = new Set([
  ...["context", "record", "key", "suite", "self", "signers", "peers", "round", "failed", "agreed", "message", "publicKey"],
  ...["id", "sid", "ssid", "epoch", "pairIds", "tweak", "h1", "h2", "com", "coms", "f", "cc", "pok", "R", "pk", "encodedPk"],
  ...["A", "list", "reversal", "role", "digest", "commitments", "commitment", "opened", "sent", "D", "rows"],
]);
/** What is public in some place only. An opening is public from round 2 on. */
const openAt = new Set(["quorum/pairs", "alices/x", "alices/t", "dkg/2/rho", "renewal/2/rho"]);

/** Finds every array of a state that is not public, by its path. */
function secretsIn(value: unknown, path: string, parent: string, found: Map<string, Erasable>): void {
  if (value instanceof Uint8Array || value instanceof Uint32Array) found.set(path, value);
  else if (value instanceof Map) for (const [key, each] of value) secretsIn(each, `${path}/${key}`, parent, found);
  else if (Array.isArray(value)) for (const [k, each] of value.entries()) secretsIn(each, `${path}/${k}`, parent, found);
  else if (typeof value === "object" && value !== null)
    for (const [name, each] of Object.entries(value))
      if (!open.has(name) && !openAt.has(`${parent}/${name}`)) secretsIn(each, `${path}/${name}`, name, found);
}

/**
 * Runs a round on a state against a cheat. The round throws `code`, and no secret of the state is
 * left.
 */
function aborts<S extends object>(
  held: Once<S>,
  secretsOf: (state: S) => readonly (Erasable | undefined)[],
  run: (mine: Once<S>) => unknown,
  code: string,
): string[] {
  const state = held.take();
  const secrets = new Map<string, Erasable>();
  secretsIn(state, "", (state as { round?: string }).round ?? "", secrets);
  const there = [...secrets].filter(([, bytes]) => bytes.some((each) => each !== 0)).map(([path]) => path);
  expect(there.length).toBeGreaterThan(0);
  expect(() => run(new Once(state, secretsOf(state)))).toThrowError(expect.objectContaining({ code }));
  expect([...secrets].filter(([, bytes]) => bytes.some((each) => each !== 0)).map(([path]) => path)).toEqual([]);
  return there;
}
const inbox = <M>(message: M | undefined) => collect([peer], [[peer, message as M]]);
const flipped = (bytes: Uint8Array): Uint8Array => bytes.with(0, (bytes[0] as number) ^ 1);
const noPoint = (length: number): Uint8Array => new Uint8Array(length).fill(255);

describe.each(dkgSuites)("an abort of a key generation ($scheme)", (suite) => {
  const context = (self: ShareIndex) => dkg.keygenContext(suite, keygenSetup(parties, 2, self, "aborts"));
  const first = (self: ShareIndex) => dkg.round1(context(self), {}, bytesFrom(`1/${self}`));
  const second = () => {
    const [mine, theirs] = [first(me), first(peer)];
    const sent = [mine.send.get(peer), theirs.send.get(me)] as dkg.Round1Message[];
    return [
      dkg.round2(mine.next, inbox(sent[1]), bytesFrom("2/1")),
      dkg.round2(theirs.next, collect([me], [[me, sent[0] as dkg.Round1Message]]), bytesFrom("2/2")),
    ] as const;
  };
  const paired = suite.pairing !== undefined;

  it("in round 2, by entropy that is none", () => {
    const act = (mine: Once<dkg.Round1State>) => dkg.round2(mine, inbox(first(peer).send.get(me)), new Uint8Array(32));
    const paths = aborts(first(me).next, dkg.secretsOf, act, "mpc/bad-setup");
    expect(paths).toEqual(["/coefficients/0", "/coefficients/1", "/rho", ...(paired ? ["/pairs/2/a"] : [])]);
  });

  if (paired)
    it("in round 2, by a base-OT list of no points, as sender and as receiver", () => {
      const theirs = first(peer).send.get(me) as dkg.Round1Message;
      const cheat = { ...theirs, list: noPoint(theirs.list.length) };
      const act = (mine: Once<dkg.Round1State>) => dkg.round2(mine, inbox(cheat), bytesFrom("2"));
      const paths = aborts(first(me).next, dkg.secretsOf, act, "mpc/bad-message");
      expect(paths).toEqual(["/coefficients/0", "/coefficients/1", "/rho", "/pairs/2/a"]);

      const mine = first(me).send.get(peer) as dkg.Round1Message;
      const lied = collect([me], [[me, { ...mine, a: noPoint(64) }]]);
      const other = (held: Once<dkg.Round1State>) => dkg.round2(held, lied, bytesFrom("2"));
      expect(aborts(first(peer).next, dkg.secretsOf, other, "mpc/bad-message")).toContain("/pairs/1/choices");
    });

  it("in round 3, by every kind of failure", () => {
    const lies: [string, "h1" | "rho" | "pok" | "share"][] = [
      ["mpc/echo-mismatch", "h1"],
      ["mpc/opening-mismatch", "rho"],
      ["mpc/bad-proof", "pok"],
      ["mpc/bad-share", "share"],
    ];
    for (const [code, field] of lies) {
      const [mine, theirs] = second();
      const honest = theirs.send.get(me) as dkg.Round2Message;
      // The changed bit leaves a scalar below the order, wherever the suite has its highest bit. It
      // stands in the scalar that ends the proof, or in the middle of a share.
      const at = field === "pok" ? honest.pok.length - 16 : 15;
      const lied = honest[field].map((byte, k) => (k === at ? byte ^ 1 : byte));
      const act = (held: Once<dkg.Round2State>) => dkg.round3(held, inbox({ ...honest, [field]: lied }));
      const paths = aborts(mine.next, dkg.secretsOf, act, code);
      if (paired) expect(paths).toEqual(expect.arrayContaining(["/ownShare", "/zs/2", "/pairs/2/send/delta"]));
      else expect(paths).toEqual(["/ownShare"]);
    }
  });

  it("in the finish, by another digest, and by another confirmation", () => {
    const fields: [string, "h2" | "kc"][] = [
      ["mpc/echo-mismatch", "h2"],
      ...(paired ? ([["mpc/confirmation-mismatch", "kc"]] as [string, "kc"][]) : []),
    ];
    for (const [code, field] of fields) {
      const [mine, theirs] = second();
      const [a, b] = [mine.send.get(peer), theirs.send.get(me)] as dkg.Round2Message[];
      const third = dkg.round3(mine.next, inbox(b));
      const honest = dkg.round3(theirs.next, collect([me], [[me, a as dkg.Round2Message]])).send.get(me) as dkg.Round3Message;
      const act = (held: Once<dkg.Round3State>) => dkg.finish(held, inbox({ ...honest, [field]: flipped(honest[field]) }));
      const paths = aborts(third.next, dkg.secretsOf, act, code);
      if (paired) expect(paths).toEqual(expect.arrayContaining(["/secret", "/pairs/2/pair/zeroSeed", "/pairs/2/expected"]));
      else expect(paths).toEqual(["/secret"]);
    }
  });
});

describe("an abort of a pair renewal", () => {
  const shares = makeKey([1, 2], 2, "aborts");
  const renewal: Renewal = { ends: [1, 2], generation: 1, seed: "aborts" };
  const first = (self: ShareIndex) =>
    renew.round1(renew.renewalContext(renewalSetup(shares, self, renewal)), (shares.get(self) as KeyShare).secret, bytesFrom(`1/${self}`));
  const second = (self: ShareIndex) => {
    const from = self === me ? peer : me;
    const message = first(from).send.get(self) as renew.Round1Message;
    return renew.round2(first(self).next, collect([from], [[from, message]]), bytesFrom(`2/${self}`));
  };
  const third = (self: ShareIndex) => {
    const from = self === me ? peer : me;
    return renew.round3(second(self).next, collect([from], [[from, second(from).send.get(self) as renew.Round2Message]]));
  };
  // Of the pair {1, 2}, 1 is S.
  const [ofS, ofR] = [["/start/a"], ["/start/choices", "/start/t"]];

  it("in round 2, by entropy that is none, and by a base OT of no points, at both ends", () => {
    for (const [self, from, paths, field] of [
      [me, peer, ofS, "list"],
      [peer, me, ofR, "a"],
    ] as const) {
      const honest = first(from).send.get(self) as renew.Round1Message;
      const lied = { ...honest, [field]: noPoint(honest[field].length) };
      for (const [message, entropy, code] of [
        [honest, new Uint8Array(32), "mpc/bad-setup"],
        [lied, bytesFrom("2"), "mpc/bad-message"],
      ] as const) {
        const act = (held: Once<renew.Round1State>) => renew.round2(held, collect([from], [[from, message]]), entropy);
        expect(aborts(first(self).next, renew.secretsOf, act, code)).toEqual(["/rho", ...paths]);
      }
    }
  });

  it("in round 3, by every kind of failure, at both ends", () => {
    for (const [self, from] of [
      [me, peer],
      [peer, me],
    ] as const) {
      const honest = second(from).send.get(self) as renew.Round2Message;
      const lies: [string, "h1" | "rho" | "x"][] = [
        ["mpc/echo-mismatch", "h1"],
        ["mpc/opening-mismatch", "rho"],
        ...(from === me ? ([["mpc/ot-check-failed", "x"]] as [string, "x"][]) : []),
      ];
      for (const [code, field] of lies) {
        const lied = { ...honest, [field]: flipped(honest[field]) };
        const act = (held: Once<renew.Round2State>) => renew.round3(held, collect([from], [[from, lied]]));
        const paths = aborts(second(self).next, renew.secretsOf, act, code);
        const pairs = self === me ? ["/cross/recv/pairs"] : [];
        expect(paths.sort()).toEqual([...pairs, "/cross/send/delta", "/cross/send/seeds", "/zs"]);
      }
    }
  });

  it("in the finish, by another digest, and by another confirmation", () => {
    const honest = third(peer).send.get(me) as renew.Round3Message;
    for (const [code, field] of [
      ["mpc/echo-mismatch", "h2"],
      ["mpc/confirmation-mismatch", "kc"],
    ] as const) {
      const act = (held: Once<renew.Round3State>) => renew.finish(held, inbox({ ...honest, [field]: flipped(honest[field]) }));
      const pair = ["/pair/recv/pairs", "/pair/send/delta", "/pair/send/seeds", "/pair/zeroSeed"];
      expect(aborts(third(me).next, renew.secretsOf, act, code).sort()).toEqual(["/expected", ...pair]);
    }
  });
});

describe("an abort of a signature or a presignature (DKLs23)", () => {
  let shares: ReadonlyMap<ShareIndex, KeyShare>;
  beforeAll(() => {
    shares = makeKey([1, 2], 2, "aborts");
  });
  const setup = (self: ShareIndex) => ({
    ...{ share: shares.get(self) as KeyShare, signers: parties, tweak: new Uint8Array(32) },
    ...{ nonce: nonceFrom("aborts", parties), burned: [] },
  });
  const quorum = (self: ShareIndex, digest: Uint8Array | undefined) => sign.openQuorum(setup(self), digest);
  const first = (digest: Uint8Array | undefined) => parties.map((self) => signRound1(quorum(self, digest), bytesFrom(`1/${self}`)));
  const checked = (digest: Uint8Array | undefined, lie = (honest: sign.Round1Message) => honest) => {
    const [mine, theirs] = first(digest) as [ReturnType<typeof signRound1>, ReturnType<typeof signRound1>];
    const [[a], [b]] = [mine.send.get(peer), theirs.send.get(me)] as [[sign.Round1Message], [sign.Round1Message]];
    return [sign.check(mine.next, inbox([lie(b)])).next, sign.check(theirs.next, collect([me], [[me, [a]]])).next] as const;
  };
  const second = (digest: Uint8Array | undefined) => {
    const [mine, theirs] = checked(digest);
    return [sign.round2(mine, bytesFrom("2/1")), sign.round2(theirs, bytesFrom("2/2"))] as const;
  };
  const digest = bytesFrom("digest");

  for (const [name, of] of [
    ["signing", digest],
    ["presigning", undefined],
  ] as const) {
    it(`${name}, in round 2, by a failed check of the OT extension and by entropy that is none`, () => {
      const [failed] = checked(of, (honest) => ({ ...honest, x: flipped(honest.x) }));
      const paths = aborts(failed, signSecrets, (held) => sign.round2(held, bytesFrom("2")), "mpc/ot-check-failed");
      expect(paths).toEqual(
        expect.arrayContaining([
          "/quorum/share",
          ...["phi", "r", "bobs/2/chi", "bobs/2/ot/choices", "bobs/2/ot/v"].map((name) => `/runs/0/${name}`),
        ]),
      );
      const [good] = checked(of);
      const all = aborts(good, signSecrets, (held) => sign.round2(held, new Uint8Array(32)), "mpc/bad-setup");
      expect(all).toEqual(expect.arrayContaining(["/runs/0/alices/2/delta", "/runs/0/alices/2/w"]));
    });

    it(`${name}, in round 3, by every kind of failure`, () => {
      const lies: [string, (honest: sign.Round2Message) => sign.Round2Message][] = [
        ["mpc/echo-mismatch", (honest) => ({ ...honest, h1: flipped(honest.h1) })],
        ["mpc/opening-mismatch", (honest) => ({ ...honest, rho: flipped(honest.rho) })],
        ["mpc/bad-message", (honest) => ({ ...honest, pk: noPoint(64) })],
        ["mpc/mul-check-failed", (honest) => ({ ...honest, mu: flipped(honest.mu) })],
      ];
      for (const [code, lie] of lies) {
        const [mine, theirs] = second(of);
        const message = (theirs.send.get(me) as readonly sign.Round2Message[]).map(lie);
        const act = (held: Once<sign.Round2State>) =>
          of === undefined ? combine(held, inbox(message)) : sign.round3(held, inbox(message));
        expect(aborts(mine.next, signSecrets, act, code)).toEqual(
          expect.arrayContaining(["phi", "r", "sk", "cu", "cv"].map((name) => `/runs/0/${name}`)),
        );
      }
    });
  }

  it("signing, in the finish, by a part that is not below the order and by one that makes no signature", () => {
    for (const [lied, code] of [
      [noPoint(32), "mpc/bad-message"],
      [bytesFrom("another part").fill(0, 0, 1), "mpc/signature-invalid"],
    ] as const) {
      const [mine, theirs] = second(digest);
      const [a, b] = [mine.send.get(peer), theirs.send.get(me)] as [sign.Round2Message[], sign.Round2Message[]];
      const third = sign.round3(mine.next, inbox(b));
      const { u } = sign.round3(theirs.next, collect([me], [[me, a]])).send.get(me)?.[0] ?? { u: noPoint(0) };
      const act = (held: typeof third.next) => onlyOutput(signFinish(held, inbox([{ w: lied, u }])));
      expect(aborts(third.next, signSecrets, act, code)).toEqual(["/runs/0/w", "/runs/0/u"]);
    }
  });

  it("an online step, by another setup and by a message for another intent", () => {
    const machines = new Map(parties.map((self) => [self, presignMachine(setup(self))]));
    const outcomes = runSession(machines, { seed: "aborts/presign" });
    const take = (self: ShareIndex) => takePresignature(outputOf(outcomes, self).presignature.slice());
    const { epoch } = (shares.get(me) as KeyShare).record;
    const about = {
      id: outputOf(outcomes, me).id,
      signers: parties,
      epoch,
      digest,
      tweak: new Uint8Array(32),
      intent: bytesFrom("intent"),
    };
    const taken = take(me);
    const secrets = ({ phi, u, v }: { phi: Erasable; u: Erasable; v: Erasable }) => [phi, u, v];
    const open = (held: typeof taken) => online1(held, { ...about, epoch: bytesFrom("another epoch") });
    expect(aborts(taken, secrets, open, "mpc/presignature-stale").filter((path) => /phi|u|v/.test(path)).length).toBeGreaterThan(2);

    const { next } = online1(take(me), about);
    const other = online1(take(peer), { ...about, intent: bytesFrom("another intent") }).send.get(me);
    const paths = aborts(
      next,
      ({ w, u }) => [w, u],
      (held) => onlineFinish(held, inbox(other)),
      "mpc/context-mismatch",
    );
    expect(paths).toEqual(["/w", "/u"]);
  });
});

describe.each(schemes)("an abort of a signature (%s)", (scheme) => {
  const quorum = (self: ShareIndex) => {
    const share = makeFrostKey(scheme, [1, 2], 2, "aborts").get(self) as FrostKeyShare;
    return frostSign.openQuorum({ share, signers: parties, message: bytesFrom("message"), nonce: nonceFrom("aborts", parties) });
  };
  const first = (self: ShareIndex) => frostSign.round1(quorum(self), bytesFrom(`1/${self}`));

  it("in round 2, by a commitment that is no element", () => {
    const [honest] = first(peer).send.get(me) as [frostSign.Round1Message];
    const lied = { ...honest, binding: noPoint(honest.binding.length) };
    const secrets = ({ quorum: { share }, runs }: frostSign.Round1State) => [
      share,
      ...runs.flatMap(({ nonces }) => [nonces.hiding, nonces.binding]),
    ];
    const act = (held: Once<frostSign.Round1State>) => frostSign.round2(held, inbox([lied]));
    const nonces = ["/runs/0/nonces/hiding", "/runs/0/nonces/binding"];
    expect(aborts(first(me).next, secrets, act, "mpc/bad-message")).toEqual(["/quorum/share", ...nonces]);
  });

  it("in the finish, by a share of the signature that does not fit", () => {
    const [mine, theirs] = [first(me), first(peer)];
    const [a, b] = [mine.send.get(peer), theirs.send.get(me)] as [frostSign.Round1Message[], frostSign.Round1Message[]];
    const second = frostSign.round2(mine.next, inbox(b));
    const [{ h1 }] = frostSign.round2(theirs.next, collect([me], [[me, a]])).send.get(me) as [frostSign.Round2Message];
    const act = (held: Once<frostSign.Round2State>) => onlyOutput(frostSign.finish(held, inbox([{ h1, z: new Uint8Array(32) }])));
    const secrets = ({ runs }: frostSign.Round2State) => runs.flatMap(({ answer }) => ("output" in answer ? [answer.output.z] : []));
    expect(aborts(second.next, secrets, act, "mpc/bad-partial-signature")).toEqual(["/runs/0/answer/output/z"]);
  });
});

describe.each(dkgSuites)("an abort of a share repair ($scheme)", (suite) => {
  const [helpers, receiver] = [parties, idx(3)];
  const shares = makeKeyOf(suite, [1, 2, 3], 2, "aborts");
  const about = { helpers, receiver, seed: "aborts" };
  const opened = (self: ShareIndex) => repair.openRepair(familyOf(suite), repairSetup(suite, shares, about, self));
  const first = (self: ShareIndex) => {
    const { context, share } = opened(self);
    return repair.round1(context, share as NonNullable<typeof share>, bytesFrom(`1/${self}`));
  };

  it("in round 2, by every kind of failure of another's row", () => {
    const honest = first(peer).send.get(me) as repair.Round1Message;
    const lies: [string, repair.Round1Message][] = [
      ["mpc/bad-message", { ...honest, D: noPoint(honest.D.length) }],
      ["mpc/bad-message", { ...honest, delta: noPoint(32) }],
      ["mpc/bad-share", { ...honest, delta: honest.delta.map((byte, k) => (k === 15 ? byte ^ 1 : byte)) }],
      ["mpc/dealer-mismatch", { ...honest, D: (first(me).send.get(peer) as repair.Round1Message).D }],
    ];
    for (const [code, lied] of lies) {
      const act = (mine: Once<repair.HelperState>) => repair.round2(mine, inbox(lied));
      expect(aborts(first(me).next, ({ delta }) => [delta], act, code)).toEqual(["/delta"]);
    }
  });

  it("of the share that came out and is not the one of its public share", () => {
    const { context } = opened(receiver);
    const [a, b] = helpers.map((self) => first(self)) as [ReturnType<typeof first>, ReturnType<typeof first>];
    const to = (of: typeof a, j: ShareIndex) => of.send.get(j) as repair.Round1Message;
    const rows = collect(helpers, [
      [me, to(a, receiver)],
      [peer, to(b, receiver)],
    ]);
    const held = repair.receive(context, rows).take();
    const sums = [repair.round2(a.next, inbox(to(b, me))), repair.round2(b.next, collect([me], [[me, to(a, peer)]]))].map(
      (send, k) => [helpers[k] as ShareIndex, send.get(receiver) as repair.Round2Message] as const,
    );
    const kept: Erasable[] = [];
    class Watched extends Once<repair.ReceiverState> {
      override use<T>(round: Parameters<Once<repair.ReceiverState>["use"]>[0]): T {
        return super.use((state, keep) =>
          round(state, (secret) => {
            kept.push(secret);
            return keep(secret);
          }),
        ) as T;
      }
    }
    const publicShares = new Map([...context.publicShares, [receiver, suite.group.identity]]);
    const mine = new Watched({ ...held, context: { ...context, publicShares } }, []);
    expect(() => repair.finish(mine, collect(helpers, sums))).toThrowError(expect.objectContaining({ code: "mpc/invariant" }));
    expect(kept.map((secret) => [secret.length, secret.every((each) => each === 0)])).toEqual([[32, true]]);
  });
});

describe("a machine that ends before its round", () => {
  /** Makes a machine of one exchange, whose state counts how often it was wiped. */
  function counting(): { readonly machine: Machine<string>; readonly wiped: () => number } {
    let count = 0;
    const wipe = () => {
      count++;
    };
    const exchange: Stage<string> = {
      kind: "exchange",
      round: 1,
      outbox: new Map(),
      deliver: () => {
        throw new RangeError("a body of the wrong length");
      },
      wipe,
    };
    const about = { protocol: "sign", sid: new Uint8Array(32), peers: [peer], rounds: 1, bodyBytes: () => 0 } as const;
    return { machine: sequence(about, { start: () => exchange, wipe }), wiped: () => count };
  }
  const entropy = bytesFrom("entropy");

  it("wipes its state: a body that cannot be read, entropy that is none, a call out of turn, and a driver that gives up", () => {
    const endings: ((machine: Machine<string>) => void)[] = [
      (machine) => {
        machine.start(entropy);
        machine.deliver(new Map(), entropy);
      },
      (machine) => machine.start(new Uint8Array(32)),
      (machine) => machine.resume(entropy),
      (machine) => {
        machine.start(entropy);
        machine.wipe();
        machine.deliver(new Map(), entropy);
      },
    ];
    for (const end of endings) {
      const { machine, wiped } = counting();
      expect(() => end(machine)).toThrowError();
      expect(wiped()).toBe(1);
      expect(() => machine.start(entropy)).toThrowError(expect.objectContaining({ code: "mpc/round-already-used" }));
      expect(wiped()).toBe(1);
    }
  });

  it("every machine can be wiped at any time, and is dead then", () => {
    const shares = makeKey([1, 2], 2, "aborts");
    const [share, nonce] = [shares.get(me) as KeyShare, nonceFrom("wipe", parties)];
    const signing = { signers: parties, nonce, tweak: new Uint8Array(32), burned: [] };
    const machines: Machine<unknown>[] = [
      keygenMachine(keygenSetup(parties, 2, me, "wipe"), bytesFrom("own")),
      signMachine({ ...signing, share, digest: bytesFrom("digest") }),
      presignMachine({ ...signing, share }),
      signBatchMachine({ ...signing, share, items: [{ ...signing, digest: bytesFrom("digest") }] }),
      presignBatchMachine({ ...signing, share, items: [signing] }),
      ...schemes.flatMap((scheme) => {
        const mine = makeFrostKey(scheme, [1, 2], 2, "aborts").get(me) as FrostKeyShare;
        const frostSetup = { share: mine, signers: parties, message: bytesFrom("message"), nonce };
        return [
          frostKeygenMachine(scheme, keygenSetup(parties, 2, me, "wipe"), bytesFrom("own")),
          frostSignMachine(frostSetup),
          frostSignBatchMachine({ ...frostSetup, items: [frostSetup] }),
          frostPreprocessMachine({ ...frostSetup, count: 2 }),
        ];
      }),
    ];
    const repairs = dkgSuites.map((suite) => [suite, makeKeyOf(suite, [1, 2, 3], 2, "aborts")] as const);
    for (const [suite, of] of repairs)
      machines.push(...repairMachines(suite, of, { helpers: parties, receiver: idx(3), seed: "wipe" }).values());
    for (const machine of machines) {
      machine.start(entropy);
      machine.wipe();
      expect(() => machine.deliver(new Map(), entropy)).toThrowError(expect.objectContaining({ code: "mpc/round-already-used" }));
    }
  });
});
