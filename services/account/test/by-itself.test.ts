// These tests let the service refresh keys by itself: by a schedule, and after strikes. After a
// failed check it tells people instead.
import { expect, it } from "vitest";
import { lookOf, refreshLookEveryMs } from "../src/operations/by-itself.ts";
import { testSystem } from "./system.ts";
import { holdingOf } from "./trust.ts";

const system = await testSystem();
const { coordinator } = system;
const { behaviour } = coordinator;
const dayMs = 24 * 3_600_000;

async function account(): Promise<{ id: string; keyId: Uint8Array }> {
  const { id, keys } = (await system.createAccount()).body;
  return { id, keyId: new Uint8Array(Buffer.from(keys[0].key_id.slice(2), "hex")) };
}
/** The sessions that continue the key of an account. */
const refreshes = (keyId: Uint8Array) =>
  [...coordinator.sessions.values()].filter(
    ({ intent: { action } }) => action.case === "refresh" && Buffer.from(action.value.keyId).equals(keyId),
  );
/** A time so many days from now, at the look of the day of this key, or at another one. */
function at(days: number, keyId: Uint8Array, look: "its" | "another" = "its"): number {
  const midnightMs = Math.floor((Date.now() + days * dayMs) / dayMs) * dayMs;
  const own = lookOf({ charter: { keyId } } as Parameters<typeof lookOf>[0]);
  return midnightMs + (look === "its" ? own : (own + 1) % 144) * refreshLookEveryMs;
}
async function look(nowMs: number, everyDays?: number): Promise<void> {
  if (everyDays !== undefined) await system.restart({ byItself: { everyDays } });
  await system.service().lookAtKeys(nowMs);
}
const pairs = (strikes: number, state = "usable") => [
  { shareIndex: 2, state, strikes },
  { shareIndex: 3, state: "usable", strikes: 0 },
];
const struck = (strikes: number, state?: string) => {
  behaviour.holds = (partyId, question) =>
    holdingOf(partyId, question, partyId === "server-party-1" ? { pairs: pairs(strikes, state) } : {});
};

it("refreshes a key whose shares are older than the schedule says, and none without a schedule", async () => {
  const { keyId } = await account();
  await look(at(31, keyId, "another"));
  expect(refreshes(keyId)).toHaveLength(0);
  await look(at(29, keyId, "another"), 30);
  expect(refreshes(keyId)).toHaveLength(0);
  await look(at(32, keyId, "another"), 30);
  expect(refreshes(keyId)).toHaveLength(1);
});

it("refreshes a key of which a holder has counted 4 strikes of a pair, at the key's look of the day alone", async () => {
  const { keyId } = await account();
  struck(3);
  await look(at(1, keyId));
  struck(4);
  await look(at(1, keyId, "another"));
  expect(refreshes(keyId)).toHaveLength(0);
  await look(at(1, keyId));
  expect(refreshes(keyId)).toHaveLength(1);
});

it("begins none where the key had three sessions in a day, whoever asked", async () => {
  const { id, keyId } = await account();
  struck(4);
  behaviour.fail = { code: "mpc/bad-proof", message: "no" };
  for (let asked = 0; asked < 3; asked++) {
    const { session_id } = (await system.call("POST", `/api/v1/accounts/${id}/refresh`, {})).body;
    await system.call("GET", `/api/v1/sessions/${session_id}`);
  }
  await look(Date.now());
  await look(at(0, keyId));
  expect(refreshes(keyId)).toHaveLength(3);
  await look(at(2, keyId));
  expect(refreshes(keyId)).toHaveLength(4);
});

it("begins none while a holder does not answer, since it may have seen a check fail", async () => {
  const { keyId } = await account();
  behaviour.holds = (partyId, question) => (partyId === "server-party-2" ? undefined : holdingOf(partyId, question));
  await look(at(32, keyId), 30);
  expect(refreshes(keyId)).toHaveLength(0);
  behaviour.holds = (partyId, question) => holdingOf(partyId, question);
  await look(at(32, keyId));
  expect(refreshes(keyId)).toHaveLength(1);
});

it("begins none where another replica began the day's last one while the holders were asked", async () => {
  const { id, keyId } = await account();
  struck(4);
  behaviour.fail = { code: "mpc/bad-proof", message: "no" };
  const asked = async () => {
    const { session_id } = (await system.call("POST", `/api/v1/accounts/${id}/refresh`, {})).body;
    await system.call("GET", `/api/v1/sessions/${session_id}`);
  };
  await asked();
  await asked();
  let questions = 0;
  behaviour.meanwhile = async () => {
    questions += 1;
    // The first question finds the strikes, and the second one is that of the refresh.
    if (questions === 2) await asked();
  };
  await look(at(0, keyId));
  expect([questions, refreshes(keyId).length]).toEqual([3, 3]);
});

it("tells people of a failed check and refreshes nothing, though the key is old", async () => {
  const { id, keyId } = await account();
  struck(8, "burned");
  await look(at(40, keyId), 30);
  // They are told once a day.
  await look(at(40, keyId, "another"));
  expect(refreshes(keyId)).toHaveLength(0);
  const { entries } = (await system.call("GET", `/api/v1/audit?account_id=${id}&act=key.burned`)).body;
  expect(entries.map(({ data }: { data: { pairs: string[] } }) => data.pairs)).toEqual([["server-party-1 with share 2"]]);
});
