import { create } from "@bufbuild/protobuf";
import { aeadSeal, concat, hkdfSha256, x25519 as sharedSecret, utf8 } from "@covault/crypto";
import { asCovaultError } from "@covault/errors";
import { encodeHeader, type MessageHeader, SignedSchema } from "@covault/wire";
import { x25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChannelSetup, deriveChannel, joinsDigest, makeJoinKeys } from "./index.ts";

const fill = (value: number, length = 32): Uint8Array => new Uint8Array(length).fill(value);
const alice = makeJoinKeys(fill(1));
const bob = makeJoinKeys(fill(2));
const attempt = { rid: fill(3), intentId: fill(4), joinsDigest: fill(5) };
const ofAlice = (change: Partial<ChannelSetup> = {}): ChannelSetup => ({
  ...attempt,
  privateKey: alice.privateKey,
  peerPublicKey: bob.publicKey,
  self: 1,
  peer: 2,
  ...change,
});
const ofBob = (change: Partial<ChannelSetup> = {}): ChannelSetup => ({
  ...attempt,
  privateKey: bob.privateKey,
  peerPublicKey: alice.publicKey,
  self: 2,
  peer: 1,
  ...change,
});
const header = (change: Partial<MessageHeader> = {}): MessageHeader => ({
  protocol: 1,
  round: 1,
  from: 1,
  to: 2,
  rid: attempt.rid,
  sid: fill(6),
  ...change,
});
const body = new TextEncoder().encode("a share");
const codeOf = (act: () => unknown): string | undefined => {
  try {
    act();
  } catch (error) {
    return asCovaultError(error)?.code;
  }
  return undefined;
};

describe("pair channel", () => {
  it("opens what the peer sealed, in both directions, for any body and round", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 255 }), (bytes, round) => {
        const there = header({ round });
        expect(deriveChannel(ofBob()).open(there, deriveChannel(ofAlice()).seal(there, bytes))).toEqual(bytes);
        const back = header({ round, from: 2, to: 1 });
        expect(deriveChannel(ofAlice()).open(back, deriveChannel(ofBob()).seal(back, bytes))).toEqual(bytes);
      }),
      { numRuns: 30 },
    );
  });

  it("is the same whether its own public key is given or computed, and opens nothing under another one", () => {
    const sealed = deriveChannel(ofAlice({ publicKey: alice.publicKey })).seal(header(), body);
    expect(deriveChannel(ofAlice()).seal(header(), body)).toEqual(sealed);
    expect(deriveChannel(ofBob({ publicKey: bob.publicKey })).open(header(), sealed)).toEqual(body);
    // Newer versions of Node refuse the pair of keys. Older ones leave it to the seal.
    const wrong = (): Uint8Array | undefined => deriveChannel(ofBob({ publicKey: alice.publicKey })).open(header(), sealed);
    expect(codeOf(wrong) === "channel/bad-key" || wrong() === undefined).toBe(true);
    expect(() => deriveChannel(ofBob({ publicKey: fill(1, 31) }))).toThrow(
      expect.objectContaining({ code: "channel/bad-key", message: "publicKey: expected 32 bytes, got 31." }),
    );
  });

  it("has one key per direction: the same round and body seal to other bytes", () => {
    const there = deriveChannel(ofAlice()).seal(header(), body);
    const back = deriveChannel(ofBob()).seal(header({ from: 2, to: 1 }), body);
    expect(there).not.toEqual(back);
  });

  it.each<[string, Partial<MessageHeader>]>([
    ["another protocol", { protocol: 2 }],
    ["another round", { round: 2 }],
    ["another session id", { sid: fill(7) }],
    ["another routing id", { rid: fill(7) }],
    ["another sender", { from: 3 }],
    ["another receiver", { to: 3 }],
    ["sender and receiver swapped", { from: 2, to: 1 }],
  ])("does not open a message under a header with %s", (_name, change) => {
    const sealed = deriveChannel(ofAlice()).seal(header(), body);
    expect(deriveChannel(ofBob()).open(header(change), sealed)).toBeUndefined();
  });

  it.each<[string, Partial<ChannelSetup>]>([
    ["another attempt's joins", { joinsDigest: fill(9) }],
    ["another intent", { intentId: fill(9) }],
    ["another private key", { privateKey: makeJoinKeys(fill(9)).privateKey }],
    ["another peer key", { peerPublicKey: makeJoinKeys(fill(9)).publicKey }],
  ])("does not open with %s", (_name, change) => {
    const sealed = deriveChannel(ofAlice()).seal(header(), body);
    expect(deriveChannel(ofBob(change)).open(header(), sealed)).toBeUndefined();
  });

  /** Seals without any check: by the key of one direction, or by another one. */
  const lie = (change: Partial<MessageHeader>, key?: Uint8Array): Uint8Array => {
    const secret = sharedSecret(alice.privateKey, alice.publicKey, bob.publicKey) as Uint8Array;
    const { rid, intentId, joinsDigest: salt } = attempt;
    const info = concat(utf8("covault/channel/v1"), rid, intentId, Uint8Array.of(0, 1, 0, 2), alice.publicKey, bob.publicKey);
    const sent = header(change);
    const nonce = Uint8Array.of(...fill(0, 11), sent.round);
    return aeadSeal(key ?? hkdfSha256(secret, salt, info), nonce, encodeHeader(sent), body);
  };
  it.each<[string, Partial<MessageHeader>]>([
    ["another sender", { from: 3 }],
    ["another receiver", { to: 3 }],
    ["another attempt", { rid: fill(7) }],
    ["round 0", { round: 0 }],
  ])("opens nothing that names %s, though the peer itself has sealed it so", (_name, change) => {
    const channel = deriveChannel(ofBob());
    expect(channel.open(header(), lie({}))).toEqual(body);
    expect(channel.open(header(change), lie(change))).toBeUndefined();
  });

  it("seals and opens nothing any more once it is wiped, also under the keys of zeros that are left", () => {
    const [there, here] = [deriveChannel(ofAlice()), deriveChannel(ofBob())];
    there.wipe();
    here.wipe();
    expect(() => there.seal(header(), body)).toThrow(
      expect.objectContaining({ code: "channel/bad-context", message: "The channel to party 2 has ended." }),
    );
    expect(here.open(header(), lie({}))).toBeUndefined();
    expect(here.open(header(), lie({}, fill(0)))).toBeUndefined();
  });

  it("does not open a message of another attempt between the same two", () => {
    const other = { rid: fill(8) };
    const sealed = deriveChannel(ofAlice(other)).seal(header(other), body);
    expect(deriveChannel(ofBob()).open(header(), sealed)).toBeUndefined();
    expect(deriveChannel(ofBob(other)).open(header(other), sealed)).toEqual(body);
  });

  it("does not open what was altered, cut or extended anywhere", () => {
    const sealed = deriveChannel(ofAlice()).seal(header(), body);
    const channel = deriveChannel(ofBob());
    for (let at = 0; at < sealed.length; at++) {
      const altered = sealed.slice();
      altered[at] = (altered[at] as number) ^ 1;
      expect(channel.open(header(), altered)).toBeUndefined();
      expect(channel.open(header(), sealed.subarray(0, at))).toBeUndefined();
    }
    expect(channel.open(header(), new Uint8Array([...sealed, 0]))).toBeUndefined();
  });

  it("seals a round once: the same bytes again give the same sealed bytes, other bytes or another header are refused", () => {
    const channel = deriveChannel(ofAlice());
    const first = channel.seal(header(), body);
    expect(channel.seal(header(), body)).toEqual(first);
    expect(codeOf(() => channel.seal(header(), fill(1)))).toBe("channel/round-reused");
    expect(codeOf(() => channel.seal(header({ sid: fill(8) }), body))).toBe("channel/round-reused");
    expect(codeOf(() => channel.seal(header({ round: 2 }), fill(1)))).toBeUndefined();
  });

  it("seals only its own messages", () => {
    const channel = deriveChannel(ofAlice());
    for (const change of [
      { from: 2, to: 1 },
      { from: 3 },
      { to: 3 },
      { rid: fill(9) },
      { round: 0 },
      { round: 1.5 },
      { round: 256 },
      { sid: fill(1, 31) },
    ])
      expect(codeOf(() => channel.seal(header(change), body))).toBe("channel/bad-context");
  });

  it("refuses weak points and setups that are no pair", () => {
    for (const point of [fill(0), new Uint8Array([1, ...fill(0, 31)])])
      expect(codeOf(() => deriveChannel(ofAlice({ peerPublicKey: point })))).toBe("channel/bad-key");
    expect(codeOf(() => deriveChannel(ofAlice({ peerPublicKey: fill(1, 31) })))).toBe("channel/bad-key");
    expect(codeOf(() => deriveChannel(ofAlice({ rid: fill(1, 33) })))).toBe("channel/bad-key");
    for (const change of [{ peer: 1 }, { self: 0 }, { self: 1.5 }, { peer: 65536 }])
      expect(codeOf(() => deriveChannel(ofAlice(change)))).toBe("channel/bad-context");
  });

  it("takes nothing but bytes for a key or a name, and keeps no memory of its caller", () => {
    for (const name of ["privateKey", "publicKey", "peerPublicKey", "rid", "intentId", "joinsDigest"])
      for (const wrong of ["1".repeat(32), new Array(32).fill(1), new Int8Array(32).fill(1)])
        expect([name, codeOf(() => deriveChannel(ofAlice({ [name]: wrong })))]).toEqual([name, "channel/bad-key"]);
    const rid = Buffer.from(attempt.rid);
    const channel = deriveChannel(ofAlice({ rid }));
    rid.fill(0);
    expect(deriveChannel(ofBob()).open(header(), channel.seal(header(), body))).toEqual(body);
  });

  it("shows none of its keys when printed", async () => {
    const { inspect } = await import("node:util");
    expect(JSON.stringify(deriveChannel(ofAlice()))).toBe("{}");
    expect(inspect(deriveChannel(ofAlice()), { depth: 9 })).not.toMatch(/Uint8Array|Buffer/);
  });
});

describe("makeJoinKeys", () => {
  it("gives the public key that another implementation of X25519 gives", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
        expect(makeJoinKeys(seed).publicKey).toEqual(x25519.getPublicKey(seed));
      }),
      { numRuns: 20 },
    );
  });
  it("keeps its own copy of the seed", () => {
    for (const seed of [fill(1), Buffer.from(fill(1))]) {
      const keys = makeJoinKeys(seed);
      seed.fill(0);
      expect(keys.privateKey).toEqual(fill(1));
    }
  });
  it("refuses a seed of another length, and what is no bytes", () => {
    for (const seed of [fill(1, 31), "1".repeat(32), new Array(32).fill(1)])
      expect(codeOf(() => makeJoinKeys(seed as Uint8Array))).toBe("channel/bad-key");
  });
  it("gives other keys every time", () => {
    expect(makeJoinKeys().publicKey).not.toEqual(makeJoinKeys().publicKey);
  });
});

describe("joinsDigest", () => {
  const join = (bytes: Uint8Array) => create(SignedSchema, { body: bytes });
  it("differs when a byte moves from one join to the next, and when the order changes", () => {
    const [a, b, c, d] = [fill(1, 2), fill(1, 3), fill(1, 3), fill(1, 2)].map(join) as [
      ReturnType<typeof join>,
      ReturnType<typeof join>,
      ReturnType<typeof join>,
      ReturnType<typeof join>,
    ];
    expect(joinsDigest([a, b])).not.toEqual(joinsDigest([c, d]));
    expect(joinsDigest([join(fill(1)), join(fill(2))])).not.toEqual(joinsDigest([join(fill(2)), join(fill(1))]));
    expect(joinsDigest([a])).toHaveLength(32);
  });
});
