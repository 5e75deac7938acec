// The thresholds of a reshare, as they are asked for and as the key allows them.
import { asCovaultError } from "@covault/errors";
import { describe, expect, it } from "vitest";
import { thresholdsOf } from "./reshare.ts";

const before = { threshold: 3, holders: 5, required: ["server-party-1", "server-party-2", "server-party-3"] };
const asked = (thresholdT: number | undefined, required = before.required): unknown => {
  const wanted = { thresholdT, thresholdN: undefined, parties: undefined, leaveOut: [], force: undefined };
  try {
    return thresholdsOf(wanted, { ...before, required });
  } catch (error) {
    const { code, message, facts } = asCovaultError(error) ?? {};
    return [code, message, facts?.pointer];
  }
};

describe("thresholdsOf", () => {
  it("refuses fewer signers than are in every quorum of the key, and takes as many", () => {
    expect(asked(2)).toEqual([
      "account/bad-threshold",
      "threshold_t: server-party-1, server-party-2, server-party-3 are in every quorum of the key, so that at least 3 sign, got 2.",
      "/threshold_t",
    ]);
    expect(asked(3)).toEqual({ t: 3, n: 5 });
    expect(asked(undefined)).toEqual({ t: 3, n: 5 });
    expect(asked(2, ["server-party-1", "server-party-2"])).toEqual({ t: 2, n: 5 });
  });
});
