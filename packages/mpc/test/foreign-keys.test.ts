// What an intent or a backup says about a key is checked before anything is dealt to it or signed
// with it (dkls23-spec 7, BIP-340).
import { describe, expect, it } from "vitest";
import { type KeyShare, keyIdOf, reshareMachine, type SchemeName } from "../src/dkls23/index.ts";
import {
  decodeFrostRecord,
  encodeFrostRecord,
  epochOf,
  type FrostKeyRecord,
  type FrostKeyShare,
  frostReshareMachine,
  frostSignMachine,
} from "../src/frost/index.ts";
import * as frost from "./frost/cast.ts";
import { bytesFrom, idx, makeKey } from "./simulation.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });
const setup = {
  members: frost.membersOf([1, 2, 9].map(idx)),
  dealers: [1, 2].map(idx),
  receivers: [1, 2, 9].map(idx),
  threshold: 2,
  nonce: bytesFrom("nonce"),
  epochNumber: 1,
};

describe("a key that an intent names", () => {
  const short = <K extends { readonly publicKey: Uint8Array; readonly chain: Uint8Array }>(scheme: SchemeName, key: K): K => {
    const chain = key.chain.slice(1);
    return { ...key, chain, keyId: keyIdOf(scheme, key.publicKey, chain) };
  };

  it("has a chain code of 32 bytes", () => {
    const { record } = makeKey([1, 2], 2, "foreign").get(idx(1)) as KeyShare;
    reshareMachine({ ...setup, mine: { self: idx(9), key: record } });
    expect(() => reshareMachine({ ...setup, mine: { self: idx(9), key: short("ecdsa-secp256k1", record) } })).toThrowError(
      code("mpc/bad-setup"),
    );
    for (const scheme of frost.schemes) {
      const { record: key } = frost.makeKey(scheme, [1, 2], 2, "foreign").get(idx(1)) as FrostKeyShare;
      frostReshareMachine({ ...setup, mine: { self: idx(9), key } });
      expect(() => frostReshareMachine({ ...setup, mine: { self: idx(9), key: short(scheme, key) } })).toThrowError(code("mpc/bad-setup"));
    }
  });
});

describe("a BIP-340 key of odd y, which no run makes", () => {
  const share = frost.makeKey("schnorr-bip340", [1, 2], 2, "foreign").get(idx(1)) as FrostKeyShare;
  const opposite = (point: Uint8Array) => point.with(0, (point[0] as number) ^ 1);
  const publicKey = opposite(share.record.publicKey);
  const keyId = keyIdOf("schnorr-bip340", publicKey, share.record.chain);
  const holders = share.record.holders.map(({ index, publicShare }) => ({ index, publicShare: opposite(publicShare) }));
  const odd: FrostKeyRecord = { ...share.record, publicKey, keyId, epoch: epochOf(keyId, share.record.h2), holders };

  it("is read from no record, dealt to nobody, and signs nothing: its signatures would not verify", () => {
    expect(() => decodeFrostRecord(encodeFrostRecord(odd))).toThrowError(code("mpc/bad-share-record"));
    expect(() => frostReshareMachine({ ...setup, mine: { self: idx(9), key: odd } })).toThrowError(code("mpc/bad-setup"));
    const signing = { signers: [1, 2].map(idx), message: bytesFrom("message"), nonce: bytesFrom("nonce") };
    expect(() => frostSignMachine({ ...signing, share: { ...share, record: odd } })).toThrowError(code("mpc/bad-share-record"));
  });
});
