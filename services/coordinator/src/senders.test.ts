import { describe, expect, it } from "vitest";
import { verifiedRoster } from "../test/cast.ts";
import { makeSenders } from "./senders.ts";
import { initialState, type SessionState } from "./session/state.ts";

const seated = (...partyIds: string[]) =>
  ({
    ...initialState,
    plan: { seats: partyIds.map((partyId, at) => ({ partyId, shareIndex: at + 1, idpk: "" })) },
  }) as unknown as SessionState;

describe("whom the inbox hears", () => {
  it("[CO50] the parties of the roster 512 times in a second each, and then the others still", () => {
    let now = 0;
    const senders = makeSenders(
      () => verifiedRoster,
      () => 1_000,
      () => now,
    );
    const asked = (partyId: string) =>
      Array.from({ length: 600 }, () => senders.refusal(partyId, undefined)).filter((one) => one !== undefined);
    expect(asked("p1")).toEqual(Array<string>(88).fill("too-often"));
    now += 999;
    expect(asked("p1")).toHaveLength(600);
    expect(asked("p2")).toHaveLength(88);
    now += 1;
    expect(asked("p1")).toHaveLength(88);
  });

  it("[CO50] the members of a session in memory as often as they like, whether or not they are in the roster", () => {
    const senders = makeSenders(
      () => verifiedRoster,
      () => 1_000,
      () => 0,
    );
    for (let n = 0; n < 600; n++) senders.refusal("p1", undefined);
    expect(senders.refusal("p1", seated("p1", "p2"))).toBeUndefined();
    expect(senders.refusal("p1", seated("p2", "p3"))).toBe("too-often");
    expect(senders.refusal("dev_x", seated("dev_x", "p2"))).toBeUndefined();
  });

  it("[CO50] nobody else", () => {
    const senders = makeSenders(
      () => verifiedRoster,
      () => 1_000,
    );
    for (const partyId of ["", "dev_x", "p4", "coordinator"])
      for (const known of [undefined, initialState, seated("p1", "p2")])
        expect([partyId, senders.refusal(partyId, known)]).toEqual([partyId, "stranger"]);
  });
});
