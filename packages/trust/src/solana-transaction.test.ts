// What the network could take for a transaction is found, whatever another library makes of random
// instructions, and what people write is not taken for one.
import { getAddressDecoder } from "@solana/addresses";
import {
  appendTransactionMessageInstructions,
  compileTransactionMessage,
  createTransactionMessage,
  getCompiledTransactionMessageDecoder,
  getCompiledTransactionMessageEncoder,
  setTransactionMessageConfig,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
} from "@solana/transaction-messages";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf } from "../test/statements.ts";
import { couldBeSolanaTransaction } from "./solana-transaction.ts";

type Version = "legacy" | 0 | 1;
const addresses = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => getAddressDecoder().decode(bytes));
/** A role is 0 for read only, 1 for writable, and two more for those of a signer. */
const accounts = fc.array(fc.record({ address: addresses, role: fc.integer({ min: 0, max: 3 }) }), { maxLength: 4 });
const instructions = fc.array(fc.record({ programAddress: addresses, accounts, data: fc.uint8Array({ maxLength: 200 }) }), {
  maxLength: 3,
});
const lookups = fc.array(
  fc.record({
    lookupTableAddress: addresses,
    writableIndexes: fc.array(fc.nat(255), { maxLength: 5 }),
    readonlyIndexes: fc.array(fc.nat(255), { maxLength: 5 }),
  }),
  { maxLength: 3 },
);
const config = fc.record(
  { computeUnitLimit: fc.nat(1_400_000), priorityFeeLamports: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), heapSize: fc.constant(65_536) },
  { requiredKeys: [] },
);

/** Gives the messages of random transactions, as that library encodes them. */
function messagesOf(version: Version): fc.Arbitrary<Uint8Array> {
  return fc.tuple(addresses, addresses, instructions, lookups, config).map(([payer, blockhash, steps, tables, settings]) => {
    const lifetime = { blockhash, lastValidBlockHeight: 1n };
    const empty = setTransactionMessageFeePayer(payer, createTransactionMessage({ version }));
    const whole = appendTransactionMessageInstructions(steps, setTransactionMessageLifetimeUsingBlockhash(lifetime as never, empty));
    const compiled = compileTransactionMessage(version === 1 ? (setTransactionMessageConfig(settings, whole as never) as never) : whole);
    const withTables = version === 0 && tables.length > 0 ? { ...compiled, addressTableLookups: tables } : compiled;
    return new Uint8Array(getCompiledTransactionMessageEncoder().encode(withTables as typeof compiled));
  });
}

const joined = (...parts: (Uint8Array | readonly number[])[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const [key, blockhash] = [bytesOf(32, 7), bytesOf(32, 9)];
/** The shortest message: a payer, a blockhash, and no instructions. */
const least = joined([1, 0, 0, 1], key, blockhash, [0]);

describe.each<Version>(["legacy", 0, 1])("a message of version %s", (version) => {
  const messages = messagesOf(version);

  it("is found, whatever its instructions are, and whatever follows", () => {
    fc.assert(
      fc.property(messages, fc.uint8Array({ maxLength: 40 }), (message, more) => {
        expect(getCompiledTransactionMessageDecoder().decode(message).version).toBe(version);
        expect(couldBeSolanaTransaction(message)).toBe(true);
        expect(couldBeSolanaTransaction(joined(message, more))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it("is none as long as a byte is missing of it, or of its keys for version 1", () => {
    fc.assert(
      fc.property(messages, fc.nat(), (message, cut) => {
        const needed = version === 1 ? 42 + 32 * (message[41] as number) : message.length;
        expect(couldBeSolanaTransaction(message.subarray(0, needed))).toBe(true);
        expect(couldBeSolanaTransaction(message.subarray(0, needed - 1))).toBe(false);
        expect(couldBeSolanaTransaction(message.subarray(0, cut % needed))).toBe(false);
      }),
    );
  });

  it("is found as an altered one wherever that library still reads it and its header is that of a transaction", () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.nat(255), (message, at, byte) => {
        const altered = message.map((was, index) => (index === at % message.length ? byte : was));
        const read = decoded(altered);
        if (read === undefined || endsBehind(altered)) return;
        const { numSignerAccounts, numReadonlySignerAccounts, numReadonlyNonSignerAccounts } = read.header;
        const isSound =
          numReadonlySignerAccounts < numSignerAccounts &&
          numSignerAccounts + numReadonlyNonSignerAccounts <= read.staticAccounts.length &&
          message.length + 64 * numSignerAccounts <= 4096;
        if (isSound) expect(couldBeSolanaTransaction(altered)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

/**
 * Says whether that library reads more than the message. It takes bytes behind the end for zeros,
 * and the network has no such message.
 */
function endsBehind(message: Uint8Array): boolean {
  const [read, longer] = [decoded(message), decoded(joined(message, [0xff]))];
  const encode = (of: typeof read) => of && String(getCompiledTransactionMessageEncoder().encode(of));
  return encode(read) !== encode(longer);
}

function decoded(bytes: Uint8Array) {
  try {
    return getCompiledTransactionMessageDecoder().decode(bytes);
  } catch {
    return undefined;
  }
}

it("a message of version 0 that ends before its lookups is none, although that library reads it", () => {
  const whole = joined([0x80], least, [0]);
  expect([couldBeSolanaTransaction(whole), endsBehind(whole)]).toEqual([true, false]);
  const cut = whole.subarray(0, -1);
  expect([couldBeSolanaTransaction(cut), decoded(cut) !== undefined, endsBehind(cut)]).toEqual([false, true, true]);
});

describe("the header", () => {
  const withKeys = (count: number, ...head: number[]) => joined(head, [count], ...Array.from({ length: count }, () => key), blockhash, [0]);

  it.each([
    ["one signer, who pays", [1, 0, 0], 1, true],
    ["no signer", [0, 0, 0], 1, false],
    ["no key", [1, 0, 0], 0, false],
    ["a payer that is read only", [1, 1, 0], 1, false],
    ["more read-only signers than signers", [1, 2, 0], 3, false],
    ["two signers, one of them read only", [2, 1, 0], 2, true],
    ["more signers than keys", [3, 0, 0], 2, false],
    ["as many others as there are keys", [1, 0, 2], 3, true],
    ["more of them", [1, 0, 3], 3, false],
  ] as const)("%s", (_, head, keys, is) => {
    expect(couldBeSolanaTransaction(withKeys(keys, ...head))).toBe(is);
    expect(couldBeSolanaTransaction(joined([0x80], withKeys(keys, ...head), [0]))).toBe(is);
    const ofVersion1 = joined([0x81, ...head, 0, 0, 0, 0], blockhash, [0, keys], ...Array.from({ length: keys }, () => key));
    expect(couldBeSolanaTransaction(ofVersion1)).toBe(is);
  });

  it("has a version that is known", () => {
    for (let first = 0x80; first < 0x100; first++) {
      const message = joined([first], least, [0]);
      expect([first, couldBeSolanaTransaction(message)]).toEqual([first, first === 0x80]);
    }
  });
});

it("signatures and message have at most 4096 bytes", () => {
  // One instruction fills the message; its data has 16,383 bytes at most in two bytes of length.
  const ofLength = (length: number) => {
    const data = length - least.length - 4;
    return joined(least.subarray(0, -1), [1, 0, 0, (data & 0x7f) | 0x80, data >> 7], new Uint8Array(data));
  };
  expect([4032, 4033].map((length) => ofLength(length).length)).toEqual([4032, 4033]);
  expect([4032, 4033].map((length) => couldBeSolanaTransaction(ofLength(length)))).toEqual([true, false]);
});

describe("lengths", () => {
  const withData = (length: readonly number[], bytes: number) => joined(least.subarray(0, -1), [1, 0, 0], length, new Uint8Array(bytes));
  it.each([
    ["one byte", [127], 127],
    ["two bytes", [0x80, 0x01], 128],
    ["two bytes where one is enough", [0x85, 0x00], 5],
    ["three bytes where one is enough", [0x85, 0x80, 0x00], 5],
    ["three bytes whose last goes on", [0x85, 0x80, 0x80], 5],
  ] as const)("%s", (_, length, bytes) => {
    expect(couldBeSolanaTransaction(withData(length, bytes))).toBe(true);
    expect(couldBeSolanaTransaction(withData(length, bytes - 1))).toBe(false);
  });
  it("three bytes", () => {
    expect(couldBeSolanaTransaction(withData([0x80, 0x80, 0x01], 16_384))).toBe(false);
    expect(couldBeSolanaTransaction(withData([0x80, 0x80, 0x01], 128))).toBe(false);
  });
  it("counts that no message could have are read in no time", () => {
    const many = joined(least.subarray(0, -1), [0xff, 0xff, 0x7f]);
    // The time of the processor, which a busy machine does not change.
    const from = process.cpuUsage();
    for (let turn = 0; turn < 200; turn++) {
      expect(couldBeSolanaTransaction(many)).toBe(false);
      expect(couldBeSolanaTransaction(joined([0x80], least, [0xff, 0xff, 0x7f]))).toBe(false);
    }
    expect(process.cpuUsage(from).user).toBeLessThan(1_000_000);
  });
});

describe("what is no transaction", () => {
  it("is any text whose first four letters are printable ASCII", () => {
    const printable = fc.integer({ min: 0x20, max: 0x7e });
    fc.assert(
      fc.property(fc.array(printable, { minLength: 4, maxLength: 4 }), fc.uint8Array({ maxLength: 4200, size: "max" }), (start, rest) => {
        expect(couldBeSolanaTransaction(joined(start, rest))).toBe(false);
      }),
      { numRuns: 100 },
    );
    // Even the fewest signers and keys that such letters can say are too many.
    const fewest = joined([0x21, 0x20, 0x20, 0x41], new Uint8Array(65 * 32 + 33));
    expect(couldBeSolanaTransaction(fewest)).toBe(false);
    expect(couldBeSolanaTransaction(fewest.with(0, 0x1e).with(1, 0x1d))).toBe(true);
  });

  it("is text of any language, JSON, and what wallets sign in", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "grapheme", maxLength: 2000 }), fc.json()), (text) => {
        expect(couldBeSolanaTransaction(new TextEncoder().encode(text))).toBe(false);
      }),
    );
    for (const text of [
      "",
      "\n\t\t{ }",
      "\r\n\r\n",
      "example.org wants you to sign in with your Solana account:\n",
      "\u00ffsolana offchain",
    ])
      expect(couldBeSolanaTransaction(new TextEncoder().encode(text.padEnd(3000, "\n\t ")))).toBe(false);
  });

  it("is anything of less than 69 bytes, which the shortest one has", () => {
    expect([least.length, couldBeSolanaTransaction(least)]).toEqual([69, true]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 68 }), (bytes) => {
        expect(couldBeSolanaTransaction(bytes)).toBe(false);
        expect(couldBeSolanaTransaction(joined([1, 0, 0], bytes.subarray(0, 65)))).toBe(false);
      }),
    );
  });
});
