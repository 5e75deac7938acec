// Messages that never arrive, between real parties, a real router and a real coordinator. They are
// the round messages of a party that joins, receives and reports progress, and all reports of a
// signature.
import { fromBinary } from "@bufbuild/protobuf";
import type { Broker } from "@covault/service-kit/messages";
import { type Envelope, EnvelopeSchema, RoutedMessageSchema } from "@covault/wire";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Key, partyIds, type System, startSystem } from "./system.ts";

type Kind = Envelope["body"]["case"];
/** Says whether a message is lost between the routers and everybody. */
let isLost = (_from: string, _kind: Kind): boolean => false;
const keepsBack = (liar: string) => (from: string, kind: Kind) => from === liar && kind === "round";

function lossy(broker: Broker): Broker {
  return {
    ...broker,
    async publish(queue, body, options) {
      const { from, payload } = fromBinary(RoutedMessageSchema, body);
      if (!isLost(from?.partyId ?? "", fromBinary(EnvelopeSchema, payload).body.case)) await broker.publish(queue, body, options);
    },
  };
}

let system: System;
let key: Key;
beforeAll(async () => {
  system = await startSystem({ brokerOver: lossy, limits: { signProgressMs: 2_000, storedProgressMs: 2_000 } });
  for (const id of partyIds) await system.startParty(id, { limits: { resendMs: 200 } });
  key = await system.keygen();
}, 60_000);
afterAll(() => system.stop());

it.each(partyIds)("%s denies no signature: the two others sign", async (id) => {
  isLost = keepsBack(id);
  const session = await system.sign(key, new Uint8Array(32).fill(partyIds.indexOf(id) + 1), partyIds, 60_000, []);
  const signed = session.parties.filter(({ state }) => state === "signed").map(({ party_id }) => party_id);
  // A quorum that never had the liar in it may have signed first.
  expect([session.status, signed]).toEqual([
    "completed",
    partyIds.filter((other) => (id === "server-party-3" ? other < id : other !== id)),
  ]);
});

it("ends a key generation after two attempts, and names both sides", async () => {
  isLost = keepsBack("server-party-1");
  const failure = await system.keygen().catch((error: unknown) => error as Error);
  expect((failure as Error).message).toContain("coordinator/no-progress");
  expect((failure as Error).message).toContain("server-party-1 and server-party-2, server-party-1 and server-party-3");
});

it("a signature whose reports are all lost is had from its signers in the next attempt", async () => {
  const lost: string[] = [];
  isLost = (from, kind) => kind === "result" && lost.length < 2 && lost.push(from) > 0;
  const session = await system.sign(key, new Uint8Array(32).fill(9), partyIds, 60_000, []);
  const signed = session.parties.filter(({ state }) => state === "signed").map(({ party_id }) => party_id);
  expect([session.status, signed]).toEqual(["completed", ["server-party-1", "server-party-2"]]);
  expect(lost.sort()).toEqual(["server-party-1", "server-party-2"]);
});
