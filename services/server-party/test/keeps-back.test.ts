// A party that joins, receives and reports progress, and whose round messages never arrive: real parties, a real router and coordinator.
import { fromBinary } from "@bufbuild/protobuf";
import type { Broker } from "@covault/service-kit";
import { EnvelopeSchema, RoutedMessageSchema } from "@covault/wire";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Key, partyIds, type System, startSystem } from "./system.ts";

let liar: string | undefined;
/** Drops what the liar sends to other parties in rounds. */
function withoutRounds(broker: Broker): Broker {
  return {
    ...broker,
    async publish(queue, body, options) {
      const { from, payload } = fromBinary(RoutedMessageSchema, body);
      const isRound = fromBinary(EnvelopeSchema, payload).body.case === "round";
      if (!isRound || from?.partyId !== liar) await broker.publish(queue, body, options);
    },
  };
}

let system: System;
let key: Key;
beforeAll(async () => {
  system = await startSystem({ brokerOver: withoutRounds, limits: { signProgressMs: 2_000, storedProgressMs: 2_000 } });
  for (const id of partyIds) await system.startParty(id, { limits: { resendMs: 200 } });
  key = await system.keygen();
}, 60_000);
afterAll(() => system.stop());

it.each(partyIds)("%s denies no signature: the two others sign", async (id) => {
  liar = id;
  const session = await system.sign(key, new Uint8Array(32).fill(partyIds.indexOf(id) + 1), partyIds, 60_000, []);
  const signed = session.parties.filter(({ state }) => state === "signed").map(({ party_id }) => party_id);
  // A quorum that never had the liar in it may have signed first.
  expect([session.status, signed]).toEqual([
    "completed",
    partyIds.filter((other) => (id === "server-party-3" ? other < id : other !== id)),
  ]);
});

it("ends a key generation after two attempts, and names both sides", async () => {
  liar = "server-party-1";
  const failure = await system.keygen().catch((error: unknown) => error as Error);
  expect((failure as Error).message).toContain("coordinator/no-progress");
  expect((failure as Error).message).toContain("server-party-1 and server-party-2, server-party-1 and server-party-3");
});
