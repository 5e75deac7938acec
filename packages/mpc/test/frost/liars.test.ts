// The tests have one row per field of every message × lie: what the honest receiver reports, which
// party it blames, and what follows. In FROST nothing burns, since a share that failed a check has
// told nobody anything.
import { CovaultError } from "@covault/errors";
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import * as keygen from "../../src/dkg/index.ts";
import { frostImportMachine, frostKeygenMachine, frostPublicKey, frostSignMachine, type Scheme } from "../../src/frost/index.ts";
import * as sign from "../../src/frost/sign/index.ts";
import { suiteOf } from "../../src/frost/suite/index.ts";
import { type Layout, layoutBytes } from "../../src/protocol/encoding/layout.ts";
import type { Machine, ShareIndex } from "../../src/protocol/index.ts";
import { bytesFrom, idx, nonceFrom } from "../simulation.ts";
import { keygenSetup, makeKey, schemes } from "./cast.ts";

const parties = [1, 2].map(idx);
const liar = idx(2);
const victim = idx(1);

type Kind = "bytes" | "element" | "scalar" | "proof";
const lies = ["flip", "other", "zero", "non-canonical", "identity", "small order", "torsion", "off curve", "replay"] as const;
type Lie = (typeof lies)[number];

/**
 * Changes the first element or scalar of a field, by scheme. Gives undefined when this lie does not
 * exist there.
 */
function lie(name: Lie, scheme: Scheme, kind: Kind, value: Uint8Array, old: Uint8Array): Uint8Array | undefined {
  const element = kind === "element" || kind === "proof";
  const size = element ? suiteOf(scheme).group.elementBytes : 32;
  const [head, tail] = [value.subarray(0, size), value.subarray(size)];
  const put = (bytes: Uint8Array): Uint8Array => Uint8Array.of(...bytes, ...tail);
  const edwards = scheme === "eddsa-ed25519";
  const random = bytesFrom(`${name}/${scheme}`);
  switch (name) {
    case "flip":
      return put(head.with(5, (head[5] as number) ^ 16));
    case "zero":
      return new Uint8Array(value.length);
    case "replay":
      return old;
    case "other":
      if (!element) return put(kind === "scalar" ? random.map((byte) => byte & 15) : random);
      return put(edwards ? ed25519.getPublicKey(random) : secp256k1.getPublicKey(random));
    case "non-canonical":
      return kind === "bytes" ? undefined : put(new Uint8Array(size).fill(255).with(0, element && !edwards ? 2 : 255));
    case "identity":
      return element ? put(edwards ? Uint8Array.of(1, ...new Uint8Array(31)) : new Uint8Array(33)) : undefined;
    case "small order":
      return element && edwards
        ? put(ed25519.Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a").toBytes())
        : undefined;
    case "torsion": {
      if (!element || !edwards) return undefined;
      const T = ed25519.Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
      return put(ed25519.Point.fromBytes(head).add(T).toBytes());
    }
    case "off curve":
      return element ? put(edwards ? Uint8Array.of(2, ...new Uint8Array(31)) : Uint8Array.of(2, ...new Uint8Array(31), 5)) : undefined;
  }
}

interface Expected {
  readonly code: string;
  readonly blamed: boolean;
}
const echo: Expected = { code: "mpc/echo-mismatch", blamed: false };
const malformed: Expected = { code: "mpc/bad-message", blamed: true };
const opening: Expected = { code: "mpc/opening-mismatch", blamed: true };
const badShare: Expected = { code: "mpc/bad-share", blamed: true };
const partial: Expected = { code: "mpc/bad-partial-signature", blamed: true };
const proof: Expected = { code: "mpc/bad-proof", blamed: true };

interface Row {
  readonly round: number;
  readonly field: string;
  readonly kind: Kind;
  readonly expected: Expected;
  readonly except?: Partial<Record<Lie, Expected>>;
}

interface Protocol {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly layouts: (scheme: Scheme) => readonly Layout<string>[];
  readonly machine: (scheme: Scheme, self: ShareIndex, seed: string) => Machine<unknown>;
}

// A value that decodes is passed on to the echo. Another element, or the same one with torsion,
// only shows that the two saw different bytes.
const notAnElement = { zero: malformed, identity: malformed, "non-canonical": malformed, "small order": malformed, "off curve": malformed };
// These are the messages of a dealer in the three rounds.
const dealing: readonly Row[] = [
  { round: 1, field: "com", kind: "bytes", expected: echo },
  { round: 2, field: "h1", kind: "bytes", expected: echo },
  { round: 2, field: "f", kind: "element", expected: opening },
  { round: 2, field: "cc", kind: "bytes", expected: opening },
  { round: 2, field: "rho", kind: "bytes", expected: opening },
  { round: 2, field: "pok", kind: "proof", expected: proof },
  { round: 2, field: "share", kind: "scalar", expected: badShare, except: { "non-canonical": malformed } },
  { round: 3, field: "h2", kind: "bytes", expected: echo },
];
const dealt = (context: keygen.DkgContext): readonly Layout<string>[] => [
  keygen.round1Layout(context, liar, victim),
  keygen.round2Layout(context, liar, victim),
  keygen.round3Layout(context, liar, victim),
];
const imported = { scalar: bytesFrom("imported by a liar").map((byte) => byte & 127) };
const importSetup = (scheme: Scheme, self: ShareIndex, seed: string) => ({
  ...keygenSetup(parties, 2, self, seed),
  importer: liar,
  receivers: parties,
  publicKey: frostPublicKey(scheme, imported),
  chain: bytesFrom(`chain/${seed}`),
  epochNumber: 1,
});
const protocols: readonly Protocol[] = [
  {
    name: "key generation",
    rows: dealing,
    layouts: (scheme) => dealt(keygen.keygenContext(suiteOf(scheme), keygenSetup(parties, 2, liar, "liars"))),
    machine: (scheme, self, seed) => frostKeygenMachine(scheme, keygenSetup(parties, 2, self, seed)),
  },
  {
    name: "import",
    rows: dealing,
    layouts: (scheme) => dealt({ ...keygen.keygenContext(suiteOf(scheme), keygenSetup(parties, 2, liar, "liars")), dealers: [liar] }),
    machine: (scheme, self, seed) => frostImportMachine(scheme, importSetup(scheme, self, seed), self === liar ? imported : undefined),
  },
  {
    name: "signing",
    rows: [
      { round: 1, field: "hiding", kind: "element", expected: echo, except: notAnElement },
      { round: 1, field: "binding", kind: "element", expected: echo, except: notAnElement },
      { round: 2, field: "h1", kind: "bytes", expected: echo },
      { round: 2, field: "z", kind: "scalar", expected: partial, except: { "non-canonical": malformed } },
    ],
    layouts: (scheme) => [sign.round1Layout(suiteOf(scheme)), sign.round2Layout],
    machine: (scheme, self, seed) => {
      const share = makeKey(scheme, [1, 2], 2, "liars").get(self);
      if (share === undefined) throw new Error("no share");
      return frostSignMachine({ share, signers: parties, message: bytesFrom("liars"), nonce: nonceFrom(seed, parties) });
    },
  },
];

/**
 * Runs both parties, and passes the liar's body of `round` through `change`. Gives the victim's
 * error, or what it got.
 */
function run(protocol: Protocol, scheme: Scheme, seed: string, round: number, change: (body: Uint8Array) => Uint8Array | undefined) {
  const [mine, theirs] = [protocol.machine(scheme, victim, seed), protocol.machine(scheme, liar, seed)];
  const bodies: Uint8Array[] = [];
  try {
    let [a, b] = [mine.start(bytesFrom(`${seed}/a/0`)), theirs.start(bytesFrom(`${seed}/b/0`))];
    for (let now = 1; now <= mine.rounds; now++) {
      if (a.kind !== "exchange" || b.kind !== "exchange") throw new Error("expected an exchange");
      const sent = b.outbox.get(victim) as Uint8Array;
      bodies.push(sent);
      const arrived = now === round ? change(sent.slice()) : sent;
      const own = a.outbox.get(liar) as Uint8Array;
      a = mine.deliver(new Map(arrived === undefined ? [] : [[liar, arrived]]), bytesFrom(`${seed}/a/${now}`));
      if (now < mine.rounds) b = theirs.deliver(new Map([[victim, own]]), bytesFrom(`${seed}/b/${now}`));
    }
    return { output: a.kind === "done" ? a.output : undefined, bodies };
  } catch (error) {
    if (!(error instanceof CovaultError)) throw error;
    return { error, bodies };
  }
}

for (const scheme of schemes)
  for (const protocol of protocols)
    describe(`${scheme}, ${protocol.name}`, () => {
      const layouts = protocol.layouts(scheme);
      const earlier = run(protocol, scheme, "earlier", 0, (body) => body).bodies;

      it("finishes if nobody lies", () => {
        expect(run(protocol, scheme, "now", 0, (body) => body).output).toBeDefined();
      });

      it("has rows for every field of every message", () => {
        const there = (layout: Layout<string>) => Object.keys(layout).filter((field) => (layout[field] as number) > 0);
        const fields = layouts.flatMap((layout, k) => there(layout).map((field) => `${k + 1}.${field}`));
        expect(protocol.rows.map(({ round, field }) => `${round}.${field}`)).toEqual(fields);
      });

      for (const { round, field, kind, expected, except } of protocol.rows) {
        const layout = layouts[round - 1] as Layout<string>;
        const names = Object.keys(layout);
        const at = names.slice(0, names.indexOf(field)).reduce((sum, name) => sum + (layout[name] as number), 0);
        const end = at + (layout[field] as number);
        for (const name of lies) {
          const old = earlier[round - 1] as Uint8Array;
          // A lie exists for a field or not whatever its value is, so a valid element takes the
          // value's place.
          const valid = scheme === "eddsa-ed25519" ? ed25519.Point.BASE.toBytes() : secp256k1.Point.BASE.toBytes();
          if (lie(name, scheme, kind, Uint8Array.of(...valid, ...new Uint8Array(end - at)), old) === undefined) continue;
          // Half of all x have no point, so what a flipped bit becomes depends on the value.
          const either = name === "flip" && (kind === "element" || kind === "proof");
          const { code, blamed } = except?.[name] ?? expected;
          it(`R${round}.${field}, ${name}: ${code}${either ? " or mpc/bad-message" : ""}${blamed ? ", blames the liar" : ", blames nobody"}`, () => {
            const { error } = run(protocol, scheme, "now", round, (body) => {
              body.set(lie(name, scheme, kind, body.subarray(at, end), old.subarray(at, end)) as Uint8Array, at);
              return body;
            });
            if (either && error?.code === "mpc/bad-message") expect(error.culprits).toEqual([liar]);
            else {
              expect(error?.code).toBe(code);
              expect(error?.culprits).toEqual(blamed ? [liar] : []);
            }
            expect(error?.consequence).toBe(error?.culprits.length === 0 ? undefined : "retry");
          });
        }
      }

      for (let round = 1; round <= layouts.length; round++) {
        const whole = {
          truncated: (body: Uint8Array) => body.subarray(0, -1),
          extended: (body: Uint8Array) => Uint8Array.of(...body, 0),
          empty: () => new Uint8Array(0),
        };
        for (const [name, change] of Object.entries(whole))
          it(`R${round}, ${name}: mpc/bad-message, blames the liar`, () => {
            const { error } = run(protocol, scheme, "now", round, change);
            expect([error?.code, error?.culprits, error?.consequence]).toEqual(["mpc/bad-message", [liar], "retry"]);
          });
        it(`R${round}, dropped: no round runs on an incomplete inbox`, () => {
          expect(run(protocol, scheme, "now", round, () => undefined).error?.code).toBe("mpc/incomplete-inbox");
        });
        it(`R${round}, replaced by the message of another session: an echo differs, nobody is blamed`, () => {
          const { error } = run(protocol, scheme, "now", round, () => earlier[round - 1]);
          expect([error?.code, error?.culprits]).toEqual(["mpc/echo-mismatch", []]);
        });
        it(`R${round} has the length that a driver is told`, () => {
          expect(protocol.machine(scheme, victim, "now").bodyBytes(round, liar)).toBe(layoutBytes(layouts[round - 1] as Layout<string>));
        });
      }
    });

describe("several liars at once", () => {
  it.each(schemes)("%s: everybody whose share is wrong is named, and nobody else", (scheme) => {
    const shares = makeKey(scheme, [1, 2, 3, 4, 5], 4, "several");
    const signers = [1, 2, 4, 5].map(idx);
    const machines = signers.map((self) => ({
      self,
      machine: frostSignMachine({
        share: shares.get(self) as never,
        signers,
        message: bytesFrom("several"),
        nonce: nonceFrom("several", signers),
      }),
    }));
    const exchange = (turns: ReadonlyMap<ShareIndex, ReturnType<Machine<unknown>["start"]>>, to: ShareIndex, spoil: boolean) =>
      new Map(
        [...turns].flatMap(([from, turn]) => {
          if (from === to || turn.kind !== "exchange") return [];
          const body = (turn.outbox.get(to) as Uint8Array).slice();
          // The lowest bits of z are changed, wherever the suite has them. ±1 and ±2 do not cancel,
          // or the signature would be right.
          const low = scheme === "eddsa-ed25519" ? 32 : 63;
          if (spoil && (from === 2 || from === 5)) body[low] = (body[low] as number) ^ (from === 2 ? 1 : 2);
          return [[from, body] as const];
        }),
      );
    const first = new Map(machines.map(({ self, machine }) => [self, machine.start(bytesFrom(`several/${self}`))]));
    const second = new Map(machines.map(({ self, machine }) => [self, machine.deliver(exchange(first, self, false), bytesFrom("x"))]));
    const victimMachine = machines[0]?.machine as Machine<unknown>;
    expect(() => victimMachine.deliver(exchange(second, idx(1), true), bytesFrom("y"))).toThrow(
      expect.objectContaining({ code: "mpc/bad-partial-signature", culprits: [2, 5], consequence: "retry" }),
    );
  });
});
