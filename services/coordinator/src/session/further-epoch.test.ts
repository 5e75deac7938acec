// The sessions that make a further epoch of a key. They wait for their members, end in doubt, and
// are passed by.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { at, given, joined, only, opened, refreshPlan, running, said, signPlan, started, t0, world } from "../../test/given.ts";
import type { Command } from "./commands.ts";
import { decide } from "./decide.ts";
import { fold } from "./evolve.ts";
import { initialState, type SessionState } from "./state.ts";

const newer = { code: "coordinator/superseded", message: "The key has got a higher epoch." };
const acked = (index: number, after = 10) =>
  at(after, "Acknowledged", { partyId: `p${index}`, shareIndex: index, material: "m", ack: `a${index}` });
const ack = (index: number) => ({ partyId: `p${index}`, shareIndex: index, material: "m", ack: `a${index}` });
const staged = at(60_000, "Staged", { code: "coordinator/no-progress", message: "In doubt.", parties: [] });
const certificate = {
  certificate: "Yw==",
  keyId: "01".repeat(32),
  epoch: "03".repeat(32),
  epochNumber: 1,
  oldEpoch: "02".repeat(32),
  publicKey: "02",
};
const superseded = (index: number) => ({
  partyId: `p${index}`,
  attempt: 1,
  round: 2,
  code: "party/epoch-superseded",
  culprits: [],
  consequence: "retry" as const,
});
const behind = (index: number, attempt = 1, code = "party/epoch-behind") => ({
  partyId: `p${index}`,
  attempt,
  code,
  message: "",
  burned: [],
});

describe("waiting for the members", () => {
  it("[CO81] a further epoch waits for a member that is away until the intent expires, and starts when all are there", () => {
    given(opened(refreshPlan))
      .when("Tick", {}, { after: 299_999, present: only(1, 2) })
      .thenNothing();
    given(opened(refreshPlan)).when("Tick", {}, { after: 299_999 }).thenTypes("AttemptStarted");
    given(opened(refreshPlan))
      .when("Tick", {}, { after: 300_000, present: only(1, 2) })
      .thenHas("SessionFailed", { code: "coordinator/expired" });
  });
  it("[CO81] a member that goes costs the attempt and not the session", () => {
    given(...running(refreshPlan, 1, [1, 2, 3]))
      .when("Tick", {}, { after: 7_000, present: only(1, 2), absent: { 3: 3_000 } })
      .thenTypes("AttemptFailed");
  });
  it("[CO81] no order of events ends it because somebody is away", () => {
    const party = fc.integer({ min: 1, max: 3 });
    const act = fc.oneof(
      fc.record({ do: fc.constant("tick" as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
      fc.record({ do: fc.constant("leave" as const), party }),
      fc.record({ do: fc.constant("come" as const), party }),
      fc.record({ do: fc.constant("join" as const), party }),
      fc.record({ do: fc.constant("ack" as const), party }),
      fc.record({ do: fc.constant("behind" as const), party }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        let state: SessionState = fold([opened(refreshPlan)]);
        let ms = 0;
        const away = new Map<number, number>();
        for (const one of acts) {
          if (one.do === "tick") ms += one.ms;
          else if (one.do === "leave") away.set(one.party, away.get(one.party) ?? ms);
          else if (one.do === "come") away.delete(one.party);
          const attempt = state.attempt?.attempt ?? 0;
          const command: Command =
            one.do === "join"
              ? {
                  type: "Join",
                  data: { partyId: `p${one.party}`, attempt, instanceId: `p${one.party}-a`, join: `j${attempt}${one.party}`, fresh: "f" },
                }
              : one.do === "ack"
                ? { type: "Acknowledge", data: ack(one.party) }
                : one.do === "behind"
                  ? { type: "Decline", data: behind(one.party, attempt) }
                  : { type: "Tick", data: {} };
          const around = {
            after: ms,
            present: only(...[1, 2, 3].filter((index) => !away.has(index))),
            absent: Object.fromEntries(away),
          };
          const events = decide(command, state, world(around)).map((event) => ({ ...event, atMs: t0 + ms }));
          for (const event of events)
            if (event.type === "SessionFailed")
              expect(["coordinator/expired", "coordinator/attempts-exhausted"]).toContain(event.data.code);
          state = fold(events, state);
        }
      }),
      { numRuns: 200 },
    );
  });
  it("[CO7] the attempts of a further epoch are spread, so that they outlast a member that comes and goes", () => {
    const failed = (attempt: number) =>
      given(
        opened(refreshPlan),
        started(attempt, [1, 2, 3]),
        ...[1, 2, 3].map((index) => joined(attempt, index)),
        at(0, "AttemptReady", { attempt }),
      ).when("Abort", {
        ...superseded(1),
        attempt,
        code: "mpc/bad-message",
      });
    failed(1).thenHas("AttemptFailed", { retryAtMs: t0 });
    failed(3).thenHas("AttemptFailed", { retryAtMs: t0 + 4_000 });
    failed(7).thenHas("AttemptFailed", { retryAtMs: t0 + 60_000 });
  });
});

describe("in doubt", () => {
  const history = [...running(refreshPlan, 1, [1, 2, 3]), acked(1)];
  it("[CO75] an attempt that ends when some have acknowledged leaves the session staged", () => {
    given(...history)
      .when("Tick", {}, { after: 60_000 })
      .thenTypes("AttemptFailed", "Staged");
    given(...history, staged)
      .when("Tick", {}, { after: 70_000 })
      .thenNothing();
  });
  it("[CO75] the last acknowledgement completes it: while it is staged, and after its end", () => {
    const last = { ...ack(3), certificate };
    given(...history, acked(2), staged)
      .when("Acknowledge", last)
      .thenTypes("Acknowledged", "Committed", "Completed");
    const ended = at(70_000, "SessionFailed", { ...newer, parties: [] });
    given(...history, acked(2), staged, ended)
      .when("Acknowledge", last)
      .thenTypes("Acknowledged", "Committed", "Completed");
    given(...history, staged, ended)
      .when("Commit", { certificate })
      .thenTypes("Committed", "Completed");
  });
  it("[CO75] it ends when a higher epoch of the key is certified, and when its intent expires", () => {
    given(...history, staged)
      .when("Tick", {}, { after: 70_000, newer })
      .thenHas("SessionFailed", { code: "coordinator/superseded" });
    given(...history, staged)
      .when("Tick", {}, { after: 300_000 })
      .thenHas("SessionFailed", { code: "coordinator/expired" });
  });
  it("[CO76] a session whose key has got a higher epoch starts no attempt", () => {
    given(opened(refreshPlan)).when("Tick", {}, { newer }).thenHas("SessionFailed", { code: "coordinator/superseded" });
  });
});

describe("a commit while something is signed", () => {
  const terms = {
    threshold: 2,
    holders: 3,
    seats: signPlan.seats,
    required: [],
    key: { ...signPlan.key!, epoch: "03".repeat(32), epochNumber: 1 },
  };
  const history = running(signPlan, 1, [1, 2]);
  const none = initialState.suspicion;
  it("[CO78] an attempt that a commit has ended is followed at once with the new epoch, and speaks against nobody", () => {
    for (const [type, data] of [["Abort", superseded(1)] as const, ["Decline", behind(1)] as const]) {
      const state = fold(history);
      const events = decide({ type, data } as Command, state, world({ after: 50, newer: { terms } }));
      expect(events.map((event) => event.type)).toEqual([
        type === "Abort" ? "Aborted" : "Declined",
        "AttemptFailed",
        "KeyAdvanced",
        "AttemptStarted",
      ]);
      const after = fold(
        events.map((event) => ({ ...event, atMs: t0 + 50 })),
        state,
      );
      expect([after.suspicion, after.declines, after.burned, after.disputed]).toEqual([none, {}, [], {}]);
    }
  });
  it("[CO7] one that a commit has ended is none of the 8, up to 8 of them: whoever lies about commits gets 16 attempts and no more", () => {
    const ended = (attempt: number, code: string) => [
      started(attempt, [1, 2]),
      at(0, "AttemptFailed", { attempt, code, silent: [], disputes: [], retryAtMs: t0 }),
    ];
    const after = (codes: readonly string[]) => [opened(signPlan), ...codes.flatMap((code, at) => ended(at + 1, code))];
    const [commit, other] = ["party/epoch-superseded", "mpc/bad-message"];
    const next = (codes: readonly string[]) => given(...after(codes)).when("Tick", {});
    next([...Array<string>(7).fill(other), commit]).thenHas("AttemptStarted", { attempt: 9 });
    next([commit, ...Array<string>(7).fill(other)]).thenHas("AttemptStarted", { attempt: 9 });
    next([commit, ...Array<string>(8).fill(other)]).thenHas("SessionFailed", { code: "coordinator/attempts-exhausted" });
    next(Array<string>(15).fill(commit)).thenHas("AttemptStarted", { attempt: 16 });
    next(Array<string>(16).fill(commit)).thenHas("SessionFailed", { code: "coordinator/attempts-exhausted" });
    next([...Array<string>(8).fill(commit), ...Array<string>(8).fill(other)]).thenHas("SessionFailed", {
      code: "coordinator/attempts-exhausted",
    });
    // Neither does it make the next pause longer.
    given(...after([commit]), started(2, [1, 2]), joined(2, 1), joined(2, 2), at(0, "AttemptReady", { attempt: 2 }))
      .when("Abort", { ...superseded(1), attempt: 2, code: other })
      .thenHas("AttemptFailed", { retryAtMs: t0 });
  });
  it("[CO78] where the certificate is not known yet, it is waited for a moment, at any attempt", () => {
    given(...history)
      .when("Abort", superseded(1))
      .thenHas("AttemptFailed", { retryAtMs: t0 + 200 });
    given(...history)
      .when("Decline", behind(2, 1, "party/chain-missing"))
      .thenHas("Declined", { final: false });
    const late = [opened(signPlan), started(5, [1, 2]), joined(5, 1)];
    given(...late)
      .when("Decline", behind(2, 5), { newer: { terms } })
      .thenHas("AttemptFailed", { retryAtMs: t0 });
    expect(said(1, 1).partyId).toBe("p1");
  });
  it.each(["Decline", "Abort"] as const)(
    "[CO78] one that goes on to %s for an epoch that nobody shows gives way to another quorum",
    (type) => {
      let state = fold([opened(signPlan)]);
      const quorums: string[] = [];
      for (let ms = 0; ms < 20_000 && state.status !== "failed"; ms += 250) {
        const after = (command: Command): void => {
          const events = decide(command, state, world({ after: ms }));
          state = fold(
            events.map((event) => ({ ...event, atMs: t0 + ms })),
            state,
          );
        };
        after({ type: "Tick", data: {} });
        const { attempt = 0, members = [] } = state.attempt ?? {};
        if (state.status !== "running") continue;
        quorums.push(members.map(({ partyId }) => partyId).join());
        if (!members.some(({ partyId }) => partyId === "p1")) break;
        const said = { ...superseded(1), attempt };
        after(type === "Abort" ? { type, data: said } : { type, data: { ...behind(1, attempt), code: said.code } });
      }
      expect([quorums.slice(0, 2), quorums.at(-1)]).toEqual([["p1,p2", "p1,p2"], "p2,p3"]);
      expect(quorums.length).toBeLessThan(8);
    },
  );
});
