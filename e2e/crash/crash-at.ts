// One crash: a process is killed at a point while requests are under way, restarted as a supervisor would, and everything promised is looked at.
import { expect } from "vitest";
import { lostAt, type Scenario } from "./points.ts";
import { type Account, type Answer, type Armed, type Asked, type CrashSystem, pause } from "./system.ts";

const healsWithinMs = 10_000;
/** How long an account may be neither active nor failed after its request was answered. */
const settlesWithinMs = 30_000;
/** A race may pass a point by: which party commits by whose word, say. */
const runsMax = 3;

export interface Outcome {
  readonly process: string;
  readonly healedMs: number;
  readonly slowestMs: number;
  /** What the requests were answered with: "result", or the code of an error. */
  readonly answers: readonly string[];
}

interface Ended {
  readonly asked: Asked;
  readonly answer: Answer;
  readonly ms: number;
}

/** `by`: signs. Gives the outcome, and the account that was made, if any. */
export async function crashAt(
  system: CrashSystem,
  armed: Armed & { readonly in: Scenario },
  by: Account,
  turn: number,
): Promise<{ outcome: Outcome; made: Account | undefined }> {
  try {
    for (let run = 1; ; run++) {
      const { signatures, creation, lost } = await begin(system, armed, by, turn, `crash-${turn}-${run}`);
      const ending = Promise.all([...signatures.map(({ ending }) => ending), ...(creation === undefined ? [] : [creation.ending])]);
      const watching = new AbortController();
      // What follows an answer, such as the last party's commit, may take a moment.
      void Promise.allSettled([ending])
        .then(() => pause(1_500))
        .then(() => system.isArmed() && watching.abort());
      const dead = await system.death(system.running(), watching.signal);
      if (dead === undefined && run < runsMax && lost === undefined) continue;
      if (dead === undefined) throw new Error(`nobody passed the point in ${run} runs`);
      expect(await dead.ended, dead.name).toBe("SIGKILL");
      expect(dead.name.startsWith(`${armed.role}-`), `${dead.name} has died`).toBe(true);

      const diedAt = performance.now();
      const restarted = Promise.all([dead, ...(lost === undefined ? [] : [lost])].map(({ name }) => system.cluster.restart(name)));
      // Told below, when the requests have ended.
      restarted.catch(() => {});
      const healedMs = await heals(system, by, diedAt, turn);
      const ended = await ending;
      await restarted;
      expect([...system.cluster.children.keys()].sort()).toEqual([...system.names].sort());
      for (const signature of signatures) await checkSignature(system, signature, await signature.ending);
      const made = creation && (await checkAccount(system, creation.userId, await creation.ending));
      const answers = ended.map(({ answer }) => (answer.status < 300 ? "result" : (answer.body.code as string)));
      return { outcome: { process: dead.name, healedMs, slowestMs: Math.max(...ended.map(({ ms }) => ms)), answers }, made };
    }
  } finally {
    system.disarm();
    // Whatever failed: the next crash finds everybody there.
    await Promise.all(system.names.filter((name) => !system.cluster.children.has(name)).map((name) => system.cluster.restart(name)));
  }
}

/** Requests under way, and the point armed. */
async function begin(system: CrashSystem, armed: Armed & { readonly in: Scenario }, by: Account, turn: number, userId: string) {
  const create = () => ({ userId, ending: timed(system, system.creating(userId, turn)) });
  if (armed.in === "abandoned") {
    const { creation, lost } = await loseParty(system, create);
    system.arm(armed);
    return { signatures: [], creation, lost };
  }
  system.arm(armed);
  const signatures = (armed.in === "sign" ? [turn, turn + 1] : [turn + 1]).map((first) => {
    const signature = system.signing(by, first);
    return { ...signature, ending: timed(system, signature.asked) };
  });
  return { signatures, creation: armed.in === "sign" ? undefined : create(), lost: undefined };
}

/** A key generation whose shares are staged when a party goes away: after a while it is abandoned. */
export async function loseParty<Creation>(system: CrashSystem, create: () => Creation) {
  system.arm({ ...lostAt, instance: "server-party-1", when: "before", nth: 1 });
  const before = system.running();
  const creation = create();
  const lost = await system.death(before);
  if (lost?.name !== "server-party-1") throw new Error(`${lost?.name} has died`);
  return { creation, lost };
}

async function timed(system: CrashSystem, asked: Asked): Promise<Ended> {
  const began = performance.now();
  const answer = await system.ask(asked);
  return { asked, answer, ms: performance.now() - began };
}

/** Milliseconds from the death to the first signature that was asked for after it. */
async function heals(system: CrashSystem, by: Account, diedAt: number, turn: number): Promise<number> {
  for (let at = turn; ; at++) {
    const { asked, isBy } = system.signing(by, at);
    const answer = await system.ask(asked);
    const ms = performance.now() - diedAt;
    if (await isBy(answer)) {
      expect(ms, "time until a signature works again").toBeLessThan(healsWithinMs);
      return ms;
    }
    isError(answer);
    expect(ms, `still ${JSON.stringify(answer.body)}`).toBeLessThan(healsWithinMs);
  }
}

function isError({ status, body }: Answer): void {
  expect(body).toMatchObject({ code: expect.any(String), message: expect.any(String), hint: expect.any(String) });
  expect([502, 503], JSON.stringify(body)).toContain(status);
}

/** A result, the same one whomever it is asked of; or an error that says so. */
async function checkSignature(system: CrashSystem, { asked, isBy }: ReturnType<CrashSystem["signing"]>, { answer }: Ended): Promise<void> {
  if (answer.status !== 200) return isError(answer);
  expect(await isBy(answer)).toBe(true);
  for (const first of [0, 1]) expect((await system.ask({ ...asked, first })).body).toEqual(answer.body);
}

async function checkAccount(system: CrashSystem, userId: string, { asked, answer }: Ended): Promise<Account | undefined> {
  const deadline = performance.now() + settlesWithinMs;
  let accounts = await system.accountsOf(userId);
  while (accounts.some((account) => account.status === "creating")) {
    expect(performance.now(), `still ${JSON.stringify(accounts)}`).toBeLessThan(deadline);
    await pause(200);
    accounts = await system.accountsOf(userId);
  }
  const active = accounts.filter((account) => account.status === "active");
  expect(active.length, JSON.stringify(accounts)).toBeLessThanOrEqual(1);
  for (const account of active)
    for (const first of [0, 1]) {
      const { asked: signature, isBy } = system.signing(account, first);
      const signed = await system.ask(signature);
      expect(await isBy(signed), JSON.stringify(signed.body)).toBe(true);
    }
  if (answer.status === 201) {
    expect(active).toEqual([answer.body]);
    for (const first of [0, 1]) expect((await system.ask({ ...asked, first })).body).toEqual(answer.body);
  } else isError(answer);
  return active[0];
}
