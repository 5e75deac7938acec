import { describe, expect, it } from "vitest";
import { at, joined, keygenPlan, opened, refreshPlan, running, said, signPlan, started, t0 } from "../../test/given.ts";
import type { TimedEvent } from "../session/events.ts";
import { fold } from "../session/evolve.ts";
import { viewSession } from "./view.ts";

const states = (...history: readonly TimedEvent[]) => viewSession(fold(history), []).parties.map(({ state }) => state);
const failed = (attempt: number) => at(5, "AttemptFailed", { attempt, code: "x/y", silent: [], disputes: [], retryAtMs: t0 });
const ended = at(9, "SessionFailed", { code: "coordinator/expired", message: "", parties: [] });

describe("the parties of a session", () => {
  it("[CO41] are as far as they said, while an attempt is under way", () => {
    const progressed = at(1, "Progressed", { ...said(1, 1), round: 1 });
    expect(states(...running(signPlan, 1, [1, 2]), progressed)).toEqual(["running", "joined", "eligible"]);
    expect(states(opened(signPlan), started(1, [1, 2]), joined(1, 1))).toEqual(["joined", "invited", "eligible"]);
  });
  it("[CO41] have signed, or were not needed, when there is a signature, whatever was heard of them", () => {
    const completed = (attempt: number) => at(7, "Completed", { attempt, signature: "ab" });
    expect(states(...running(signPlan, 1, [1, 2]), completed(1))).toEqual(["signed", "signed", "unused"]);
    // The first attempt's signature came in while the second attempt ran.
    expect(states(...running(signPlan, 1, [1, 2]), failed(1), started(2, [1, 3], 5), completed(1))).toEqual(["signed", "signed", "unused"]);
  });
  it("[CO41] hold their shares when there is a certificate", () => {
    const committed = at(7, "Committed", {
      certificate: "eA==",
      keyId: "01",
      epoch: "02",
      epochNumber: 0,
      oldEpoch: null,
      publicKey: "03",
    });
    expect(states(...running(keygenPlan, 1, [1, 2, 3]), committed, at(7, "Completed", { attempt: 1 }))).toEqual([
      "acknowledged",
      "acknowledged",
      "acknowledged",
    ]);
  });
  it("[CO41] run no more when the attempt or the session has failed", () => {
    const aborted = { ...said(1, 2), round: 1, code: "x/y", culprits: [], consequence: "retry", burned: [] } as const;
    const after = [...running(signPlan, 1, [1, 2]), at(4, "Aborted", aborted), failed(1)];
    expect(states(...after)).toEqual(["cancelled", "aborted", "eligible"]);
    expect(states(...after, ended)).toEqual(["cancelled", "aborted", "unused"]);
    expect(states(opened(signPlan), ended)).toEqual(["unused", "unused", "unused"]);
  });
});

it("[CO81] names whom a further epoch waits for: who is away, and once it is staged who has not acknowledged", () => {
  const awaited = (present: readonly string[], ...history: readonly TimedEvent[]) => viewSession(fold(history), present).awaited;
  expect(awaited(["p1", "p3"], opened(refreshPlan))).toEqual(["p2"]);
  const acked = at(1, "Acknowledged", { partyId: "p1", shareIndex: 1, material: "m", ack: "a" });
  const staged = at(2, "Staged", { code: "coordinator/no-progress", message: "", parties: [] });
  const history = [...running(refreshPlan, 1, [1, 2, 3]), acked];
  expect(awaited([], ...history)).toEqual([]);
  expect(awaited(["p1", "p2", "p3"], ...history, staged)).toEqual(["p2", "p3"]);
  expect(viewSession(fold([...history, staged]), []).parties.map(({ state }) => state)).toEqual(["acknowledged", "cancelled", "cancelled"]);
  expect(awaited([], opened(signPlan))).toEqual([]);
});
