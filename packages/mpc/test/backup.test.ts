// The verifiable encrypted backup of a share opens to the share, anybody sees that it will, and
// nothing else passes.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { beforeAll, describe, expect, it } from "vitest";
import { type BackupStatement, openSealedShare, SEALED_BYTES, sealShare, verifySealedShare } from "../src/backup/index.ts";
import { type Run, runOf } from "../src/backup/runs.ts";
import { answer } from "../src/backup/seal.ts";
import { CLOSED, closedRuns, labelOf, openStatement, RUNS } from "../src/backup/statement.ts";
import { encodeRecord } from "../src/dkls23/index.ts";
import { encodeFrostRecord } from "../src/frost/index.ts";
import { type Scalar, suites } from "../src/frost/suite/index.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { makeKey as makeFrostKey } from "./frost/cast.ts";
import { bytesFrom, hex, idx, makeKey } from "./simulation.ts";

const recipientKey = bytesFrom("recipient");
const recipient = secp256k1.getPublicKey(recipientKey);
const refused = (act: () => unknown, code = "mpc/bad-backup"): void => expect(act).toThrowError(expect.objectContaining({ code }));
const one = idx(1);
type Holders = readonly { readonly index: ShareIndex; readonly publicShare: Uint8Array }[];
const publicShareOf = (holders: Holders): Uint8Array => (holders[0] as Holders[number]).publicShare;

interface Case {
  readonly statement: BackupStatement;
  readonly secret: Uint8Array;
}
const cases: Record<string, () => Case> = {
  DKLs23: () => {
    const { record, secret } = makeKey([1, 2], 2, "backup").get(one) as NonNullable<ReturnType<ReturnType<typeof makeKey>["get"]>>;
    const context = encodeRecord(record);
    return { statement: { curve: "secp256k1", publicShare: publicShareOf(record.holders), recipient, context }, secret };
  },
  ...Object.fromEntries(
    (["schnorr-bip340", "eddsa-ed25519"] as const).map((scheme) => [
      scheme,
      (): Case => {
        const { record, secret } = makeFrostKey(scheme, [1, 2], 2, "backup").get(one) as NonNullable<
          ReturnType<ReturnType<typeof makeFrostKey>["get"]>
        >;
        const curve = scheme === "eddsa-ed25519" ? "ed25519" : "secp256k1";
        return { statement: { curve, publicShare: publicShareOf(record.holders), recipient, context: encodeFrostRecord(record) }, secret };
      },
    ]),
  ),
};

it("leaves one in 2^128 to chance", () => {
  let ways = 1n;
  for (let k = 0n; k < BigInt(CLOSED); k++) ways = (ways * (BigInt(RUNS) - k)) / (k + 1n);
  expect(ways > 1n << 128n).toBe(true);
  const sets = ["a", "b", "c"].map((name) => [...closedRuns(bytesFrom(name))]);
  for (const set of sets) expect([set.length, Math.min(...set) >= 0, Math.max(...set) < RUNS]).toEqual([CLOSED, true, true]);
  expect(new Set(sets.map(String)).size).toBe(3);
});

describe.each(Object.keys(cases))("a share of %s", (name) => {
  let statement: BackupStatement;
  let secret: Uint8Array;
  let sealed: Uint8Array;
  beforeAll(() => {
    ({ statement, secret } = (cases[name] as () => Case)());
    sealed = sealShare(statement, secret, bytesFrom("entropy"));
  });

  it("comes out for the recipient, and passes anybody's check", () => {
    verifySealedShare(statement, sealed);
    expect(sealed.length).toBe(SEALED_BYTES);
    expect(hex(openSealedShare(statement, sealed, recipientKey))).toBe(hex(secret));
    expect(hex(sealed)).not.toContain(hex(secret));
  });

  const another = secp256k1.getPublicKey(bytesFrom("another"));
  it("shows with another entropy, and with the same for another recipient or context, not one common field", () => {
    const chunks = (bytes: Uint8Array): Set<string> => new Set(hex(bytes.subarray(1)).match(/.{32}/g));
    const first = chunks(sealed);
    for (const other of [
      sealShare(statement, secret, bytesFrom("other")),
      sealShare({ ...statement, context: bytesFrom("c") }, secret, bytesFrom("entropy")),
      sealShare({ ...statement, recipient: another }, secret, bytesFrom("entropy")),
    ])
      expect([...chunks(other)].filter((chunk) => first.has(chunk))).toEqual([]);
  });

  it("is not opened by two sealings from one entropy: no run of one is the other's closed run", () => {
    // If a run were open in the one and closed in the other, its seed and its sum would give s = z
    // - r.
    const other = sealShare({ ...statement, recipient: another }, secret, bytesFrom("entropy"));
    const read = (bytes: Uint8Array) => {
      const closed = closedRuns(bytes.subarray(33, 65));
      let at = 65;
      return Array.from({ length: RUNS }, (_, k) => {
        const here = at;
        at += closed.has(k) ? 97 : 16;
        return closed.has(k) ? { z: bytes.slice(here, here + 32) } : { seed: bytes.slice(here, here + 16) };
      });
    };
    const { group } = suites[statement.curve === "ed25519" ? "eddsa-ed25519" : "schnorr-bip340"];
    const opened = openStatement(statement);
    const [mine, theirs] = [read(sealed), read(other)];
    const label = labelOf({ ...statement, recipient: another }, other.slice(1, 33));
    const shares = mine.flatMap(({ z }, k) => {
      const { seed } = theirs[k] as { seed?: Uint8Array };
      if (z === undefined || seed === undefined) return [];
      const labels = [label, labelOf(statement, sealed.slice(1, 33))];
      return labels.map((each) => hex(group.add(z as Scalar, group.negate(runOf(opened, each, k, seed).r))));
    });
    expect(shares.length).toBeGreaterThan(20);
    expect(shares).not.toContain(hex(secret));
  });

  it("is not sealed with entropy that is none", () => {
    for (const entropy of [new Uint8Array(32), new Uint8Array(31).fill(1)])
      expect(() => sealShare(statement, secret, entropy)).toThrowError(expect.objectContaining({ code: "mpc/bad-setup" }));
  });

  it("is refused under any other statement", () => {
    const other = suites[statement.curve === "ed25519" ? "eddsa-ed25519" : "schnorr-bip340"].group;
    const publicShare = other.encode([other.mulBase(other.public(7n))])[0] as Uint8Array;
    refused(() => verifySealedShare({ ...statement, publicShare }, sealed));
    refused(() => verifySealedShare({ ...statement, recipient: secp256k1.getPublicKey(bytesFrom("another")) }, sealed));
    refused(() => verifySealedShare({ ...statement, context: bytesFrom("another") }, sealed));
  });

  it("is refused with a bit flipped anywhere: format, salt, challenge, seeds, sums, ephemeral keys, ciphertexts", () => {
    const closed = closedRuns(sealed.subarray(33, 65));
    let at = 65;
    const fields: [string, number][] = [
      ["format", 0],
      ["salt", 1],
      ["challenge", 33],
    ];
    for (let k = 0; k < RUNS; k++) {
      if (closed.has(k))
        fields.push([`sum ${k}`, at + 31], [`ephemeral ${k}`, at + 32], [`ephemeral ${k}, x`, at + 60], [`ciphertext ${k}`, at + 65]);
      else fields.push([`seed ${k}`, at]);
      at += closed.has(k) ? 97 : 16;
    }
    const some = fields.filter((_, k) => k < 3 || k % 37 === 0 || k >= fields.length - 6);
    for (const [field, byte] of some)
      expect(() => verifySealedShare(statement, sealed.with(byte, (sealed[byte] as number) ^ 1)), field).toThrowError(
        expect.objectContaining({ code: "mpc/bad-backup" }),
      );
  });

  it("is refused with another length, an ephemeral key that is none, a sum out of range, and a run without a nonce", () => {
    const first = (() => {
      const closed = closedRuns(sealed.subarray(33, 65));
      let at = 65;
      for (let k = 0; !closed.has(k); k++) at += 16;
      return at;
    })();
    refused(() => verifySealedShare(statement, sealed.slice(0, -1)));
    refused(() => verifySealedShare(statement, Uint8Array.from([...sealed, 0])));
    const put = (bytes: Uint8Array, at: number): Uint8Array => {
      const changed = sealed.slice();
      changed.set(bytes, at);
      return changed;
    };
    refused(() => verifySealedShare(statement, put(new Uint8Array(33).fill(255), first + 32)));
    refused(() => verifySealedShare(statement, put(new Uint8Array(32).fill(255), first)));
    refused(() => verifySealedShare(statement, put(secret, first)));
  });

  it("is not sealed if it is not the share, nor opened with another key, nor under a statement that is none", () => {
    refused(() => sealShare(statement, bytesFrom("wrong").fill(0, 0, 1).fill(0, 31), bytesFrom("e")), "mpc/bad-setup");
    refused(() => sealShare(statement, new Uint8Array(32).fill(255), bytesFrom("e")), "mpc/bad-setup");
    refused(() => sealShare(statement, secret, new Uint8Array(31)), "mpc/bad-setup");
    refused(() => openSealedShare(statement, sealed, bytesFrom("another")), "mpc/bad-setup");
    refused(() => openSealedShare(statement, sealed, new Uint8Array(32).fill(255)), "mpc/bad-setup");
    refused(() => verifySealedShare({ ...statement, curve: "p256" as "secp256k1" }, sealed), "mpc/bad-setup");
    refused(
      () => verifySealedShare({ ...statement, publicShare: new Uint8Array(statement.publicShare.length).fill(255) }, sealed),
      "mpc/bad-setup",
    );
    refused(() => verifySealedShare({ ...statement, recipient: new Uint8Array(33).fill(255) }, sealed), "mpc/bad-setup");
  });

  describe("whoever lies in a run", () => {
    const salt = bytesFrom("salt");
    /** Makes honest runs, but for those that `lie` picks, whose ciphertext holds something else. */
    const withLies = (lie: (k: number) => boolean): Run[] => {
      const [opened, label] = [openStatement(statement), labelOf(statement, salt)];
      return Array.from({ length: RUNS }, (_, k) => {
        const run = runOf(opened, label, k, bytesFrom(`seed/${k}`).subarray(0, 16));
        return lie(k) ? { ...run, c: run.c.map((byte) => byte ^ 1) } : run;
      });
    };
    const closedOf = (sealed: Uint8Array): ReadonlySet<number> => closedRuns(sealed.subarray(33, 65));

    it("in every second one is found out", () => {
      refused(() =>
        verifySealedShare(
          statement,
          answer(
            statement,
            secret,
            salt,
            withLies((k) => k % 2 === 0),
          ),
        ),
      );
    });

    it("in one that happens to stay closed spoils nothing: another one opens", () => {
      let lied = 0;
      let made = answer(
        statement,
        secret,
        salt,
        withLies((k) => k === lied),
      );
      while (!closedOf(made).has(lied)) {
        lied++;
        made = answer(
          statement,
          secret,
          salt,
          withLies((k) => k === lied),
        );
      }
      verifySealedShare(statement, made);
      expect(hex(openSealedShare(statement, made, recipientKey))).toBe(hex(secret));
    });

    it("by an ephemeral key that is no point is found out, also where the run stays closed", () => {
      const runs = withLies(() => false);
      for (let lied = 0; ; lied++) {
        const lying = runs.map((run, k) => (k === lied ? { ...run, E: new Uint8Array(33).fill(255) } : run));
        const made = answer(statement, secret, salt, lying);
        if (!closedOf(made).has(lied)) continue;
        refused(() => verifySealedShare(statement, made));
        return;
      }
    });

    it("about the share itself is found out: the sums do not fit the public share", () => {
      const { group } = openStatement(statement);
      const wrong = group.add(secret as Scalar, group.public(1n));
      refused(() =>
        verifySealedShare(
          statement,
          answer(
            statement,
            wrong,
            salt,
            withLies(() => false),
          ),
        ),
      );
      refused(
        () =>
          answer(
            statement,
            new Uint8Array(32).fill(255),
            salt,
            withLies(() => false),
          ),
        "mpc/bad-setup",
      );
    });
  });
});

it("the frozen sealed share still opens, and is made again from the same entropy", () => {
  const file = new URL("../vectors/backup/sealed-share.json", import.meta.url);
  const secret = bytesFrom("vectors/backup/share");
  const statement = {
    curve: "secp256k1",
    publicShare: secp256k1.getPublicKey(secret),
    recipient,
    context: bytesFrom("vectors/backup"),
  } as const;
  const sealed = sealShare(statement, secret, bytesFrom("vectors/backup/entropy"));
  const now = {
    curve: statement.curve,
    secret: hex(secret),
    recipientKey: hex(recipientKey),
    ...Object.fromEntries((["publicShare", "recipient", "context"] as const).map((name) => [name, hex(statement[name])])),
    entropy: hex(bytesFrom("vectors/backup/entropy")),
    sha256: hex(sha256(sealed)),
    sealed: hex(sealed),
  };
  if (process.env.COVAULT_VECTORS === "write" || !existsSync(file)) writeFileSync(file, `${JSON.stringify(now, null, 2)}\n`);
  const frozen = JSON.parse(readFileSync(file, "utf8")) as typeof now;
  expect(now).toEqual(frozen);
  expect(hex(openSealedShare(statement, Uint8Array.from(Buffer.from(frozen.sealed, "hex")), recipientKey))).toBe(frozen.secret);
});
