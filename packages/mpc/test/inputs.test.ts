// Callers of plain JavaScript may hand in anything. Text, other arrays and look-alikes are never
// taken for bytes, in any field of any public function.
import { runInNewContext } from "node:vm";
import { CovaultError } from "@covault/errors";
import { beforeAll, describe, expect, it } from "vitest";
import { keygenMachine, keyIdOf, sessionNonce, signMachine } from "../src/dkls23/index.ts";
import { frostSignMachine } from "../src/frost/index.ts";
import { type Machine, shareIndex } from "../src/protocol/driver.ts";
import { entries } from "./entries.ts";
import { makeKey as makeFrostKey, membersOf } from "./frost/cast.ts";
import { bytesFrom, hex, idx, makeKey, nonceFrom, signMachines } from "./simulation.ts";

type Step = string | number;
const plain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !(value instanceof Uint8Array || value instanceof Map || Array.isArray(value));

/** Gives every place in a value, itself first. */
function* places(value: unknown, path: readonly Step[] = []): Generator<readonly [readonly Step[], unknown]> {
  yield [path, value];
  const inside: Iterable<readonly [Step, unknown]> =
    value instanceof Map || Array.isArray(value) ? [...value.entries()].slice(0, 2) : plain(value) ? Object.entries(value) : [];
  for (const [step, each] of inside) yield* places(each, [...path, step]);
}

/** Gives a copy, bytes and all, with something else at `path`. */
function replaced(value: unknown, [step, ...path]: readonly Step[], other: unknown): unknown {
  const each = ([at, inner]: readonly [Step, unknown]) =>
    [at, at === step ? (path.length > 0 ? replaced(inner, path, other) : other) : copied(inner)] as const;
  if (value instanceof Map) return new Map([...value].map(each));
  if (Array.isArray(value)) return [...value.entries()].map((entry) => each(entry)[1]);
  return Object.fromEntries(Object.entries(value as object).map(each));
}
const copied = (value: unknown): unknown =>
  value instanceof Uint8Array
    ? value.slice()
    : value instanceof Map || Array.isArray(value) || plain(value)
      ? replaced(value, [], 0)
      : value;

const SECRET = "s3cret text of 32 characters....";
const lookAlikes: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  text: SECRET,
  "an empty text": "",
  "a number": 32,
  "an array": new Array(32).fill(7),
  Int8Array: new Int8Array(32).fill(7),
  Uint16Array: new Uint16Array(32).fill(7),
  Uint8ClampedArray: new Uint8ClampedArray(32).fill(7),
  DataView: new DataView(new ArrayBuffer(32)),
  ArrayBuffer: new ArrayBuffer(32),
  "a look-alike": { length: 32, 0: 7 },
  "one that says it is": { length: 32, [Symbol.toStringTag]: "Uint8Array" },
};
const others: Record<string, unknown> = {
  null: null,
  text: "1",
  "a float": 1.5,
  NaN: Number.NaN,
  "a negative": -1,
  infinity: 1 / 0,
  large: 2 ** 40,
  bigint: 2n,
};
const shapeless: Record<string, unknown> = { undefined: undefined, null: null, text: "x", "a number": 7, true: true };

/** Gives what is wrong in the place of a value. */
function wrongFor(value: unknown, optional: boolean): Record<string, unknown> {
  const { undefined: missing, ...some } = value instanceof Uint8Array ? lookAlikes : shapeless;
  const absent = optional ? {} : { undefined: missing };
  if (value instanceof Uint8Array) return { ...absent, ...some };
  if (typeof value === "number") return { ...absent, ...others };
  if (typeof value === "string") return { ...absent, null: null, "a number": 7, "another text": "another" };
  if (typeof value === "boolean") return { ...absent, null: null, false: false, text: "true", "a number": 1 };
  if (value instanceof Map) return { ...absent, ...some, "an array": [], "a look-alike": { size: 1, entries: () => [] } };
  if (Array.isArray(value)) return { ...absent, ...some, "a look-alike": { length: 2, 0: 1, 1: 2 } };
  return { ...absent, ...some };
}
/** The fields that may be left out, whatever object has them. */
const optionals = new Set(["own", "dealers", "tweak", "merkleRoot", "pairs", "pairIds", "exposed", "secretKey", "seed"]);

function refusal(act: () => unknown): CovaultError | string {
  try {
    act();
    return "was taken";
  } catch (error) {
    return error instanceof CovaultError ? error : `threw ${error}`;
  }
}

describe.each(entries)("%s", (_, functions, callsOf) => {
  const names = Object.keys(functions).filter((name) => typeof functions[name] === "function" && name !== "CovaultError");
  let calls: ReturnType<typeof callsOf>;
  beforeAll(() => {
    calls = callsOf();
  });
  it("has no function that is not gone through here", () => expect(Object.keys(calls).sort()).toEqual(names.sort()));

  it.each(names)("%s takes no wrong value in any field, and says in which", (name) => {
    const call = functions[name] as (...args: unknown[]) => unknown;
    const found: string[] = [];
    for (const args of calls[name] ?? []) {
      call(...(copied(args) as unknown[]));
      for (const [path, value] of [...places(args)].slice(1)) {
        if (value === undefined) continue;
        const last = path.at(-1) as Step;
        const optional = optionals.has(String(last)) || (path.length === 1 && path[0] !== 0);
        for (const [what, wrong] of Object.entries(wrongFor(value, optional))) {
          const error = refusal(() => call(...(replaced(args, path, wrong) as unknown[])));
          const where = `${path.join(".")} = ${what}`;
          if (typeof error === "string") found.push(`${where}: ${error}`);
          else if (error.kind !== "usage") found.push(`${where}: ${error.code}`);
          else if (error.message.includes("s3cret")) found.push(`${where}: shows what came: ${error.message}`);
          else if (typeof last === "string" && path.length > 1 && last !== "scheme" && !error.message.includes(last))
            found.push(`${where}: does not name it: ${error.message}`);
        }
      }
    }
    expect(found).toEqual([]);
  });
});

describe("a machine", () => {
  const machine = (): Machine<unknown> => {
    const shares = makeKey([1, 2], 2, "inputs");
    return signMachines(shares, { signers: [1, 2].map(idx), digest: bytesFrom("digest"), seed: "inputs" }).get(idx(1)) as Machine<unknown>;
  };
  const { undefined: _, ...wrong } = lookAlikes;
  it.each(Object.entries(wrong))("takes no %s for entropy or for a peer's body, and blames nobody for it", (_, value) => {
    const blamesNobody = expect.objectContaining({ code: "mpc/bad-setup", culprits: [] });
    expect(() => machine().start(value as never)).toThrowError(blamesNobody);
    const keyed = typeof value === "number" ? [] : [new Map([[value, bytesFrom("body")]])];
    for (const inbox of [value, new Map([[idx(2), value]]), ...keyed]) {
      const started = machine();
      started.start(bytesFrom("entropy"));
      expect(() => started.deliver(inbox as never, bytesFrom("entropy"))).toThrowError(blamesNobody);
    }
  });
});

describe("the message of a refusal", () => {
  const refused = (act: () => unknown, message: string): void =>
    expect(act).toThrowError(expect.objectContaining({ code: "mpc/bad-setup", message }));
  const setup = () => ({
    share: makeKey([1, 2], 2, "inputs").get(idx(1)) as never,
    signers: [1, 2].map(idx),
    tweak: new Uint8Array(32),
    nonce: bytesFrom("n"),
    burned: [],
  });

  it("says what was expected and what came: a text by its length alone, what is public in quotes", () => {
    refused(
      () => signMachine({ ...setup(), digest: "1a79a4d60de6718e8e5b326e338ae533" as never }),
      "digest: expected 32 bytes, got a string of 32 characters",
    );
    refused(
      () => signMachine({ ...setup(), digest: new Int8Array(32) as never }),
      "digest: expected 32 bytes, got a typed array (Int8Array)",
    );
    refused(
      () => keygenMachine({ threshold: 2, members: membersOf([1, 2].map(idx)), self: idx(1) } as never),
      "nonce: expected 32 bytes, got undefined",
    );
    refused(() => keygenMachine(undefined as never), "setup: expected an object with self, threshold, members, nonce, got undefined");
    refused(() => shareIndex("1" as never), 'share index: expected an integer in 1..65535, got "1"');
    const share = makeFrostKey("eddsa-ed25519", [1, 2], 2, "inputs").get(idx(1)) as never;
    const { burned: _, tweak: __, ...signing } = setup();
    refused(
      () => frostSignMachine({ ...signing, share, message: "pay Bob" as never }),
      "message: expected bytes (Uint8Array), got a string of 7 characters",
    );
    refused(
      () => keyIdOf("ECDSA" as never, new Uint8Array(33), new Uint8Array(32)),
      'scheme: expected ecdsa-secp256k1 or schnorr-bip340 or eddsa-ed25519, got "ECDSA"',
    );
  });

  it("of a session nonce says whose contribution is none, or that there are too few", () => {
    refused(() => sessionNonce(new Map()), "contributions: expected those of at least 2 participants, got 0");
    refused(() => sessionNonce(new Map([[idx(1), bytesFrom("alone")]])), "contributions: expected those of at least 2 participants, got 1");
    refused(
      () =>
        sessionNonce(
          new Map([
            [idx(1), "text" as never],
            [idx(2), bytesFrom("2")],
          ]),
        ),
      "contributions of party 1: expected 32 bytes, got a string of 4 characters",
    );
    refused(
      () =>
        sessionNonce(
          new Map([
            [idx(1), bytesFrom("1")],
            [idx(2), new Uint8Array(31)],
          ]),
        ),
      "contributions of party 2: expected 32 bytes, got 31 bytes",
    );
    refused(() => sessionNonce([[idx(1), bytesFrom("1")]] as never), "contributions: expected a Map by share index, got an array of 1");
  });
});

describe("bytes", () => {
  it("of another realm, in a Buffer or in a part of a pool are bytes", () => {
    const parties = [1, 2].map(idx);
    const nonce = nonceFrom("realms", parties);
    const setup = { self: idx(1), threshold: 2, members: membersOf(parties), nonce };
    const foreign = runInNewContext("Uint8Array.from(bytes)", { bytes: [...nonce] }) as Uint8Array;
    expect(foreign).not.toBeInstanceOf(Uint8Array);
    const pool = Buffer.allocUnsafe(64).fill(nonce, 16, 48).subarray(16, 48);
    const shared = new Uint8Array(new SharedArrayBuffer(32));
    shared.set(nonce);
    const map = runInNewContext("new Map(entries)", {
      entries: [
        [1, foreign],
        [2, pool],
      ],
    }) as ReadonlyMap<never, Uint8Array>;
    expect(hex(sessionNonce(map))).toBe(
      hex(
        sessionNonce(
          new Map([
            [idx(1), nonce],
            [idx(2), nonce],
          ]),
        ),
      ),
    );
    const sids = [nonce, foreign, Buffer.from(nonce), pool, shared].map((each) => hex(keygenMachine({ ...setup, nonce: each }).sid));
    expect(new Set(sids).size).toBe(1);
  });

  it("whose memory was given away are refused", () => {
    const bytes = new Uint8Array(32).fill(1);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    expect(
      refusal(() =>
        sessionNonce(
          new Map([
            [idx(1), bytes],
            [idx(2), bytesFrom("2")],
          ]),
        ),
      ),
    ).toMatchObject({ code: "mpc/bad-setup" });
  });
});
