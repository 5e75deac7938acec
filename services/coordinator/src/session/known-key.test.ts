// Which of a key's certificates lead to its epoch. The certificates are real ones.
import { hex } from "@covault/crypto";
import { asCovaultError } from "@covault/errors";
import { intentIdOf, keysOf } from "@covault/trust";
import type { Certificate } from "@covault/wire";
import { expect, it } from "vitest";
import { certificateOf, epochOfIntent, keygenIntent, keyId, refreshIntent, verifiedRoster } from "../../test/cast.ts";
import { chainTo, checkFounding, continuedKey, keyAt, type StoredCertificate, verifiedEpoch } from "./known-key.ts";

const now = 1_700_000_000_000;
const keygen = keygenIntent("ses_0", now);
const [one, two, fork] = [
  refreshIntent("ses_1", now, { from: keygen, epochNumber: 1 }),
  refreshIntent("ses_2", now, { from: keygen, epochNumber: 2 }),
  refreshIntent("ses_3", now, { from: keygen, epochNumber: 3 }),
];
const last = refreshIntent("ses_4", now, { from: two, epochNumber: 7 });
const initiators = keysOf(verifiedRoster);

/**
 * Takes a certificate as a coordinator does: on the key in the epoch before, and for the intent of
 * a session of its own.
 */
function epoch(certificate: Certificate, known: readonly StoredCertificate[]) {
  const before = continuedKey(certificate);
  const key = before && keyAt(known, hex(before.oldEpoch), before.keyId, initiators);
  return verifiedEpoch(certificate, key, initiators, intentIdOf(certificate.intent!.body));
}
function stored(...certificates: readonly Certificate[]): StoredCertificate[] {
  const known: StoredCertificate[] = [];
  for (const certificate of certificates) {
    const { committed } = epoch(certificate, known);
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
const everything = stored(...[keygen, one, two, last].map((intent) => certificateOf(intent)));

it("[CO52] the key is in its highest epoch, and the chain to it leaves out what was passed by", () => {
  const highest = hex(epochOfIntent(last));
  const key = keyAt(everything, everything.at(-1)!.epoch, keyId, initiators);
  expect([key.epochNumber, hex(key.epoch)]).toEqual([7, highest]);
  const [founding, , second, third] = everything;
  expect(chainTo(everything, hex(epochOfIntent(last)))).toEqual([founding, second, third].map((entry) => entry?.certificate));
  expect(chainTo(everything, hex(epochOfIntent(one)))).toHaveLength(2);
  expect(refusal(() => keyAt([], highest, keyId, initiators))).toBe("trust/bad-chain");
});

it("[CO52] a certificate that continues no chain is kept out: its epoch before is unknown, or no lower than it", () => {
  expect(refusal(() => epoch(certificateOf(last), everything.slice(0, 2)))).toBe("trust/bad-chain");
  expect(refusal(() => epoch(certificateOf(one), []))).toBe("trust/bad-chain");
  const lower = refreshIntent("ses_5", now, { from: two, epochNumber: 2 });
  expect(refusal(() => epoch(certificateOf(lower), everything))).toBe("trust/bad-chain");
  const twoMembers = refreshIntent("ses_6", now, { from: fork, epochNumber: 9, change: { oldThreshold: 3, threshold: 3 } });
  expect(refusal(() => epoch(certificateOf(twoMembers), stored(certificateOf(keygen), certificateOf(fork))))).toBe("trust/bad-chain");
});

it("[CO52] a certificate without all acknowledgements is kept out, of a reshare also without those of dealers that leave", () => {
  const reshare = certificateOf(refreshIntent("ses_7", now, { from: two, epochNumber: 8, holders: ["p1", "p2"] }));
  expect(epoch(reshare, everything).members).toHaveLength(2);
  for (const part of [{ dealerAcks: [] }, { acks: reshare.acks.slice(1) }, { intent: { ...reshare.intent!, body: new Uint8Array([255]) } }])
    expect(refusal(() => epoch({ ...reshare, ...part }, everything))).toBe("trust/bad-chain");
});

it("[CO52] rows that lead nowhere, or in a circle, are no chain", () => {
  const circle = everything.map((entry) => ({ ...entry, oldEpoch: entry.oldEpoch ?? hex(epochOfIntent(last)) }));
  for (const altered of [circle, everything.slice(1)])
    expect(refusal(() => keyAt(altered, altered.at(-1)!.epoch, keyId, initiators))).toBe("trust/bad-chain");
});

it("[CO55] a key is founded by its session's own intent and by no second one, whatever epoch that gives it", () => {
  const certificate = certificateOf(keygen);
  const ofAnother = intentIdOf(certificateOf(keygenIntent("ses_9", now)).intent!.body);
  expect(refusal(() => verifiedEpoch(certificate, undefined, initiators, ofAnother))).toBe("trust/bad-chain");
  expect(refusal(() => verifiedEpoch(certificate, undefined, initiators, undefined))).toBe("trust/bad-chain");
  const id = hex(keyId);
  expect(refusal(() => checkFounding(id, ofAnother, everything))).toBe("coordinator/key-founded");
  expect(refusal(() => checkFounding(id, intentIdOf(certificate.intent!.body), everything))).toBeUndefined();
  expect(refusal(() => checkFounding(id, ofAnother, []))).toBeUndefined();
});
