// Which of a key's certificates lead to its epoch: with real certificates.
import { hex } from "@covault/crypto";
import { asCovaultError } from "@covault/errors";
import { keysOf } from "@covault/trust";
import type { Certificate } from "@covault/wire";
import { expect, it } from "vitest";
import { certificateOf, epochOfIntent, keygenIntent, keyId, refreshIntent, verifiedRoster } from "../../test/cast.ts";
import { chainTo, keyOf, type StoredCertificate, verifiedEpoch } from "./known-key.ts";

const now = 1_700_000_000_000;
const keygen = keygenIntent("ses_0", now);
const [one, two, fork] = [
  refreshIntent("ses_1", now, { from: keygen, epochNumber: 1 }),
  refreshIntent("ses_2", now, { from: keygen, epochNumber: 2 }),
  refreshIntent("ses_3", now, { from: keygen, epochNumber: 3 }),
];
const last = refreshIntent("ses_4", now, { from: two, epochNumber: 7 });
const initiators = keysOf(verifiedRoster);

function stored(...certificates: readonly Certificate[]): StoredCertificate[] {
  const known: StoredCertificate[] = [];
  for (const certificate of certificates) {
    const { committed } = verifiedEpoch(certificate, known, initiators);
    known.push({ ...committed, certificate: new Uint8Array(Buffer.from(committed.certificate, "base64")) });
  }
  return known;
}
const refusal = (act: () => unknown): string | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return asCovaultError(error)?.code;
  }
};
const everything = stored(...[keygen, one, two, last].map(certificateOf));

it("[CO52] the key is in its highest epoch, and the chain to it leaves out what was passed by", () => {
  const key = keyOf(everything, keyId, initiators);
  expect([key?.epochNumber, hex(key?.epoch ?? new Uint8Array())]).toEqual([7, hex(epochOfIntent(last))]);
  const [founding, , second, third] = everything;
  expect(chainTo(everything, hex(epochOfIntent(last)))).toEqual([founding, second, third].map((entry) => entry?.certificate));
  expect(chainTo(everything, hex(epochOfIntent(one)))).toHaveLength(2);
  expect(keyOf([], keyId, initiators)).toBeUndefined();
});

it("[CO52] a certificate that continues no chain is kept out: its epoch before is unknown, or no lower than it", () => {
  expect(refusal(() => verifiedEpoch(certificateOf(last), everything.slice(0, 2), initiators))).toBe("trust/bad-chain");
  expect(refusal(() => verifiedEpoch(certificateOf(one), [], initiators))).toBe("trust/bad-chain");
  const lower = refreshIntent("ses_5", now, { from: two, epochNumber: 2 });
  expect(refusal(() => verifiedEpoch(certificateOf(lower), everything, initiators))).toBe("trust/bad-chain");
  const twoMembers = refreshIntent("ses_6", now, { from: fork, epochNumber: 9, change: { oldThreshold: 3, threshold: 3 } });
  expect(refusal(() => verifiedEpoch(certificateOf(twoMembers), stored(certificateOf(keygen), certificateOf(fork)), initiators))).toBe(
    "trust/bad-chain",
  );
});

it("[CO52] a certificate without all acknowledgements is kept out, of a reshare also without those of dealers that leave", () => {
  const reshare = certificateOf(refreshIntent("ses_7", now, { from: two, epochNumber: 8, holders: ["p1", "p2"] }));
  expect(verifiedEpoch(reshare, everything, initiators).members).toHaveLength(2);
  for (const part of [{ dealerAcks: [] }, { acks: reshare.acks.slice(1) }, { intent: { ...reshare.intent!, body: new Uint8Array([255]) } }])
    expect(refusal(() => verifiedEpoch({ ...reshare, ...part }, everything, initiators))).toBe("trust/bad-chain");
});

it("[CO52] rows that lead nowhere, or in a circle, are no chain", () => {
  const circle = everything.map((entry) => ({ ...entry, oldEpoch: entry.oldEpoch ?? hex(epochOfIntent(last)) }));
  for (const altered of [circle, everything.slice(1)]) expect(refusal(() => keyOf(altered, keyId, initiators))).toBe("trust/bad-chain");
});
