// Keys that contradict themselves, and successions that are none (dkls23-spec section 7).
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeAll, describe, expect, it } from "vitest";
import { readKey } from "../src/dkls23/encoding/inputs.ts";
import { type KeyShare, keyIdOf, type Predecessor } from "../src/dkls23/index.ts";
import { dealtConstant, type Succession, successionContext } from "../src/dkls23/succession/context.ts";
import { checkPredecessor } from "../src/dkls23/succession/predecessor.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { bytesFrom, idx, makeKey } from "./simulation.ts";

const holders = [1, 2, 3].map(idx);
let shares: ReadonlyMap<ShareIndex, KeyShare>;
beforeAll(() => {
  shares = makeKey(holders, 2, "refusals/succession");
});
const share = (): KeyShare => shares.get(idx(1)) as KeyShare;
const refused = (act: () => unknown, code: string): void => expect(act).toThrowError(expect.objectContaining({ code }));
const noPoint = new Uint8Array(33).fill(2, 0, 1).fill(255, 1);
const otherPoint = secp256k1.getPublicKey(bytesFrom("another"));
const withKey = (key: Predecessor, publicKey: Uint8Array): Predecessor => ({
  ...key,
  publicKey,
  keyId: keyIdOf("ecdsa-secp256k1", publicKey, key.chain),
});
const withShare = (key: Predecessor, of: number, publicShare: Uint8Array): Predecessor => ({
  ...key,
  holders: key.holders.map((holder) => (holder.index === of ? { ...holder, publicShare } : holder)),
});

describe("a key whose shares are dealt anew is refused if", () => {
  const changes: Record<string, (key: Predecessor) => Predecessor> = {
    "its threshold is no integer": (key) => ({ ...key, threshold: 2.5 }),
    "its threshold is one": (key) => ({
      ...key,
      threshold: 1,
      holders: key.holders.map(({ index }) => ({ index, publicShare: key.publicKey })),
    }),
    "its threshold is above its holders": (key) => ({ ...key, threshold: 4 }),
    "its id is another key's": (key) => ({ ...key, keyId: bytesFrom("id") }),
    "its epoch has another length": (key) => ({ ...key, epoch: new Uint8Array(31) }),
    "its public key is no point": (key) => withKey(key, noPoint),
    "a public share is no point": (key) => withShare(key, 2, noPoint),
    "its public key is not that of its public shares": (key) => withKey(key, otherPoint),
    "a public share beyond the first t is off the polynomial": (key) => withShare(key, 3, otherPoint),
  };
  for (const [name, change] of Object.entries(changes))
    it(name, () => {
      expect([...checkPredecessor(share().record).keys()]).toEqual(holders);
      refused(() => checkPredecessor(readKey(change(share().record), "key")), "mpc/bad-setup");
    });
});

describe("a succession", () => {
  const setup = (): Succession => ({
    kind: "refresh",
    mine: share(),
    members: holders.map((index) => ({ index, idpk: bytesFrom(`${index}`) })),
    dealers: holders,
    receivers: holders,
    threshold: 2,
    nonce: bytesFrom("n"),
    epochNumber: 1,
  });
  it("that is a refresh keeps the holders and the threshold", () => {
    expect(successionContext(setup()).kind).toBe("refresh");
    refused(() => successionContext({ ...setup(), threshold: 3 }), "mpc/bad-setup");
    const receivers = holders.slice(0, 2);
    refused(() => successionContext({ ...setup(), receivers }), "mpc/bad-setup");
  });

  it("refuses a share that is none, or damaged, before it is dealt", () => {
    const damaged = share().secret.with(31, (share().secret[31] as number) ^ 1);
    for (const secret of [new Uint8Array(32).fill(255), damaged])
      refused(() => dealtConstant({ ...setup(), mine: { ...share(), secret } }), "mpc/bad-share-record");
  });
});
