// A share in a party's store of whose pairs some are burned, for tests of what an operator sees.
import { create, toBinary } from "@bufbuild/protobuf";
import type { Store } from "@covault/party";
import { IntentSchema, SignedSchema } from "@covault/wire";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const [keyId, epoch, intentId] = [fill(1), fill(2), fill(3)];

/** The id of the key of `withBurnedPairs`, hex. */
export const burnedKeyId = Buffer.from(keyId).toString("hex");

/**
 * Puts a share of server-party-1 into a store. A failed check has burned its pair with
 * server-party-2, and strikes the one with server-party-3. Of the pair with server-party-4 nothing
 * is there, as after a repair.
 */
export async function withBurnedPairs(store: Store): Promise<void> {
  const run = { sessionId: "ses_1", intentId };
  const session = { ...run, rid: fill(4), context: fill(5), state: fill(6), outbox: [], expiresAtMs: 1 };
  const fence = (await store.openSession(session, { name: "instance/a", fence: 1 })) as number;
  const members = [1, 2, 3, 4].map((shareIndex) => ({ partyId: `server-party-${shareIndex}`, shareIndex }));
  const intent = create(IntentSchema, { action: { case: "keygen", value: { members } } });
  const share = {
    ...{ keyId, epoch, epochNumber: 0, scheme: "ecdsa-secp256k1", ...run },
    ...{ record: fill(7), secret: fill(8), ack: fill(9) },
    intent: toBinary(SignedSchema, create(SignedSchema, { body: toBinary(IntentSchema, intent) })),
  };
  const pairs = [2, 3].map((partner) => ({ partner, pairId: fill(0x10 + partner), state: fill(10) }));
  await store.stageShare(share, pairs, { rid: session.rid, fence });
  await store.commitShare(share, [fill(11)]);
  const reasons = ["mpc/ot-check-failed", "party/strikes"];
  const burns = pairs.map(({ partner, pairId }, at) => ({ partner, pairId, reason: reasons[at] ?? "", sid: fill(12), digest: fill(13) }));
  await store.burn(epoch, burns);
}
