// This table has everything that reads bytes which a store or a peer wrote, with samples that it
// accepts, and what it has to be true to. A decoder accepts only what its encoder writes, and
// refuses the rest with a code of its own.

import { decodeState, encodeState, type Stored } from "../../src/dkg/index.ts";
import {
  decodePairs,
  decodeRecord,
  decodeSecret,
  encodePairs,
  encodeRecord,
  encodeSecret,
  type KeyShare,
  keygenMachine,
  presignMachine,
} from "../../src/dkls23/index.ts";
import { dkls23 } from "../../src/dkls23/key-share.ts";
import { onlineLayout } from "../../src/dkls23/presign/online.ts";
import { encodePresignature, takePresignature } from "../../src/dkls23/presign/presignature.ts";
import * as renew from "../../src/dkls23/renew/index.ts";
import * as sign from "../../src/dkls23/sign/index.ts";
import { suite as ecdsa } from "../../src/dkls23/suite.ts";
import { decodeFrostRecord, decodeFrostSecret, encodeFrostRecord, encodeFrostSecret, frostKeygenMachine } from "../../src/frost/index.ts";
import { frost } from "../../src/frost/key-share.ts";
import { echoLayout, encodePreprocessed, onlineLayout as frostOnlineLayout, takePreprocessed } from "../../src/frost/pool/index.ts";
import { suites } from "../../src/frost/suite/index.ts";
import * as point from "../../src/kernel/point.ts";
import * as scalar from "../../src/kernel/scalar.ts";
import { decodeInbox, encodeOutbox, type Layout } from "../../src/protocol/encoding/layout.ts";
import { type Machine, Once, type ShareIndex } from "../../src/protocol/index.ts";
import * as repair from "../../src/repair/index.ts";
import { keygenSetup, makeKey as makeFrostKey, preprocess, schemes } from "../frost/cast.ts";
import { type Renewal, renewalMachines, renewalSetup } from "../renewed.ts";
import { bytesFrom, idx, makeKey, nonceFrom, outputOf, runSession } from "../simulation.ts";

export interface Decoder {
  readonly name: string;
  readonly samples: readonly Uint8Array[];
  /**
   * Gives the bytes that stand for what was read. An undefined or a `CovaultError` says that the
   * bytes were refused.
   */
  readonly reencode: (bytes: Uint8Array) => Uint8Array | undefined;
}

const parties = [1, 2].map(idx);
const holders = [1, 2, 3].map(idx);

/** Gives the stored states of both parties after every round. */
function snapshots(make: (self: ShareIndex) => Machine<unknown>): Uint8Array[] {
  const machines = new Map(parties.map((self) => [self, make(self)]));
  const stored: Uint8Array[] = [];
  let sent = new Map<ShareIndex, ReadonlyMap<ShareIndex, Uint8Array>>();
  for (let round = 1; round <= 3; round++) {
    const previous = sent;
    sent = new Map();
    for (const [self, machine] of machines) {
      const entropy = bytesFrom(`${round}/${self}`);
      const inbox = new Map(machine.peers.map((peer) => [peer, previous.get(peer)?.get(self) as Uint8Array]));
      const turn = round === 1 ? machine.start(entropy) : machine.deliver(inbox, entropy);
      if (turn.kind === "exchange") sent.set(self, turn.outbox);
      stored.push(machine.snapshot());
    }
  }
  return stored;
}

const layout = (name: string, layout: Layout<string>): Decoder => ({
  name: `message ${name}`,
  samples: [new Uint8Array(Object.values(layout).reduce((sum, length) => sum + length, 0))],
  reencode: (body) => {
    const inbox = decodeInbox([idx(2)], () => layout, new Map([[idx(2), body]]), name);
    return encodeOutbox(() => layout, inbox).get(idx(2));
  },
});

export function decoders(): readonly Decoder[] {
  const sharesOf = makeKey(holders, 2, "fuzz");
  const shares = [...sharesOf.values()] as readonly KeyShare[];
  const renewal: Renewal = { ends: [1, 2], generation: 1, seed: "fuzz" };
  const renewing = parties.map((self) => renew.renewalContext(renewalSetup(sharesOf, self, renewal)));
  /** The end that stored it: its index stands after the session id. */
  const endOf = (bytes: Uint8Array) => renewing[bytes[35] === 2 ? 1 : 0] as (typeof renewing)[number];
  const frostShares = schemes.map((scheme) => [...makeFrostKey(scheme, [1, 2, 3], 2, "fuzz").values()]);
  const presigning = { signers: parties, tweak: new Uint8Array(32), nonce: nonceFrom("fuzz", parties), burned: [] };
  const presigned = runSession(new Map(parties.map((self, k) => [self, presignMachine({ ...presigning, share: shares[k] as KeyShare })])), {
    seed: "fuzz",
  });
  const points = holders.map((x) => point.mulBase(scalar.fromInt(x)));
  const list: Decoder[] = [
    {
      name: "record",
      samples: shares.flatMap(({ record }) => [record, { ...record, exposed: "imported" as const }]).map(encodeRecord),
      reencode: (bytes) => encodeRecord(decodeRecord(bytes)),
    },
    { name: "secret", samples: shares.map(({ secret }) => encodeSecret(secret)), reencode: (bytes) => encodeSecret(decodeSecret(bytes)) },
    {
      name: "pairs",
      samples: shares.map(({ pairs }) => encodePairs(pairs as NonNullable<typeof pairs>)),
      reencode: (bytes) => encodePairs(decodePairs(bytes)),
    },
    {
      name: "stored round of a key generation",
      samples: snapshots((self) => keygenMachine(keygenSetup(parties, 2, self, "fuzz"))),
      reencode: (bytes) => restored(dkls23, bytes),
    },
    {
      name: "stored round of a renewal",
      samples: snapshots((self) => renewalMachines(sharesOf, renewal).get(self) as Machine<unknown>),
      reencode: (bytes) => renew.encodeState(new Once(renew.decodeState(endOf(bytes), bytes), [])).bytes,
    },
    {
      name: "presignature",
      samples: parties.map((party) => outputOf(presigned, party).presignature),
      reencode: (bytes) => encodePresignature(takePresignature(bytes.slice()).take()),
    },
    {
      name: "preprocessed nonces of FROST",
      samples: frostShares.flatMap((of) => {
        const pool = preprocess(new Map(of.map((share) => [share.record.self, share])), { signers: parties, count: 1, seed: "fuzz" });
        return [...pool.values()].flatMap((items) => items.map(({ preprocessed }) => preprocessed));
      }),
      reencode: (bytes) => encodePreprocessed(takePreprocessed(bytes.slice()).take()),
    },
    {
      name: "FROST record",
      samples: frostShares.flat().map(({ record }) => encodeFrostRecord(record)),
      reencode: (bytes) => encodeFrostRecord(decodeFrostRecord(bytes)),
    },
    {
      name: "FROST secret",
      samples: frostShares.flat().map(({ secret }) => encodeFrostSecret(secret)),
      reencode: (bytes) => encodeFrostSecret(decodeFrostSecret(bytes)),
    },
    {
      name: "stored round of a FROST key generation",
      samples: schemes.flatMap((scheme) => snapshots((self) => frostKeygenMachine(scheme, keygenSetup(parties, 2, self, "fuzz")))),
      reencode: (bytes) => restored(frost, bytes),
    },
    {
      name: "point, 64 bytes",
      samples: points.map(point.encode64),
      reencode: (bytes) => {
        const P = point.decode64(bytes);
        return P && point.encode64(P);
      },
    },
    {
      name: "point, 33 bytes",
      samples: points.map(point.encode33),
      reencode: (bytes) => {
        const P = point.decode33(bytes);
        return P && point.encode33(P);
      },
    },
    {
      name: "scalar",
      samples: [scalar.toBytes(scalar.fromInt(1)), scalar.toBytes(scalar.neg(scalar.fromInt(1)))],
      reencode: (bytes) => {
        const x = scalar.fromBytes(bytes);
        return x && scalar.toBytes(x);
      },
    },
    layout("sign 1", sign.round1Layout),
    layout("sign 2", sign.round2Layout),
    layout("sign 3", sign.round3Layout),
    layout("online", onlineLayout),
    layout("FROST preprocessing 2", echoLayout),
    layout("FROST online", frostOnlineLayout),
  ];
  for (const suite of [ecdsa, ...Object.values(suites)]) {
    const roles = { helpers: parties, receiver: idx(3), suite };
    const [i, j] = parties as [ShareIndex, ShareIndex];
    list.push(layout(`repair 1, ${suite.scheme}`, repair.round1Layout(roles, i, j)));
    list.push(layout(`repair 2, ${suite.scheme}`, repair.round2Layout(roles, i, idx(3))));
  }
  for (const { group, scheme } of Object.values(suites)) {
    const elements = holders.map((x) => group.mulBase(group.public(BigInt(x))));
    list.push({
      name: `element of ${scheme}`,
      samples: group.encode(elements),
      reencode: (bytes) => {
        const E = group.decode(bytes);
        return E && group.encode([E])[0];
      },
    });
    list.push({ name: `scalar of ${scheme}`, samples: [group.public(1n), group.public(-1n)], reencode: (bytes) => group.scalar(bytes) });
  }
  return list;
}

const restored = (family: Stored, bytes: Uint8Array): Uint8Array => encodeState(family, new Once(decodeState(family, bytes), [])).bytes;
