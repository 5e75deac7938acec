// These tests let the service look after keys by itself. It refreshes by a schedule, and renews
// pairs that are struck. After a failed check it tells people instead.
import { expect, it } from "vitest";
import { lookOf, refreshLookEveryMs } from "../src/operations/by-itself.ts";
import { testSystem } from "./system.ts";
import { holdingOf, pairCertificate, pairIdOf } from "./trust.ts";

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
/** What renewals of the key's pairs ask for. */
const renewals = (keyId: Uint8Array) =>
  [...coordinator.sessions.values()].flatMap(({ intent: { action } }) =>
    action.case === "renew" && Buffer.from(action.value.keyId).equals(keyId) ? [action.value] : [],
  );
/** A time so many days from now, at the look of the day of this key, or at another one. */
function at(days: number, keyId: Uint8Array, look: "its" | "another" = "its"): number {
  const midnightMs = Math.floor((Date.now() + days * dayMs) / dayMs) * dayMs;
  const own = lookOf({ charter: { keyId } } as Parameters<typeof lookOf>[0]);
  return midnightMs + (look === "its" ? own : (own + 1) % 144) * refreshLookEveryMs;
}
async function look(nowMs: number, everyDays?: number): Promise<void> {
  if (everyDays !== undefined) await system.restart({ byItself: { everyDays } });
  // A pair that was made anew is as good as new.
  behaviour.renews = (signedIntent) => {
    behaviour.holds = (partyId, question) => holdingOf(partyId, question);
    return pairCertificate(signedIntent);
  };
  await system.service().lookAtKeys(nowMs);
  await system.service().renewed();
}
const struck = (strikes: number, change: object = {}) => {
  const pairs = [
    { shareIndex: 2, state: "usable", strikes, pairId: pairIdOf(1, 2), ...change },
    { shareIndex: 3, state: "usable", strikes: 0, pairId: pairIdOf(1, 3) },
  ];
  behaviour.holds = (partyId, question) => holdingOf(partyId, question, partyId === "server-party-1" ? { pairs } : {});
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

it("renews a pair of which a holder has counted 4 strikes, at the key's look of the day alone", async () => {
  const { keyId } = await account();
  struck(3);
  await look(at(1, keyId));
  struck(4);
  await look(at(1, keyId, "another"));
  expect(renewals(keyId)).toHaveLength(0);
  await look(at(1, keyId));
  expect(renewals(keyId)).toMatchObject([{ shareIndexLo: 1, shareIndexHi: 2, generation: 1 }]);
  expect(refreshes(keyId)).toHaveLength(0);
});

it("begins none where the key had three sessions in a day, whoever asked", async () => {
  const { id, keyId } = await account();
  struck(4, { generation: 16 });
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
  struck(4, { generation: 16 });
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
  struck(2, { state: "burned", uncleared: true });
  await look(at(40, keyId), 30);
  // They are told once a day.
  await look(at(40, keyId, "another"));
  expect(refreshes(keyId)).toHaveLength(0);
  const { entries } = (await system.call("GET", `/api/v1/audit?account_id=${id}&act=key.burned`)).body;
  expect(entries.map(({ data }: { data: object }) => data)).toEqual([
    { key_id: `0x${Buffer.from(keyId).toString("hex")}`, pairs: ["server-party-1 and server-party-2"], uncleared: ["server-party-1"] },
  ]);
  // Once it is cleared, people ask for the renewal.
  struck(2, { state: "burned" });
  await look(at(42, keyId));
  expect(renewals(keyId)).toEqual([]);
});
