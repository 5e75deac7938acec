// The stored rounds are frozen: a run that began under one version of this package ends under the
// next. A change here is another format.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect, it } from "vitest";
import { importMachine, type KeyShare, keygenMachine, refreshMachine } from "../src/dkls23/index.ts";
import { type FrostKeyShare, frostImportMachine, frostKeygenMachine, frostPublicKey, frostRefreshMachine } from "../src/frost/index.ts";
import type { Machine, ShareIndex } from "../src/protocol/index.ts";
import { keygenSetup, makeKey as makeFrostKey, membersOf, schemes } from "./frost/cast.ts";
import { digestOf, expectFrozen } from "./frozen.ts";
import { type Renewal, renewalMachines } from "./renewed.ts";
import { bytesFrom, idx, type Machines, makeKey, nonceFrom, runSession } from "./simulation.ts";

const seed = "vectors/stored-rounds";
const parties = [1, 2, 3].map(idx);
const importer = idx(4);
const members = [...parties, importer];
const succession = { members: membersOf(parties), dealers: [1, 3].map(idx), nonce: nonceFrom(seed, parties), epochNumber: 7 };
const scalar = bytesFrom(`${seed}/import`);
const imported = {
  ...{ importer, members: membersOf(members), receivers: parties, threshold: 2, epochNumber: 0 },
  ...{ chain: bytesFrom(`${seed}/chain`), nonce: nonceFrom(seed, members) },
};

const renewal: Renewal = { ends: [1, 2], generation: 3, seed };

/**
 * The runs whose stored rounds are frozen, by scheme: the parties of each, and the machine of one.
 */
const runs: Record<string, readonly [readonly ShareIndex[], (self: ShareIndex) => Machine<unknown>][]> = {
  "ecdsa-secp256k1": [
    [parties, (self) => keygenMachine(keygenSetup(parties, 2, self, seed))],
    [parties, (self) => refreshMachine({ ...succession, share: makeKey([1, 2, 3], 2, seed).get(self) as KeyShare })],
    [
      members,
      (self) =>
        importMachine({ self, ...imported, publicKey: secp256k1.getPublicKey(scalar) }, self === importer ? scalar.slice() : undefined),
    ],
    [[1, 2].map(idx), (self) => renewalMachines(makeKey([1, 2, 3], 2, seed), renewal).get(self) as Machine<unknown>],
  ],
  ...Object.fromEntries(
    schemes.map((scheme) => [
      scheme,
      [
        [parties, (self: ShareIndex) => frostKeygenMachine(scheme, keygenSetup(parties, 2, self, seed))],
        [
          parties,
          (self: ShareIndex) =>
            frostRefreshMachine({ ...succession, share: makeFrostKey(scheme, [1, 2, 3], 2, seed).get(self) as FrostKeyShare }),
        ],
        [
          members,
          (self: ShareIndex) =>
            frostImportMachine(
              scheme,
              { self, ...imported, publicKey: frostPublicKey(scheme, { scalar }) },
              self === importer ? { scalar: scalar.slice() } : undefined,
            ),
        ],
      ],
    ]),
  ),
};

it.each(Object.keys(runs))("%s: the stored rounds of a key generation, a refresh, an import and a renewal are as frozen", (scheme) => {
  const now = (runs[scheme] ?? []).map(([who, make]) => {
    const machines: Machines<unknown> = new Map(who.map((self) => [self, make(self)]));
    const stored = new Map<string, string>();
    const outcomes = runSession(machines, {
      seed,
      observe: ({ round, from }) => {
        const snapshot = machines.get(from)?.snapshot() as Uint8Array;
        stored.set(
          `${machines.get(from)?.protocol}, round ${round}, party ${from}`,
          `${snapshot.length} bytes, sha256 ${digestOf(snapshot)}`,
        );
      },
    });
    expect([...outcomes.values()].every((outcome) => "output" in outcome)).toBe(true);
    return Object.fromEntries(stored);
  });
  expectFrozen(`transcripts/stored-rounds-${scheme}`, { seed, runs: now });
});
