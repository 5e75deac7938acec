// Which identity key speaks for a holder of an epoch now: that of its certificate, or the one that
// the roster has given the party since.
import type { Member } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { deviceMember, keyOf, nowMs, parties, phone, root, roster, type rosterInit } from "../test/statements.ts";
import { asOfNow, checkSigners, holderKeysOf, speakerOf, verifyRoster } from "./index.ts";

type Parties = typeof rosterInit.parties;
const rosterWith = (change: (list: Parties) => void) =>
  verifyRoster(
    roster((init) => change(init.parties)),
    root.publicKey,
  );
const third = parties[2] as (typeof parties)[number];
const successor = keyOf(71);
const holder = { partyId: third.partyId, shareIndex: 3, idpk: third.key.publicKey, role: "persistent" } as Member;
const give = (list: Parties, change: Partial<Parties[number]>): void => {
  const at = list.findIndex(({ partyId }) => partyId === third.partyId);
  list[at] = { ...(list[at] as Parties[number]), ...change };
};

describe("the identity key that speaks for a holder", () => {
  it("is that of the certificate, and the roster's after a succession", () => {
    expect(
      speakerOf(
        rosterWith(() => {}),
        holder,
        nowMs,
      ),
    ).toBe(holder);
    expect(
      speakerOf(
        rosterWith((list) => give(list, { idpk: successor.publicKey })),
        holder,
        nowMs,
      ),
    ).toEqual({
      ...holder,
      idpk: successor.publicKey,
    });
  });
  it.each<readonly [string, (list: Parties) => void]>([
    ["was removed", (list) => void list.splice(0, list.length, ...list.filter(({ partyId }) => partyId !== third.partyId))],
    ["has another role now", (list) => give(list, { idpk: successor.publicKey, role: "temporary" })],
    ["has expired", (list) => give(list, { idpk: successor.publicKey, validUntilMs: BigInt(nowMs) })],
    ["is not valid yet", (list) => give(list, { idpk: successor.publicKey, validFromMs: BigInt(nowMs) + 1n })],
    [
      "gave its key to another party",
      (list) => {
        give(list, { partyId: "server-party-9" });
      },
    ],
  ])("is none when the party %s", (_name, change) => {
    const now = rosterWith(change);
    expect(speakerOf(now, holder, nowMs)).toBeUndefined();
    const key = asOfNow({ members: [holder] }, now, nowMs);
    expect(key.members).toEqual([holder]);
    expect(() => checkSigners(now, key.members, nowMs)).toThrow(/has no valid party server-party-3/);
  });
  it("is a device's own, whatever the roster has", () => {
    const device = deviceMember(phone, 4) as Member;
    expect(
      speakerOf(
        rosterWith(() => {}),
        device,
        nowMs,
      ),
    ).toBe(device);
    expect(holderKeysOf(rosterWith(() => {}))(device)).toEqual([device.idpk]);
  });
  it("leaves the words that were given under the key of the certificate", () => {
    const keys = (change: (list: Parties) => void) => holderKeysOf(rosterWith(change))(holder);
    expect(keys(() => {})).toEqual([holder.idpk]);
    expect(keys((list) => give(list, { idpk: successor.publicKey }))).toEqual([holder.idpk, successor.publicKey]);
    expect(keys((list) => give(list, { idpk: successor.publicKey, role: "temporary" }))).toEqual([holder.idpk]);
  });
});
