import { asCovaultError } from "@covault/errors";
import { describe, expect, it } from "vitest";
import { renewalRunsMax, type StoredPair } from "../ports/pairs.ts";
import { checkRenewable, checkRuns } from "./check-renewal.ts";

const pair = (over: Partial<StoredPair> = {}): StoredPair => ({
  keyId: new Uint8Array(32).fill(1),
  epoch: new Uint8Array(32).fill(2),
  partner: 3,
  generation: 4,
  pairId: new Uint8Array(32).fill(5),
  status: "committed",
  state: new Uint8Array(9),
  burn: undefined,
  cleared: false,
  strikes: 0,
  ...over,
});
const burn = (reason: string) => ({
  burn: { partner: 3, pairId: pair().pairId, reason, sid: new Uint8Array(32), digest: new Uint8Array(32) },
});
const codeOf = (act: () => void): string | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return asCovaultError(error)?.code;
  }
};
const renewable = (stored: StoredPair | undefined, generation = 5) => codeOf(() => checkRenewable({ generation }, stored));

describe("checkRenewable", () => {
  it("takes a generation above the one that is here, staged or committed, whether its state is there or lost", () => {
    for (const over of [{}, { status: "staged" as const }, { state: undefined }, { generation: 0 }])
      expect(renewable(pair(over))).toBeUndefined();
    expect(renewable(undefined, 1)).toBeUndefined();
  });

  it("refuses every other generation", () => {
    for (const generation of [1, 3, 4]) expect(renewable(pair(), generation)).toBe("party/pair-generation");
    expect(renewable(pair({ status: "staged", state: undefined }), 4)).toBe("party/pair-generation");
  });

  it("asks for a person's word after a failed check, of whichever kind, and not after strikes", () => {
    for (const reason of ["mpc/ot-check-failed", "mpc/mul-check-failed", "mpc/something-else"]) {
      expect(renewable(pair(burn(reason)))).toBe("party/pair-uncleared");
      expect(renewable(pair({ ...burn(reason), cleared: true }))).toBeUndefined();
    }
    expect(renewable(pair(burn("party/strikes")))).toBeUndefined();
    expect(renewable(pair({ strikes: 7 }))).toBeUndefined();
  });
});

describe("checkRuns", () => {
  it("lets a pair be renewed sixteen times in an epoch", () => {
    expect(renewalRunsMax).toBe(16);
    expect(codeOf(() => checkRuns(15, 3))).toBeUndefined();
    for (const runs of [16, 17]) expect(codeOf(() => checkRuns(runs, 3))).toBe("party/renewals-exhausted");
  });
});
