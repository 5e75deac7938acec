// Sessions that make a pair anew or repair a share, and signatures that wait for a pair.
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
  repairPlan,
  running,
  said,
  signPlan,
  started,
  t0,
  world,
} from "../../test/given.ts";
import { viewSession } from "../http/view.ts";
import { standing } from "./burns.ts";
import { decide } from "./decide.ts";
import type { NamedPair, Pair } from "./events.ts";
import { fold } from "./evolve.ts";
import { chooseQuorum } from "./quorum.ts";

const ack = (index: number, material = "m") => ({ partyId: `p${index}`, shareIndex: index, material, ack: `a${index}` });
const acked = (index: number, after = 10) => at(after, "Acknowledged", ack(index));
const pair = {
  certificate: "Yw==",
  keyId: "01".repeat(32),
  epoch: "02".repeat(32),
  pair: [1, 2] as Pair,
  generation: 1,
  pairId: "0a".repeat(32),
};
const renewed: NamedPair[] = [{ pair: [1, 2], pairId: pair.pairId }];
const lost = (index: number, burned: readonly number[], code = "party/pairs-missing", attempt = 1) => ({
  partyId: `p${index}`,
  attempt,
  code,
  message: "",
  burned,
});
const failedAt = (after: number) => at(after, "AttemptFailed", { attempt: 1, code: "x/y", silent: [], disputes: [], retryAtMs: t0 });

describe("a renewal", () => {
  const both = running(renewPlan, 1, [1, 2]);
  it("[CO60] ends with the pair certificate of both acknowledgements, and with nothing else", () => {
    given(...both)
      .when("Acknowledge", ack(1))
      .thenTypes("Acknowledged");
    given(...both, acked(1))
      .when("Acknowledge", { ...ack(2), pair })
      .thenTypes("Acknowledged", "PairCommitted", "Completed");
    given(...both, acked(1))
      .when("Acknowledge", { ...ack(2), pair })
      .thenSays("p1/ pairCommitted", "p2/ pairCommitted");
    given(...both)
      .when("Acknowledge", { ...ack(2), partyId: "p1" })
      .thenNothing();
    given(...both)
      .when("Report", { partyId: "p1", attempt: 1, signature: "ab", verified: true })
      .thenNothing();
    const epoch = { certificate: "Yw==", keyId: "", epoch: "", epochNumber: 1, oldEpoch: "", publicKey: "" };
    given(...both)
      .when("Commit", { certificate: epoch })
      .thenNothing();
  });
  it("[CO60] ends with the certificate that an end shows, once, also after its end", () => {
    given(opened(renewPlan)).when("CommitPair", { pair }).thenTypes("PairCommitted", "Completed");
    const committed = [at(20, "PairCommitted", pair), at(20, "Completed", { attempt: 1 })];
    given(...both, ...committed)
      .when("CommitPair", { pair })
      .thenNothing();
    given(opened(renewPlan), at(5, "SessionFailed", { code: "coordinator/expired", message: "", parties: [] }))
      .when("CommitPair", { pair })
      .thenTypes("PairCommitted", "Completed");
    given(...running(signPlan, 1, [1, 2]))
      .when("CommitPair", { pair })
      .thenNothing();
    const view = viewSession(fold([...both, ...committed]), []);
    expect([view.status, view.result, view.parties.map(({ state }) => state)]).toEqual([
      "completed",
      { pair_certificate: "Yw==" },
      ["acknowledged", "acknowledged"],
    ]);
  });
  it("[CO65] is staged when its attempt is over after one acknowledgement, and the late one completes it", () => {
    given(...both, acked(1))
      .when("Tick", {}, { after: 60_000 })
      .thenTypes("AttemptFailed", "Staged");
    const staged = [...both, acked(1), failedAt(60_000), at(60_000, "Staged", { code: "x/y", message: "", parties: [] })];
    given(...staged)
      .when("Tick", {}, { after: 299_999 })
      .thenNothing();
    given(...staged)
      .when("Acknowledge", { ...ack(2), pair })
      .thenTypes("Acknowledged", "PairCommitted", "Completed");
    given(...staged)
      .when("Tick", {}, { after: 300_000 })
      .thenHas("SessionFailed", { code: "coordinator/expired" });
    given(...staged)
      .when("Tick", {}, { after: 70_000, newer: { code: "coordinator/superseded", message: "higher" } })
      .thenHas("SessionFailed", { code: "coordinator/superseded" });
    expect(viewSession(fold(staged), ["p1", "p2"]).awaited).toEqual(["p2"]);
  });
  it("[CO68] has three attempts, and waits for an end that is away", () => {
    given(opened(renewPlan))
      .when("Tick", {}, { after: 200_000, present: only(1, 3) })
      .thenNothing();
    const failed = (attempt: number) =>
      given(opened(renewPlan), started(attempt, [1, 2]), joined(attempt, 1), joined(attempt, 2), at(0, "AttemptReady", { attempt })).when(
        "Abort",
        { partyId: "p1", attempt, round: 1, code: "mpc/bad-message", culprits: [], consequence: "retry" },
        { after: 10 },
      );
    failed(2).thenHas("AttemptFailed", { retryAtMs: t0 + 2_010 });
    given(
      opened(renewPlan),
      started(3, [1, 2]),
      at(1, "AttemptFailed", { attempt: 3, code: "x/y", silent: [], disputes: [], retryAtMs: t0 }),
    )
      .when("Tick", {}, { after: 10 })
      .thenHas("SessionFailed", { code: "coordinator/attempts-exhausted" });
  });
  it("[CO68] an end that says three times that a commit was in the way gets no further run of the pair", () => {
    const attempts = [1, 2, 3].flatMap((attempt) => [
      started(attempt, [1, 2]),
      at(1, "AttemptFailed", { attempt, code: "party/epoch-superseded", silent: [], disputes: [], retryAtMs: t0 }),
    ]);
    given(opened(renewPlan), ...attempts.slice(0, 4))
      .when("Tick", {}, { after: 10 })
      .thenTypes("AttemptStarted");
    given(opened(renewPlan), ...attempts)
      .when("Tick", {}, { after: 10 })
      .thenHas("SessionFailed", { code: "coordinator/attempts-exhausted" });
  });
  it("[CO21] goes on where it was with the instance that came back, as a repair does not", () => {
    const again = { partyId: "p1", attempt: 1, instanceId: "p1-b", join: "join-1-1", fresh: "fresh-1-1" };
    given(...both)
      .when("Join", again)
      .thenTypes("Moved");
    given(...running(repairPlan, 1, [1, 2, 3]))
      .when("Join", again)
      .thenNothing();
    given(...running(repairPlan, 1, [1, 2, 3]))
      .when("Resume", {}, { after: 10, present: only(2, 3) })
      .thenTypes("AttemptFailed");
  });
});

describe("a repair", () => {
  const all = running(repairPlan, 1, [1, 2, 3]);
  it("[CO63] ends with the word of the receiver, of any of its attempts", () => {
    given(...all)
      .when("Repair", { attempt: 1, holding: "aG9sZA==" })
      .thenTypes("Repaired", "Completed");
    given(...all, failedAt(5), started(2, [1, 2, 3], 6))
      .when("Repair", { attempt: 1, holding: "aG9sZA==" })
      .thenHas("Completed", { attempt: 1 });
    given(...all, at(9, "SessionFailed", { code: "x/y", message: "", parties: [] }))
      .when("Repair", { attempt: 1, holding: "aG9sZA==" })
      .thenNothing();
    given(...running(renewPlan, 1, [1, 2]))
      .when("Repair", { attempt: 1, holding: "aG9sZA==" })
      .thenNothing();
    const view = viewSession(fold([...all, at(9, "Repaired", { holding: "aG9sZA==" }), at(9, "Completed", { attempt: 1 })]), []);
    expect(view.result).toEqual({ holding: "aG9sZA==" });
  });
  it("[CO63] asks the receiver what it holds when an attempt fails, and gives it a moment before the next", () => {
    const fails = given(...all).when("Abort", {
      partyId: "p1",
      attempt: 1,
      round: 2,
      code: "mpc/bad-message",
      culprits: [],
      consequence: "retry",
    });
    fails.thenHas("AttemptFailed", { retryAtMs: t0 + 200 });
    fails.thenSays("p2/p2-a cancel", "p3/p3-a cancel", "p3/ holds");
  });
});

describe("a signature whose quorum lacks a pair", () => {
  const others: Pair[] = [
    [1, 3],
    [2, 3],
  ];
  it("[CO62] takes another quorum where there is one", () => {
    given(opened(signPlan), started(1, [1, 2]))
      .when("Decline", lost(2, [1]))
      .thenHas("AttemptStarted", { members: only(1, 3).map(({ partyId }) => ({ partyId, shareIndex: Number(partyId[1]) })) });
  });
  it("[CO62] waits for the pair that is lost, names it, and goes on when it is made anew", () => {
    const waits = given(opened(signPlan), started(1, [1, 2])).when("Decline", lost(2, [1]), { present: only(1, 2) });
    waits.thenTypes("Declined", "AttemptFailed", "PairsWanted");
    waits.thenHas("PairsWanted", { pairs: [[1, 2]] });
    const history = [opened(signPlan), at(1, "PairsWanted", { pairs: [[1, 2]] })];
    const view = viewSession(fold(history), []);
    expect([view.status, view.needs_pairs]).toEqual(["open", [[1, 2]]]);
    const around = { after: 30_000, present: only(1, 2), lost: [[1, 2] as Pair] };
    given(...history)
      .when("Tick", {}, around)
      .thenNothing();
    given(...history)
      .when("Tick", {}, { ...around, lost: [], pairs: renewed })
      .thenHas("AttemptStarted", { pairs: renewed });
    given(...history)
      .when("Tick", {}, { ...around, after: 60_000 })
      .thenHas("SessionFailed", { code: "coordinator/expired" });
    expect(viewSession(fold([...history, started(1, [1, 2])]), []).needs_pairs).toEqual([]);
  });
  it("[CO62] waits for a pair that strikes alone have burned, and not for one of which a check has failed", () => {
    for (const [code, then] of [
      ["party/strikes", "PairsWanted"],
      ["party/pair-burned", "SessionFailed"],
    ] as const)
      given(opened({ ...signPlan, required: ["p1", "p2"] }), started(1, [1, 2]))
        .when("Decline", lost(2, [1], code))
        .thenTypes("Declined", "AttemptFailed", then);
    // The worse word counts, whichever came first.
    const around = { lost: [[1, 2] as Pair], burns: [[1, 2] as Pair] };
    given(opened({ ...signPlan, required: ["p1", "p2"] }))
      .when("Tick", {}, around)
      .thenHas("SessionFailed", { code: "coordinator/no-quorum" });
  });
  it("[CO62] waits no more when one of the two goes, and gives it the time of an absent party", () => {
    const history = [opened(signPlan), at(1, "PairsWanted", { pairs: [[1, 2]] })];
    const around = { present: only(1), lost: [[1, 2] as Pair, ...others] };
    given(...history)
      .when("Tick", {}, { ...around, after: 20_000 })
      .thenHas("PairsWanted", { pairs: [] });
    const gone = [...history, at(20_000, "PairsWanted", { pairs: [] })];
    given(...gone)
      .when("Tick", {}, { ...around, after: 24_999 })
      .thenNothing();
    given(...gone)
      .when("Tick", {}, { ...around, after: 25_000 })
      .thenHas("SessionFailed", { code: "coordinator/parties-missing" });
  });
  it("[CO62] wants only the pairs that its quorum lacks", () => {
    const three = { ...signPlan, threshold: 3 };
    const choice = chooseQuorum(three, fold([opened(three)]), world({ lost: others }));
    expect(choice).toEqual({ wants: others });
  });
  it("[CO61] what was said of a pair is over with its certificate, also within a session, and what is said of the new one stands", () => {
    const decline = at(1, "Declined", { ...said(1, 2), code: "party/pairs-missing", message: "", burned: [[1, 2]], final: false });
    const history = [opened(signPlan), started(1, [1, 2]), decline, failedAt(2)];
    const { burned } = fold(history);
    expect(standing(burned, [])).toHaveLength(1);
    expect(standing(burned, renewed)).toHaveLength(0);
    given(...history)
      .when("Tick", {}, { after: 10, present: only(1, 2), pairs: renewed })
      .thenHas("AttemptStarted", { pairs: renewed });
    // A report of an attempt names the pair that was the newest when the attempt started.
    const second = { ...started(2, [1, 2], 11), data: { ...started(2, [1, 2]).data, pairs: renewed } };
    const burns = { partyId: "p2", attempt: 2, code: "party/pair-burned", message: "", burned: [1] };
    const events = decide(
      { type: "Decline", data: burns },
      fold([...history, second as ReturnType<typeof started>]),
      world({ present: only(1, 2), pairs: renewed }),
    );
    expect(events[0]?.data).toMatchObject({ burned: [[1, 2]], pairIds: [pair.pairId] });
    // Nothing is wanted: a check of it has failed.
    expect(events.map(({ type }) => type)).toEqual(["Declined", "AttemptFailed"]);
  });
  it("[CO61] a member that lacks a certified pair is shown its certificate and asked again, and the second time the pair is lost", () => {
    const start = (attempt: number) => {
      const event = started(attempt, [1, 2]);
      return { ...event, data: { ...event.data, pairs: renewed } } as typeof event;
    };
    const around = { present: only(1, 2), pairs: renewed };
    const first = given(opened(signPlan), start(1)).when("Decline", lost(2, [1]), around);
    first.thenHas("Declined", { burned: [], unheard: renewed, final: false });
    first.thenHas("AttemptFailed", { retryAtMs: t0 + 200 });
    first.thenSays("p2/ newestPair", "p1/ cancel");
    const unheard = { ...said(1, 2), code: "party/pairs-missing", message: "", burned: [], unheard: renewed, final: false };
    const history = [opened(signPlan), start(1), at(1, "Declined", unheard), failedAt(2)];
    expect(fold(history).suspicion.byParty).toEqual({});
    given(...history)
      .when("Tick", {}, { ...around, after: 300 })
      .thenTypes("AttemptStarted");
    given(...history, start(2))
      .when("Decline", lost(2, [1], "party/pairs-missing", 2), around)
      .thenHas("Declined", { burned: [[1, 2]], pairIds: [pair.pairId] });
  });
  it("[CO11] a restored party has not lost a pair that was made anew since, unless it names it", () => {
    const start = { ...started(1, [1, 2]), data: { ...started(1, [1, 2]).data, pairs: [{ pair: [1, 3], pairId: "0b" }] } };
    const decline = (burned: readonly number[]) =>
      decide({ type: "Decline", data: lost(1, burned) }, fold([opened(signPlan), start as ReturnType<typeof started>]), world())[0]?.data;
    expect(decline([2])).toMatchObject({ burned: [[1, 2]] });
    const fresh = fold([opened(signPlan), started(1, [1, 2])]);
    expect(decide({ type: "Decline", data: lost(1, [2]) }, fresh, world())[0]?.data).toMatchObject({
      burned: [
        [1, 2],
        [1, 3],
      ],
    });
  });
});

describe("an abort", () => {
  it("[CO67] ends what is open, running or staged, and its members are told", () => {
    given(opened(renewPlan)).when("Stop", { sessionId: "ses_1" }).thenHas("SessionFailed", { code: "coordinator/aborted" });
    given(...running(signPlan, 1, [1, 2]))
      .when("Stop", { sessionId: "ses_1" })
      .thenSays("p1/p1-a cancel", "p2/p2-a cancel");
    given(...running(renewPlan, 1, [1, 2]), acked(1))
      .when("Stop", { sessionId: "ses_1" })
      .thenTypes("SessionFailed");
    // What was acknowledged may still be certified.
    given(...running(renewPlan, 1, [1, 2]), acked(1), at(20, "SessionFailed", { code: "coordinator/aborted", message: "", parties: [] }))
      .when("Acknowledge", { ...ack(2), pair })
      .thenTypes("Acknowledged", "PairCommitted", "Completed");
  });
  it("[CO67] changes nothing of a session that has ended, and no keygen", () => {
    given(opened(signPlan), at(1, "Completed", { attempt: 1, signature: "ab" }))
      .when("Stop", { sessionId: "ses_1" })
      .thenNothing();
    given(opened({ ...signPlan, kind: "keygen" }))
      .when("Stop", { sessionId: "ses_1" })
      .thenRefused("coordinator/not-abortable");
  });
  it("[CO67] is kept when it comes before its session, which ends when it is opened; a keygen opens all the same", () => {
    const early = at(0, "AbortAsked", { sessionId: "ses_1" });
    given()
      .when("Stop", { sessionId: "ses_1" })
      .thenExactly(event("AbortAsked", { sessionId: "ses_1" }));
    given(early).when("Stop", { sessionId: "ses_1" }).thenNothing();
    given(early)
      .when("Open", { plan: signPlan, intent: "eA==" })
      .thenExactly(
        event("SessionOpened", { plan: signPlan, intent: "eA==" }),
        event("SessionFailed", { code: "coordinator/aborted", message: "A caller aborted the session.", parties: [] }),
      );
    given(early).when("Open", { plan: keygenPlan, intent: "eA==" }).thenTypes("SessionOpened", "AttemptStarted");
  });
});
