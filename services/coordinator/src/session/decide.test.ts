import { describe, expect, it } from "vitest";
import {
  at,
  event,
  given,
  joined,
  keygenPlan,
  only,
  opened,
  renewPlan,
  rid,
  running,
  said,
  signPlan,
  started,
  t0,
} from "../../test/given.ts";
import { defaultLimits } from "./commands.ts";
import { dueInMs } from "./due.ts";
import type { Pair } from "./events.ts";
import { fold } from "./evolve.ts";
import type { Plan } from "./plan.ts";

const members = (...indices: number[]) => indices.map((index) => ({ partyId: `p${index}`, shareIndex: index }));
const join = (attempt: number, index: number) => ({
  partyId: `p${index}`,
  attempt,
  instanceId: `p${index}-a`,
  join: `join-${attempt}-${index}`,
  fresh: `fresh-${attempt}-${index}`,
});
const abort = (index: number, culprits: number[] = [], consequence: "retry" | "burn" = "retry", attempt = 1) => ({
  partyId: `p${index}`,
  attempt,
  round: 2,
  code: "mpc/bad-message",
  culprits,
  consequence,
});
const decline = (index: number, attempt: number, burned: number[] = []) => ({
  partyId: `p${index}`,
  attempt,
  code: "coordinator/declined",
  message: "policy",
  burned,
});
const failed = (attempt: number, after: number, silent: string[] = []) =>
  at(after, "AttemptFailed", { attempt, code: "coordinator/no-progress", silent, disputes: [], retryAtMs: t0 + after });

describe("opening", () => {
  it("[CO1] opens a session and starts its first attempt with the routing id it was given", () => {
    given()
      .when("Open", { plan: signPlan, intent: "aW50ZW50" })
      .thenExactly(
        event("SessionOpened", { plan: signPlan, intent: "aW50ZW50" }),
        event("AttemptStarted", { attempt: 1, rid: rid(9), members: members(1, 2) }),
      );
  });
  it("[CO1] takes the same intent again as done", () => {
    given(opened(signPlan)).when("Open", { plan: signPlan, intent: "aW50ZW50" }).thenNothing();
  });
  it("[CO1] refuses another intent under the same id", () => {
    given(opened(signPlan)).when("Open", { plan: signPlan, intent: "YW5vdGhlcg==" }).thenRefused("coordinator/session-exists");
  });
  it("[CO1] folds a stream in parts as in one piece", () => {
    const history = running(signPlan, 1, [1, 2]);
    for (let cut = 0; cut <= history.length; cut++) expect(fold(history.slice(cut), fold(history.slice(0, cut)))).toEqual(fold(history));
  });
  it("[CO9] invites every member to a keygen", () => {
    given().when("Open", { plan: keygenPlan, intent: "eA==" }).thenSays("p1/ invite", "p2/ invite", "p3/ invite");
  });
});

describe("joining", () => {
  it("[CO4] is ready with the last join, and sends the joins to the instances that joined", () => {
    const before = given(opened(signPlan), started(1, [1, 2]), joined(1, 1));
    before.when("Join", join(1, 2)).thenTypes("Joined", "AttemptReady");
    before.when("Join", join(1, 2)).thenSays("p1/p1-a start", "p2/p2-a start");
  });
  it("[CO3] hears a join once", () => {
    given(opened(signPlan), started(1, [1, 2]), joined(1, 1))
      .when("Join", join(1, 1))
      .thenNothing();
  });
  it("[CO2] does not hear a party outside the attempt, nor an earlier attempt, nor after the end", () => {
    given(opened(signPlan), started(1, [1, 2]))
      .when("Join", join(1, 3))
      .thenNothing();
    given(opened(signPlan), started(1, [1, 2]), failed(1, 10), started(2, [1, 2], 10))
      .when("Join", join(1, 1))
      .thenNothing();
    given(...running(signPlan, 1, [1, 2]), at(5, "Completed", { attempt: 1, signature: "ab" }))
      .when("Abort", abort(1))
      .thenNothing();
    given().when("Join", join(1, 1)).thenNothing();
  });
  it("[CO4] takes the latest instance of a party until the attempt is ready, and none after", () => {
    const other = { ...join(1, 1), instanceId: "p1-b", join: "other", fresh: "other" };
    given(opened(signPlan), started(1, [1, 2]), joined(1, 1))
      .when("Join", other)
      .thenHas("Joined", { instanceId: "p1-b" });
    given(...running(signPlan, 1, [1, 2]))
      .when("Join", other)
      .thenNothing();
  });
  it("[CO21] a keygen member goes on in another instance with the join it made before, and gets the start again", () => {
    const resumed = { ...join(1, 1), instanceId: "p1-b", join: "signed again" };
    const before = given(...running(keygenPlan, 1, [1, 2, 3]));
    before.when("Join", resumed).thenTypes("Moved");
    before.when("Join", resumed).thenSays("p1/p1-b start");
    before.when("Join", { ...resumed, fresh: "another contribution" }).thenNothing();
    given(...running(signPlan, 1, [1, 2]))
      .when("Join", resumed)
      .thenNothing();
  });
});

describe("progress and time", () => {
  it("[CO3] notes a round once, and no round that no protocol has", () => {
    const one = at(10, "Progressed", { ...said(1, 1), round: 1 });
    given(...running(signPlan, 1, [1, 2]), one)
      .when("Progress", { partyId: "p1", attempt: 1, round: 2 })
      .thenTypes("Progressed");
    given(...running(signPlan, 1, [1, 2]), one)
      .when("Progress", { partyId: "p1", attempt: 1, round: 1 })
      .thenNothing();
    given(...running(signPlan, 1, [1, 2]))
      .when("Progress", { partyId: "p1", attempt: 1, round: 1_000 })
      .thenNothing();
  });
  it("[CO6] a signing attempt lives 5 s from the last applied message", () => {
    const history = [...running(signPlan, 1, [1, 2]), at(4_000, "Progressed", { ...said(1, 1), round: 1 })];
    given(...history)
      .when("Tick", {}, { after: 8_999 })
      .thenNothing();
    given(...history)
      .when("Tick", {}, { after: 9_000 })
      .thenTypes("AttemptFailed", "AttemptStarted");
  });
  it("[CO6] a keygen attempt lives 20 s from the last applied message and 60 s in all", () => {
    const history = running(keygenPlan, 1, [1, 2, 3]);
    given(...history)
      .when("Tick", {}, { after: 19_999 })
      .thenNothing();
    given(...history)
      .when("Tick", {}, { after: 20_000 })
      .thenTypes("AttemptFailed", "AttemptStarted");
    const busy = [19, 38, 57].map((second, at_) => at(second * 1000, "Progressed", { ...said(1, 1), round: at_ + 1 }));
    given(...history, ...busy)
      .when("Tick", {}, { after: 59_999 })
      .thenNothing();
    given(...history, ...busy)
      .when("Tick", {}, { after: 60_000 })
      .thenTypes("AttemptFailed", "AttemptStarted");
  });
  it("[CO12] calls silent only whom the coordinator itself heard nothing from, never the member that is behind", () => {
    const progressed = (index: number, round: number) => at(0, "Progressed", { ...said(1, index), round });
    given(opened(signPlan), started(1, [1, 2]), joined(1, 1))
      .when("Tick", {}, { after: 5_000 })
      .thenHas("AttemptFailed", { silent: ["p2"], disputes: [] });
    given(...running(signPlan, 1, [1, 2]), progressed(2, 1))
      .when("Tick", {}, { after: 5_000 })
      .thenHas("AttemptFailed", { silent: ["p1"], disputes: [] });
    given(...running(signPlan, 1, [1, 2]), progressed(1, 2), progressed(2, 1))
      .when("Tick", {}, { after: 5_000 })
      .thenHas("AttemptFailed", { silent: [], disputes: [] });
    given(...running(signPlan, 1, [1, 2]))
      .when("Tick", {}, { after: 5_000 })
      .thenHas("AttemptFailed", { silent: [], disputes: [] });
  });
  it("[CO12] a member's signed word that it waits for another makes a dispute of the two, and gives the attempt no more time", () => {
    const wait = (index: number, round: number, missing: number[]) => ({ partyId: `p${index}`, attempt: 1, round, missing });
    const waited = (index: number, round: number, missing: number[]) => at(3_000, "Waited", { ...said(1, index), round, missing });
    const before = running(keygenPlan, 1, [1, 2, 3]);
    given(...before)
      .when("Wait", wait(2, 1, [1, 2, 9]), { after: 3_000 })
      .thenExactly(event("Waited", { ...said(1, 2), round: 1, missing: [1] }));
    given(...before, waited(2, 1, [1]))
      .when("Tick", {}, { after: 20_000 })
      .thenHas("AttemptFailed", { disputes: [[1, 2]] });
    // p3 has round 1 of both and waits for p2. p2 is stuck on p1, so it is excused.
    given(...before, waited(2, 1, [1]), waited(3, 2, [1, 2]))
      .when("Tick", {}, { after: 20_000 })
      .thenHas("AttemptFailed", {
        disputes: [
          [1, 2],
          [1, 3],
        ],
      });
    // p2 went on after all.
    given(...before, waited(2, 1, [1]), at(4_000, "Progressed", { ...said(1, 2), round: 2 }))
      .when("Tick", {}, { after: 24_000 })
      .thenHas("AttemptFailed", { disputes: [] });
  });
  it("[CO3] hears of a wait once: in a later round, or for fewer", () => {
    const wait = (round: number, missing: number[]) => ({ partyId: "p2", attempt: 1, round, missing });
    const before = given(...running(keygenPlan, 1, [1, 2, 3]), at(0, "Waited", { ...said(1, 2), round: 2, missing: [1, 3] }));
    for (const again of [wait(2, [1, 3]), wait(1, [1]), wait(2, []), wait(3, []), wait(1_000, [1])])
      before.when("Wait", again).thenNothing();
    before.when("Wait", wait(2, [1])).thenTypes("Waited");
    before.when("Wait", wait(3, [1, 3])).thenTypes("Waited");
    given(opened(keygenPlan), started(1, [1, 2, 3]), joined(1, 2))
      .when("Wait", wait(1, [1]))
      .thenNothing();
  });
  it("[CO40] a key generation ends when one member was a side of a dispute in two attempts, and names both sides", () => {
    const dispute = (attempt: number, ...pairs: (readonly [number, number])[]) =>
      at(0, "AttemptFailed", { attempt, code: "mpc/bad-message", silent: [], disputes: pairs, retryAtMs: t0 });
    const second = [...running(keygenPlan, 1, [1, 2, 3]), dispute(1, [1, 2]), started(2, [1, 2, 3])];
    given(...second)
      .when("Abort", abort(3, [1], "retry", 2))
      .thenExactly(
        event("Aborted", { ...abort(3, [1], "retry", 2), shareIndex: 3, burned: [] }),
        event("AttemptFailed", { attempt: 2, code: "mpc/bad-message", silent: [], disputes: [[1, 3]], retryAtMs: t0 + 200 }),
        event("SessionFailed", {
          code: "mpc/bad-message",
          message:
            "Attempts failed twice (mpc/bad-message) between p1 and p2, p1 and p3: one of each pair, or the way between them, is at fault, and nobody can be left out.",
          parties: ["p1"],
        }),
      );
    given(...second)
      .when("Abort", abort(2, [1], "retry", 2))
      .thenHas("SessionFailed", { parties: ["p1", "p2"] });
    // Nobody was named, so the attempt goes on.
    given(...second)
      .when("Abort", abort(3, [], "retry", 2))
      .thenTypes("Aborted", "AttemptFailed");
    given(...second.map((entry) => (entry.type === "SessionOpened" ? opened(signPlan) : entry)))
      .when("Abort", abort(3, [1], "retry", 2))
      .thenTypes("Aborted", "AttemptFailed");
  });
  it("[CO6] an attempt of more members has more time: 20 of them 2.7 times as much", () => {
    const many = Array.from({ length: 20 }, (_, at_) => at_ + 1);
    const seats = many.map((index) => ({ partyId: `p${index}`, shareIndex: index, idpk: "" }));
    const present = seats.map(({ partyId }) => ({ partyId, instanceId: `${partyId}-a`, load: 0 }));
    const history = running({ ...keygenPlan, holders: 20, seats, ackers: many }, 1, many);
    const drip = [50, 100, 150].map((second, at_) => at(second * 1_000, "Progressed", { ...said(1, 1), round: at_ + 1 }));
    for (const [before, last] of [
      [history, 54_000],
      [[...history, ...drip], 162_000],
    ] as const) {
      given(...before)
        .when("Tick", {}, { present, after: last - 1 })
        .thenNothing();
      given(...before)
        .when("Tick", {}, { present, after: last })
        .thenTypes("AttemptFailed", "AttemptStarted");
    }
  });
  it("[CO6] a signing attempt lives 12 s in all, whatever progress is reported", () => {
    const drip = [4, 8].map((second, at_) => at(second * 1_000, "Progressed", { ...said(1, 1), round: at_ + 1 }));
    given(...running(signPlan, 1, [1, 2]), ...drip)
      .when("Tick", {}, { after: 11_999 })
      .thenNothing();
    given(...running(signPlan, 1, [1, 2]), ...drip)
      .when("Tick", {}, { after: 12_000 })
      .thenTypes("AttemptFailed", "AttemptStarted");
  });
  it("[CO6] members have 5 s to join, in any protocol, from the last join", () => {
    const history = [opened(keygenPlan), started(1, [1, 2, 3]), joined(1, 1, 4_000)];
    given(...history)
      .when("Tick", {}, { after: 8_999 })
      .thenNothing();
    given(...history)
      .when("Tick", {}, { after: 9_000 })
      .thenHas("AttemptFailed", { silent: ["p2", "p3"] });
  });
  it("[CO6] joining again gives the others no more time", () => {
    const history = [opened(keygenPlan), started(1, [1, 2, 3]), joined(1, 1), joined(1, 1, 4_000)];
    given(...history)
      .when("Tick", {}, { after: 5_000 })
      .thenHas("AttemptFailed", { silent: ["p2", "p3"] });
  });
  it("[CO38] a keygen waits 7 s from the last applied message for a member that is gone, then ends and names it", () => {
    const history = [...running(keygenPlan, 1, [1, 2, 3]), at(1_000, "Progressed", { ...said(1, 1), round: 1 })];
    const gone = { present: only(1, 2), absent: { 3: 500 } };
    given(...history)
      .when("Tick", {}, { ...gone, after: 7_999 })
      .thenNothing();
    given(...history)
      .when("Tick", {}, { ...gone, after: 8_000 })
      .thenExactly(
        event("AttemptFailed", { attempt: 1, code: "coordinator/parties-missing", silent: ["p3"], disputes: [], retryAtMs: t0 + 8_000 }),
        event("SessionFailed", {
          code: "coordinator/parties-missing",
          message: "Too few parties are connected: p3 is absent.",
          parties: ["p3"],
        }),
      );
    expect(dueInMs(fold(history), t0 + 7_500, defaultLimits)).toBe(500);
  });
  it("[CO38] a member that is back in time, or whose word is there already, is not gone", () => {
    const history = running(keygenPlan, 1, [1, 2, 3]);
    const restarted = [...only(1, 2), { partyId: "p3", instanceId: "p3-new", load: 0 }];
    const sent = at(0, "Progressed", { ...said(1, 3), round: 1 });
    given(...history, sent)
      .when("Tick", {}, { present: restarted, after: 19_999 })
      .thenNothing();
    const acked = at(10, "Acknowledged", { partyId: "p3", shareIndex: 3, material: "m", ack: "a" });
    given(...history, acked)
      .when("Tick", {}, { present: only(1, 2), absent: { 3: 0 }, after: 59_999 })
      .thenNothing();
    given(...history, acked)
      .when("Tick", {}, { present: only(3), absent: { 1: 0, 2: 0 }, after: 7_010 })
      .thenHas("SessionFailed", { code: "coordinator/parties-missing", parties: ["p1", "p2"] });
  });
  it("[CO38] a member that is gone before all have joined ends the keygen with the time to join", () => {
    given(opened(keygenPlan), started(1, [1, 2, 3]), joined(1, 1), joined(1, 2))
      .when("Tick", {}, { present: only(1, 2), absent: { 3: 0 }, after: 5_000 })
      .thenTypes("AttemptFailed", "SessionFailed");
  });
  it("[CO38] a device that is gone costs the attempt, and is waited for", () => {
    const plan = { ...keygenPlan, seats: keygenPlan.seats.map((seat, at_) => (at_ === 2 ? { ...seat, partyId: "dev_x" } : seat)) };
    const members_ = [...members(1, 2), { partyId: "dev_x", shareIndex: 3 }];
    const start = at(0, "AttemptStarted", { attempt: 1, rid: rid(1), members: members_ });
    const came = at(0, "Joined", { ...said(1, 3), partyId: "dev_x", instanceId: "d", join: "j", fresh: "f" });
    given(opened(plan), start, joined(1, 1), joined(1, 2), came, at(0, "AttemptReady", { attempt: 1 }))
      .when("Tick", {}, { present: only(1, 2), absent: { dev_x: 0 }, after: 7_000 })
      .thenTypes("AttemptFailed");
  });
  it("[CO38] a presence that knows nobody at all is away itself: nobody is gone by it", () => {
    const history = running(keygenPlan, 1, [1, 2, 3]);
    given(...history)
      .when("Tick", {}, { present: [], after: 19_999 })
      .thenNothing();
    given(...history)
      .when("Tick", {}, { present: [], after: 20_000 })
      .thenHas("AttemptFailed", { code: "coordinator/no-progress" });
  });
  it("[CO38] a member that is absent for a moment is not gone: its router may have died without a word", () => {
    const history = running(keygenPlan, 1, [1, 2, 3]);
    for (const command of ["Tick", "Resume"] as const)
      given(...history)
        .when(command, {}, { present: only(1, 2), absent: { 3: 17_000 }, after: 19_999 })
        .thenNothing();
    // This coordinator has only just looked, and the others may be connecting, too.
    given(...history)
      .when("Tick", {}, { present: only(1), after: 19_999 })
      .thenNothing();
    given(...history)
      .when("Tick", {}, { present: only(1, 2), absent: { 3: 16_999 }, after: 19_999 })
      .thenTypes("AttemptFailed", "SessionFailed");
  });
  it("[CO38] a member whose instance is gone before its first round costs 7 s, and another instance of it takes part", () => {
    const other = [...only(1, 2), { partyId: "p3", instanceId: "p3-b", load: 0 }];
    const sent = [1, 2].map((index) => at(0, "Progressed", { ...said(1, index), round: 1 }));
    const history = [...running(keygenPlan, 1, [1, 2, 3]), ...sent];
    given(...history)
      .when("Tick", {}, { present: other, after: 6_999 })
      .thenNothing();
    given(...history)
      .when("Tick", {}, { present: other, after: 7_000 })
      .thenTypes("AttemptFailed", "AttemptStarted");
    // Its first round is stored, so the other instance goes on with it.
    given(...history, at(0, "Progressed", { ...said(1, 3), round: 1 }))
      .when("Tick", {}, { present: other, after: 19_999 })
      .thenNothing();
  });
  it("[CO35] once a member has acknowledged, the attempt has its 60 s and no other follows", () => {
    const acked = at(10, "Acknowledged", { partyId: "p1", shareIndex: 1, material: "m", ack: "a" });
    const history = [...running(keygenPlan, 1, [1, 2, 3]), acked];
    given(...history)
      .when("Tick", {}, { after: 59_999 })
      .thenNothing();
    given(...history)
      .when("Tick", {}, { after: 60_000 })
      .thenTypes("AttemptFailed", "SessionFailed");
    given(...history)
      .when("Abort", abort(2))
      .thenTypes("Aborted", "AttemptFailed", "SessionFailed");
    given(...history)
      .when("Abort", abort(2))
      .thenHas("SessionFailed", { code: "mpc/bad-message", parties: [] });
    // The member that the coordinator itself has not seen for long is named. p1 may have
    // acknowledged what nobody made.
    given(...history)
      .when("Tick", {}, { after: 60_000, present: only(1, 3), absent: { 2: 30_000 } })
      .thenHas("SessionFailed", { parties: ["p2"] });
  });
  it("[CO7] starts no attempt at or after the intent's expiry", () => {
    given(opened(signPlan)).when("Tick", {}, { after: 60_000 }).thenHas("SessionFailed", { code: "coordinator/expired" });
    given(...running(signPlan, 1, [1, 2]))
      .when("Tick", {}, { after: 60_000 })
      .thenTypes("SessionFailed");
    given().when("Open", { plan: signPlan, intent: "eA==" }, { after: 60_000 }).thenTypes("SessionOpened", "SessionFailed");
  });
  it("[CO7] gives up after 8 attempts", () => {
    const history = [1, 2, 3, 4, 5, 6, 7].flatMap((attempt) => [started(attempt, [1, 2], attempt), failed(attempt, attempt)]);
    given(opened(signPlan), ...history, started(8, [1, 2], 8))
      .when("Abort", abort(1, [], "retry", 8), { after: 9 })
      .thenHas("SessionFailed", { code: "coordinator/attempts-exhausted" });
  });
  it("[CO7] starts the second attempt at once and the third after a pause", () => {
    given(...running(signPlan, 1, [1, 2]))
      .when("Abort", abort(1))
      .thenTypes("Aborted", "AttemptFailed", "AttemptStarted");
    const third = [opened(signPlan), started(1, [1, 2]), failed(1, 0), started(2, [1, 2])];
    given(...third)
      .when("Abort", abort(1, [], "retry", 2))
      .thenTypes("Aborted", "AttemptFailed");
    const waiting = [...third, at(0, "AttemptFailed", { attempt: 2, code: "x/y", silent: [], disputes: [], retryAtMs: t0 + 200 })];
    given(...waiting)
      .when("Tick", {}, { after: 199 })
      .thenNothing();
    given(...waiting)
      .when("Tick", {}, { after: 200 })
      .thenHas("AttemptStarted", { attempt: 3 });
  });
  it("[CO5] cancels the members that are still at it when an attempt ends", () => {
    given(...running(signPlan, 1, [1, 2]))
      .when("Abort", abort(1))
      .thenSays("p2/p2-a cancel", "p1/ invite", "p3/ invite");
  });
  it("[CO5] the first abort decides: a second one of the same attempt changes nothing", () => {
    const after = [...running(signPlan, 1, [1, 2]), at(1, "Aborted", { ...abort(1), shareIndex: 1, burned: [] }), failed(1, 1)];
    given(...after, started(2, [1, 2], 1))
      .when("Abort", abort(2))
      .thenNothing();
    given(...after, started(2, [1, 2], 1))
      .when("Decline", decline(2, 1))
      .thenNothing();
  });
  it("[CO24] a session is due when its next decision may fall, and never after its end", () => {
    const due = (history: Parameters<typeof fold>[0], after: number) => dueInMs(fold(history), t0 + after, defaultLimits);
    expect(due([opened(signPlan)], 0)).toBe(250);
    expect(due(running(signPlan, 1, [1, 2]), 0)).toBe(1_000);
    expect(due(running(signPlan, 1, [1, 2]), 4_500)).toBe(500);
    expect(dueInMs(fold([opened(signPlan), at(1, "Completed", { attempt: 1 })]), t0, defaultLimits)).toBeUndefined();
  });
});

describe("refusals, accusations, burns", () => {
  it("[CO10] waits 5 s for absent parties, then fails and names them", () => {
    const open = given(opened(signPlan));
    open.when("Tick", {}, { after: 4_999, present: only(1) }).thenNothing();
    open
      .when("Tick", {}, { after: 5_000, present: only(1) })
      .thenHas("SessionFailed", { code: "coordinator/parties-missing", parties: ["p2", "p3"] });
    open.when("Tick", {}, { after: 4_000, present: only(1, 3) }).thenHas("AttemptStarted", { members: members(1, 3) });
    given(opened(keygenPlan))
      .when("Tick", {}, { after: 5_000, present: only(1, 3) })
      .thenHas("SessionFailed", { parties: ["p2"] });
  });
  it("[CO10] the grace begins anew when an attempt has failed", () => {
    const history = [opened(signPlan), started(1, [1, 2]), failed(1, 5_000)];
    given(...history)
      .when("Tick", {}, { after: 9_999, present: only(1) })
      .thenNothing();
    given(...history)
      .when("Tick", {}, { after: 10_000, present: only(1) })
      .thenTypes("SessionFailed");
  });
  it("[CO14] waits for a required device until the intent expires", () => {
    const device = { partyId: "dev_x", shareIndex: 2, idpk: "" };
    const plan = { ...signPlan, seats: [signPlan.seats[0]!, device], required: ["dev_x"] };
    given(opened(plan))
      .when("Tick", {}, { after: 59_999, present: only(1) })
      .thenNothing();
    given(opened(plan))
      .when("Tick", {}, { after: 60_000, present: only(1) })
      .thenHas("SessionFailed", { code: "coordinator/expired" });
  });
  it("[CO11] a burn keeps the pair apart in this session", () => {
    given(...running(signPlan, 1, [1, 2]))
      .when("Abort", abort(1, [2], "burn"))
      .thenExactly(
        event("Aborted", { ...abort(1, [2], "burn"), shareIndex: 1, burned: [[1, 2]] }),
        event("AttemptFailed", { attempt: 1, code: "mpc/bad-message", silent: [], disputes: [[1, 2]], retryAtMs: t0 }),
        event("AttemptStarted", { attempt: 2, rid: rid(9), members: members(1, 3) }),
      );
  });
  it("[CO11] a refusal for a burned partner is learned, and counts against nobody", () => {
    given(opened(signPlan), started(1, [1, 2]))
      .when("Decline", decline(2, 1, [1, 1, 9]))
      .thenExactly(
        event("Declined", { ...said(1, 2), code: "coordinator/declined", message: "policy", burned: [[1, 2]], final: false }),
        event("AttemptFailed", { attempt: 1, code: "coordinator/declined", silent: [], disputes: [], retryAtMs: t0 }),
        event("AttemptStarted", { attempt: 2, rid: rid(9), members: members(1, 3) }),
      );
  });
  it("[CO11] a party that has lost its pairs has lost them with everybody: it costs one attempt, and is not chosen again in that epoch", () => {
    const lost = { ...decline(2, 1, [1]), code: "party/pairs-missing" };
    const pairs: Pair[] = [
      [1, 2],
      [2, 3],
    ];
    given(opened(signPlan), started(1, [1, 2]))
      .when("Decline", lost)
      .thenExactly(
        event("Declined", { ...said(1, 2), code: "party/pairs-missing", message: "policy", burned: pairs, final: false }),
        event("AttemptFailed", { attempt: 1, code: "party/pairs-missing", silent: [], disputes: [], retryAtMs: t0 }),
        event("AttemptStarted", { attempt: 2, rid: rid(9), members: members(1, 3) }),
      );
    // Without its signature nothing is held against any pair.
    given(opened(signPlan), started(1, [1, 2]))
      .when("Decline", { ...lost, burned: [] })
      .thenHas("Declined", { burned: [], final: true });
    // Where nobody can do without it, the signature waits for a renewal.
    given(opened({ ...signPlan, required: ["p2"] }), started(1, [1, 2]))
      .when("Decline", lost)
      .thenHas("PairsWanted", { pairs: [[1, 2]] });
  });
  it("[CO11] burns of other sessions count from the first attempt on", () => {
    given()
      .when("Open", { plan: signPlan, intent: "eA==" }, { burns: [[1, 2]] })
      .thenHas("AttemptStarted", { members: members(1, 3) });
    given()
      .when(
        "Open",
        { plan: signPlan, intent: "eA==" },
        {
          burns: [
            [1, 2],
            [1, 3],
            [2, 3],
          ],
        },
      )
      .thenHas("SessionFailed", { code: "coordinator/no-quorum", parties: ["p1", "p2", "p3"] });
  });
  it("[CO16] accuses only other members of the attempt", () => {
    given(...running(signPlan, 1, [1, 2]))
      .when("Abort", abort(1, [1, 3, 99], "burn"))
      .thenHas("Aborted", { culprits: [], burned: [] });
  });
  it("[CO13] a party that refuses twice is out; its reason ends the session that needs it", () => {
    const once = [
      opened(signPlan),
      started(1, [1, 2]),
      at(0, "Declined", { ...said(1, 2), code: "coordinator/declined", message: "policy", burned: [], final: true }),
      failed(1, 0),
      started(2, [1, 2]),
    ];
    given(...once)
      .when("Decline", decline(2, 2), { after: 1 })
      .thenTypes("Declined", "AttemptFailed");
    given(
      ...once,
      at(0, "Declined", { ...said(2, 2), code: "coordinator/declined", message: "policy", burned: [], final: true }),
      failed(2, 0),
    )
      .when("Tick", {}, { present: only(1, 2), after: 4_000 })
      .thenNothing();
    const needed = once.map((entry) => (entry.type === "SessionOpened" ? opened({ ...signPlan, required: ["p2"] }) : entry));
    const twice = [
      ...needed,
      at(0, "Declined", { ...said(2, 2), code: "mpc/pairs-missing", message: "from a backup", burned: [], final: true }),
      failed(2, 0),
    ];
    given(...twice)
      .when("Tick", {}, { after: 500 })
      .thenHas("SessionFailed", { code: "mpc/pairs-missing", parties: ["p2"] });
  });
});

describe("refusals that pass", () => {
  it("[CO13] a party that was restored after the intent was made is out at its first refusal, which names why", () => {
    const restored = { ...decline(2, 1), code: "party/restored", message: "The intent is older." };
    given(opened(signPlan), started(1, [1, 2]))
      .when("Decline", restored)
      .thenHas("AttemptStarted", { members: members(1, 3) });
    given(opened(renewPlan), started(1, [1, 2]))
      .when("Decline", restored)
      .thenHas("SessionFailed", { code: "party/restored", parties: ["p2"] });
  });
  it("[CO13] a refusal that may pass, such as a share about to commit, keeps nobody out", () => {
    const refuse = (attempt: number) => ({ ...decline(2, attempt), code: "party/unknown-share" });
    given(opened(signPlan), started(1, [1, 2]))
      .when("Decline", refuse(1))
      .thenHas("Declined", { final: false });
    const history = [1, 2, 3].flatMap((attempt) => [
      started(attempt, [1, 2]),
      at(0, "Declined", { ...said(attempt, 2), code: "party/unknown-share", message: "", burned: [], final: false }),
      failed(attempt, 0),
    ]);
    given(opened(signPlan), ...history)
      .when("Tick", {}, { present: only(1, 2), after: 2_000 })
      .thenHas("AttemptStarted", { members: members(1, 2) });
  });
});

describe("results", () => {
  const report = { partyId: "p1", attempt: 1, signature: "abcd" };
  it("[CO17] a verified signature completes the session", () => {
    given(...running(signPlan, 1, [1, 2]))
      .when("Report", { ...report, verified: true })
      .thenExactly(event("Completed", { attempt: 1, signature: "abcd" }));
  });
  it("[CO17] a wrong signature makes its sender suspect and nothing else", () => {
    given(...running(signPlan, 1, [1, 2]))
      .when("Report", { ...report, verified: false })
      .thenTypes("ResultRefused");
    given(opened(signPlan), started(1, [1, 2]))
      .when("Report", { partyId: "p3", attempt: 1, signature: "", verified: false })
      .thenNothing();
  });
  it("[CO17] a verified signature of a dead attempt counts too, and stops the one in flight", () => {
    const later = given(...running(signPlan, 1, [1, 2]), failed(1, 1), started(2, [1, 3], 1));
    later.when("Report", { ...report, verified: true }).thenTypes("Completed");
    later.when("Report", { ...report, verified: true }).thenSays("p1/ cancel", "p3/ cancel");
    later.when("Report", { ...report, partyId: "stranger", verified: true }).thenNothing();
  });
  it("[CO17] a verified signature of an attempt that the stream does not know counts too: the database was restored since", () => {
    const restored = given(...running(signPlan, 1, [1, 2]));
    restored.when("Report", { ...report, attempt: 3, verified: true }).thenExactly(event("Completed", { attempt: 3, signature: "abcd" }));
    restored.when("Report", { ...report, attempt: 3, verified: true }).thenSays("p1/p1-a cancel", "p2/p2-a cancel");
    restored.when("Report", { ...report, partyId: "p3", attempt: 2, verified: true }).thenTypes("Completed");
    given(opened(signPlan))
      .when("Report", { ...report, verified: true })
      .thenTypes("Completed");
    restored.when("Report", { ...report, attempt: 3, verified: false }).thenNothing();
  });
  it("[CO8] no signature counts after the session failed", () => {
    const ended = at(9, "SessionFailed", { code: "coordinator/expired", message: "", parties: [] });
    given(...running(signPlan, 1, [1, 2]), ended)
      .when("Report", { ...report, verified: true })
      .thenNothing();
    given(...running(signPlan, 1, [1, 2]), ended)
      .when("Tick", {}, { after: 90_000 })
      .thenNothing();
  });
});

describe("commit and abandonment", () => {
  const ack = (index: number, material = "m") => ({ partyId: `p${index}`, shareIndex: index, material, ack: `ack-${index}` });
  const acked = (index: number, material = "m") => at(10, "Acknowledged", ack(index, material));
  const certificate = { certificate: "Y2VydA==", keyId: "01", epoch: "02", epochNumber: 0, oldEpoch: null, publicKey: "03" };
  const history = running(keygenPlan, 1, [1, 2, 3]);

  it("[CO18] the last acknowledgement brings the certificate to all members", () => {
    const before = given(...history, acked(1), acked(2));
    before.when("Acknowledge", { ...ack(3), certificate }).thenTypes("Acknowledged", "Committed", "Completed");
    before.when("Acknowledge", { ...ack(3), certificate }).thenSays("p1/ committed", "p2/ committed", "p3/ committed");
  });
  it("[CO3] hears an acknowledgement once", () => {
    given(...history, acked(1))
      .when("Acknowledge", ack(1))
      .thenNothing();
    given(...history, acked(1))
      .when("Acknowledge", ack(1, "other"))
      .thenTypes("Acknowledged");
  });
  it("[CO3] hears a member acknowledge eight different keys, and no more", () => {
    const eight = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => acked(1, `m${n}`));
    given(...history, ...eight)
      .when("Acknowledge", ack(1, "m9"))
      .thenNothing();
    given(...history, ...eight)
      .when("Acknowledge", ack(2, "m9"))
      .thenTypes("Acknowledged");
  });
  it("[CO2] hears an acknowledgement only from the member whose share it is", () => {
    given(...history)
      .when("Acknowledge", { ...ack(2), partyId: "p1" })
      .thenNothing();
    given(...history)
      .when("Acknowledge", { ...ack(9), partyId: "p9" })
      .thenNothing();
    given(...running(signPlan, 1, [1, 2]))
      .when("Acknowledge", ack(1))
      .thenNothing();
  });
  it("[CO20] a certificate that a member holds commits the session, once", () => {
    given(...history)
      .when("Commit", { certificate })
      .thenTypes("Committed", "Completed");
    given(...history, at(1, "Committed", certificate), at(1, "Completed", { attempt: 1 }))
      .when("Commit", { certificate })
      .thenNothing();
    given(...running(signPlan, 1, [1, 2]))
      .when("Commit", { certificate })
      .thenNothing();
  });
  it("[CO8] a keygen that has failed takes no certificate: its account is given up", () => {
    const ended = at(9, "SessionFailed", { code: "coordinator/expired", message: "", parties: [] });
    given(...history, acked(1), acked(2), ended)
      .when("Acknowledge", { ...ack(3), certificate })
      .thenNothing();
    given(...history, ended)
      .when("Commit", { certificate })
      .thenNothing();
    given(...history, acked(1), acked(2), ended)
      .when("Abandon", { abandonment: "eA==" })
      .thenTypes("Abandoned");
  });
  it("[CO8] a refresh takes a complete certificate after its failure, and an abandonment outranks everything", () => {
    const ended = at(9, "SessionFailed", { code: "coordinator/expired", message: "", parties: [] });
    const refresh = running({ ...keygenPlan, kind: "refresh" }, 1, [1, 2, 3]);
    given(...refresh, acked(1), acked(2), ended)
      .when("Acknowledge", { ...ack(3), certificate })
      .thenTypes("Acknowledged", "Committed", "Completed");
    expect(fold([...history, ended, at(10, "Committed", certificate), at(10, "Completed", { attempt: 1 })])).toMatchObject({
      status: "completed",
      failure: undefined,
    });
    const abandoned = at(9, "Abandoned", { abandonment: "eA==" });
    given(...history, acked(1), acked(2), abandoned, ended)
      .when("Acknowledge", { ...ack(3), certificate })
      .thenNothing();
    given(...history, abandoned, ended)
      .when("Commit", { certificate })
      .thenNothing();
  });
  it("[CO19] an abandonment ends a keygen and is told to all members", () => {
    const before = given(...history);
    before.when("Abandon", { abandonment: "eA==" }).thenTypes("Abandoned", "SessionFailed");
    before
      .when("Abandon", { abandonment: "eA==" })
      .thenSays("p1/ abandoned", "p2/ abandoned", "p3/ abandoned", "p1/p1-a cancel", "p2/p2-a cancel", "p3/p3-a cancel");
    const ended = at(9, "SessionFailed", { code: "coordinator/expired", message: "", parties: [] });
    given(...history, ended)
      .when("Abandon", { abandonment: "eA==" })
      .thenTypes("Abandoned");
    given(...history, ended, at(10, "Abandoned", { abandonment: "eA==" }))
      .when("Abandon", { abandonment: "eA==" })
      .thenNothing();
  });
  it("[CO19] nothing but an uncommitted keygen can be abandoned", () => {
    given(...history, at(1, "Committed", certificate))
      .when("Abandon", { abandonment: "eA==" })
      .thenRefused("coordinator/already-committed");
    given(opened(signPlan)).when("Abandon", { abandonment: "eA==" }).thenRefused("coordinator/not-abandonable");
    given().when("Abandon", { abandonment: "eA==" }).thenRefused("coordinator/unknown-session");
  });
});

describe("restart", () => {
  it("[CO21] replaces a signing attempt whose instances are gone, and keeps one whose instances are there", () => {
    const gone = [{ partyId: "p1", instanceId: "p1-new", load: 0 }, ...only(2, 3)];
    given(...running(signPlan, 1, [1, 2]))
      .when("Resume", {}, { present: gone })
      .thenTypes("AttemptFailed", "AttemptStarted");
    given(...running(signPlan, 1, [1, 2]))
      .when("Resume", {})
      .thenNothing();
    given(...running(signPlan, 1, [1, 2]))
      .when("Resume", {}, { present: [] })
      .thenTypes("AttemptFailed");
  });
  it("[CO21] lets a keygen attempt go on whoever is there", () => {
    given(...running(keygenPlan, 1, [1, 2, 3]))
      .when("Resume", {}, { present: [] })
      .thenNothing();
  });
});

describe("[CO53] a higher epoch of the key", () => {
  const { holders, required, key } = signPlan;
  const seats = [1, 2, 3].map((index) => ({ partyId: `p${index}`, shareIndex: index + 3, idpk: String(index).repeat(64) }));
  const terms = { threshold: 3, holders, seats, required, key: { ...key!, epoch: "05".repeat(32), epochNumber: 4 } };
  const behind = { partyId: "p1", attempt: 1, code: "party/epoch-behind", message: "", burned: [] };

  it("is what the next attempt signs with: its holders, its threshold", () => {
    const next = given(...running(signPlan, 1, [1, 2])).when("Decline", behind, { newer: { terms } });
    next.thenTypes("Declined", "AttemptFailed", "KeyAdvanced", "AttemptStarted");
    next.thenHas("KeyAdvanced", { ...terms, former: key!.epoch });
    next.thenHas("AttemptStarted", { members: seats.map(({ partyId, shareIndex }) => ({ partyId, shareIndex })) });
  });
  it("has no burned pairs of the one before, and the party that showed it is not out", () => {
    const burned = at(1, "Declined", { ...said(1, 2), code: "x/y", message: "", burned: [[1, 2]], final: false });
    const failed = at(1, "AttemptFailed", { attempt: 1, code: "x/y", silent: [], disputes: [], retryAtMs: t0 });
    const two = { ...terms, threshold: 2, seats: signPlan.seats };
    given(opened(signPlan), started(1, [1, 2]), burned, failed)
      .when("Tick", {}, { newer: { terms: two }, present: only(1, 2) })
      .thenTypes("KeyAdvanced", "AttemptStarted");
    given(...running(signPlan, 1, [1, 2]))
      .when("Decline", behind)
      .thenHas("Declined", { final: false });
  });
  it("has the time to arrive after the refusal that speaks of it", () => {
    const next = given(...running(signPlan, 1, [1, 2])).when("Decline", behind);
    next.thenTypes("Declined", "AttemptFailed");
    next.thenHas("AttemptFailed", { retryAtMs: t0 + 200 });
  });
  it("is taken once", () => {
    given(opened(signPlan), at(1, "KeyAdvanced", { ...terms, former: key!.epoch }))
      .when("Tick", {}, { newer: { terms } })
      .thenTypes("AttemptStarted");
  });
  it("that the intent does not fit ends the session, and says why", () => {
    given(...running(signPlan, 1, [1, 2]))
      .when("Decline", behind, { newer: { code: "trust/bad-intent", message: "p2 holds no share" } })
      .thenHas("SessionFailed", { code: "trust/bad-intent", message: "p2 holds no share" });
  });
});

describe("[CO18] a reshare", () => {
  const plan: Plan = { ...keygenPlan, kind: "reshare", ackers: [1, 2], leaving: [3] };
  it("takes the acknowledgement of a dealer that leaves", () => {
    given(...running(plan, 1, [1, 2, 3]))
      .when("Acknowledge", { partyId: "p3", shareIndex: 3, material: "m", ack: "a" })
      .thenTypes("Acknowledged");
  });
  it("that has failed is no end: a certificate counts, and nobody can abandon it", () => {
    const failed = at(5, "SessionFailed", { code: "coordinator/no-progress", message: "", parties: [] });
    const certificate = { certificate: "", keyId: "01", epoch: "02", epochNumber: 1, oldEpoch: "00", publicKey: "03" };
    const state = given(...running(plan, 1, [1, 2, 3]), failed);
    state.when("Commit", { certificate }).thenTypes("Committed", "Completed");
    state.when("Abandon", { abandonment: "" }).thenRefused("coordinator/not-abandonable");
  });
});
