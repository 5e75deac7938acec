import { createHash } from "node:crypto";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { CertificateSchema, SignedSchema } from "@covault/wire";
import { expect, it } from "vitest";
import { testSystem } from "../../test/system.ts";
import { initiator } from "../../test/trust.ts";
import { openedKeys } from "./opened-keys.ts";

const system = await testSystem();
/** The roster that is in use, whatever it says. */
let roster: object = {};

/** Gives the founding certificate of a new account's key, and the hash of its intent. */
async function founded(): Promise<{ readonly certificate: Uint8Array; readonly intentId: Uint8Array }> {
  const { id } = (await system.createAccount()).body;
  const query = system.db.selectFrom("epochs").innerJoin("keys", "keys.key_id", "epochs.key_id").select("certificate");
  const row = await query.where("account_id", "=", id).executeTakeFirstOrThrow();
  const certificate = new Uint8Array(row.certificate);
  const { intent } = fromBinary(CertificateSchema, certificate);
  return {
    certificate,
    intentId: new Uint8Array(
      createHash("sha256")
        .update((intent as { body: Uint8Array }).body)
        .digest(),
    ),
  };
}

/**
 * Gives opened keys, and counts how often the initiator's keys were asked for, which happens each
 * time that a certificate is verified.
 */
function counting(max?: number) {
  const count = { verified: 0 };
  const keysOf = (id: string) => {
    count.verified++;
    return id === initiator.id ? [initiator.publicKey] : [];
  };
  return { count, opened: openedKeys(keysOf, () => roster, max) };
}

it("a chain is verified once, and every other one for itself", async () => {
  const [one, other] = [await founded(), await founded()];
  const { count, opened } = counting();
  const key = opened.open(one.intentId, [one.certificate]);
  expect(count.verified).toBe(1);
  expect(opened.open(one.intentId.slice(), [one.certificate.slice()])).toBe(key);
  expect(count.verified).toBe(1);
  expect(opened.open(other.intentId, [other.certificate]).charter.keyId).not.toEqual(key.charter.keyId);
  expect(() => opened.open(other.intentId, [one.certificate])).toThrow("another founding intent");
  const altered = fromBinary(CertificateSchema, one.certificate);
  const ack = altered.acks[0] ?? fromBinary(SignedSchema, new Uint8Array());
  ack.signature = ack.signature.map((byte) => byte ^ 1);
  const bytes = toBinary(CertificateSchema, altered);
  for (let tries = 0; tries < 2; tries++) expect(() => opened.open(one.intentId, [bytes])).toThrow("Certificate 0");
});

it("a chain is verified again under another roster", async () => {
  const { certificate, intentId } = await founded();
  const { count, opened } = counting();
  opened.open(intentId, [certificate]);
  roster = {};
  opened.open(intentId, [certificate]);
  opened.open(intentId, [certificate]);
  expect(count.verified).toBe(2);
});

it("the key that was asked for longest ago makes room", async () => {
  const keys = [await founded(), await founded(), await founded()] as const;
  const { count, opened } = counting(2);
  const open = ({ intentId, certificate }: (typeof keys)[number]): number => {
    const before = count.verified;
    opened.open(intentId, [certificate]);
    return count.verified - before;
  };
  expect([open(keys[0]), open(keys[1]), open(keys[0]), open(keys[2])]).toEqual([1, 1, 0, 1]);
  expect([open(keys[0]), open(keys[2]), open(keys[1])]).toEqual([0, 0, 1]);
});
