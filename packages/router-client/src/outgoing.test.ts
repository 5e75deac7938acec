import { asCovaultError } from "@covault/errors";
import { platformEntropy } from "@covault/party";
import { describe, expect, it } from "vitest";
import { Deliveries } from "./deliveries.ts";
import { decodeFrame } from "./frames.ts";
import { Outgoing } from "./outgoing.ts";

/** A clock whose time passes when it is told to. */
function manualClock() {
  let now = 0;
  const timers = new Set<{ at: number; act: () => void }>();
  return {
    nowMs: () => now,
    monotonicMs: () => now,
    timer(ms: number, act: () => void) {
      const timer = { at: now + ms, act };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    pass(ms: number) {
      now += ms;
      for (const timer of [...timers])
        if (timer.at <= now) {
          timers.delete(timer);
          timer.act();
        }
    },
    get timers() {
      return timers.size;
    },
  };
}
const to = { partyId: "bob", instanceId: "" };
const line = (written: string[], unacknowledgedMax = 100) => ({
  frameBytesMax: 1 << 20,
  unacknowledgedMax,
  write: (frame: Uint8Array) => {
    const body = decodeFrame(frame);
    if (body?.case === "send") written.push(body.value.messageId);
  },
});
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "sent",
    (error: unknown) => asCovaultError(error)?.code,
  );

describe("Outgoing", () => {
  it("keeps no more under way than the router's window, and goes on as answers come", async () => {
    const outgoing = new Outgoing(manualClock(), platformEntropy, { pendingMax: 100, answerMs: 1_000 });
    const written: string[] = [];
    outgoing.attach(line(written, 2));
    const sent = [0, 1, 2, 3].map(() => outgoing.send(to, new Uint8Array(1), 0));
    expect(written).toHaveLength(2);
    outgoing.accepted(written[0] as string);
    expect(written).toHaveLength(3);
    outgoing.rejected(written[1] as string, "router/queue-full", "full");
    expect(written).toHaveLength(4);
    expect(await codeOf(sent[0] as Promise<void>)).toBe("sent");
    expect(await codeOf(sent[1] as Promise<void>)).toBe("router/queue-full");
  });

  it("sends everything unanswered again on the next line, under the same ids and in the same order", () => {
    const outgoing = new Outgoing(manualClock(), platformEntropy, { pendingMax: 100, answerMs: 1_000 });
    const [before, after]: [string[], string[]] = [[], []];
    outgoing.attach(line(before));
    for (let n = 0; n < 3; n++) void codeOf(outgoing.send(to, new Uint8Array(1), 0));
    outgoing.accepted(before[1] as string);
    outgoing.detach();
    void codeOf(outgoing.send(to, new Uint8Array(1), 0));
    outgoing.attach(line(after, 10));
    expect(after.slice(0, 2)).toEqual([before[0], before[2]]);
    expect(after).toHaveLength(3);
  });

  it("gives up after the time a message may wait, the least time included, and leaves no timer behind", async () => {
    const clock = manualClock();
    const outgoing = new Outgoing(clock, platformEntropy, { pendingMax: 100, answerMs: 1_000 });
    const short = codeOf(outgoing.send(to, new Uint8Array(1), 0));
    const long = codeOf(outgoing.send(to, new Uint8Array(1), 5_000));
    clock.pass(1_000);
    expect(await short).toBe("router/peer-offline");
    clock.pass(3_999);
    const written: string[] = [];
    outgoing.attach(line(written));
    expect(written).toHaveLength(1);
    outgoing.accepted(written[0] as string);
    expect(await long).toBe("sent");
    expect(clock.timers).toBe(0);
  });

  it("takes an unknown code of a router for an absent peer, and an unknown id for nothing", async () => {
    const outgoing = new Outgoing(manualClock(), platformEntropy, { pendingMax: 100, answerMs: 1_000 });
    const written: string[] = [];
    outgoing.attach(line(written));
    const sent = codeOf(outgoing.send(to, new Uint8Array(1), 0));
    outgoing.accepted("msg_of_somebody_else");
    outgoing.rejected(written[0] as string, "toString", "");
    expect(await sent).toBe("router/peer-offline");
  });
});

describe("Deliveries", () => {
  const from = { partyId: "alice", instanceId: "i" };

  it("hands over once what is delivered twice, and tells both when it is done", async () => {
    const deliveries = new Deliveries();
    let handed = 0;
    let finish = () => {};
    const work = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const receive = () => {
      handed++;
      return work;
    };
    const both = [deliveries.take("m1", from, new Uint8Array(1), receive), deliveries.take("m1", from, new Uint8Array(1), receive)];
    finish();
    await Promise.all(both);
    await deliveries.take("m1", from, new Uint8Array(1), receive);
    expect(handed).toBe(1);
  });

  it("hands over the same id of another sender, and a message without an id every time", async () => {
    const deliveries = new Deliveries();
    let handed = 0;
    const receive = async () => void handed++;
    for (const partyId of ["alice", "bob"]) await deliveries.take("m1", { ...from, partyId }, new Uint8Array(1), receive);
    for (let n = 0; n < 2; n++) await deliveries.take("", from, new Uint8Array(1), receive);
    expect(handed).toBe(4);
  });

  it("hands over again what failed", async () => {
    const deliveries = new Deliveries();
    await expect(deliveries.take("m1", from, new Uint8Array(1), () => Promise.reject(new Error("first")))).rejects.toThrow("first");
    let handed = 0;
    await deliveries.take("m1", from, new Uint8Array(1), async () => void handed++);
    expect(handed).toBe(1);
  });

  it("remembers a bounded number, the newest", async () => {
    const deliveries = new Deliveries(2);
    const handed: string[] = [];
    const take = (id: string) => deliveries.take(id, from, new Uint8Array(1), async () => void handed.push(id));
    for (const id of ["a", "b", "c", "c", "b", "a"]) await take(id);
    expect(handed).toEqual(["a", "b", "c", "a"]);
  });
});
