import { expect, it } from "vitest";
import { coordinatorQueue, partyQueue, queueIdleMs } from "./port.ts";

it("lets an instance's queue go after an hour without use, and keeps those of parties and coordinators for two days", () => {
  expect(queueIdleMs(partyQueue("server-party-1", "ins_1"))).toBe(3_600_000);
  for (const queue of [partyQueue("server-party-1"), coordinatorQueue]) expect(queueIdleMs(queue)).toBe(48 * 3_600_000);
});
