// This file makes one crash. A process is killed at a point while requests are under way, and is
// restarted as a supervisor would do it. Then everything that was promised is looked at.
import { expect } from "vitest";
import { bodyOf, checkEpoch, ended as endOf, holdersFor } from "./continued.ts";
import { lostAt } from "./points.ts";
import { type Asks, type ScenarioName, type Sealing, type SignBody, scenarios } from "./scenarios.ts";
import { asking, checkBackup, checkExport, checkImport, loseBackups } from "./sealed.ts";
import { type Account, type Answer, type Armed, type Asked, type CrashSystem, pause } from "./system.ts";
import { bodyWithin, checkWithin, loseShare } from "./within.ts";

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
/** What makes a key. `settles` looks at what became of it. */
interface Making {
  readonly ending: Promise<Ended>;
  readonly settles: (ended: Ended) => Promise<Account | undefined>;
}

/**
 * The account `by` signs, and has a key of every scheme. Gives the outcome, and the account that
 * was made, if any.
 */
export async function crashAt(
  system: CrashSystem,
  armed: Armed & { readonly in: ScenarioName },
  by: Account,
  turn: number,
): Promise<{ outcome: Outcome; made: Account | undefined }> {
  try {
    for (let run = 1; ; run++) {
      const { signatures, making, lost } = await begin(system, armed, by, turn, `crash-${turn}-${run}`);
      const ending = Promise.all([...signatures.map(({ ending }) => ending), ...(making === undefined ? [] : [making.ending])]);
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
      const made = making && (await making.settles(await making.ending));
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
async function begin(system: CrashSystem, armed: Armed & { readonly in: ScenarioName }, by: Account, turn: number, userId: string) {
  const { asks }: { readonly asks: Asks } = scenarios[armed.in];
  if (asks.kind === "abandoned") {
    const { making, lost } = await loseParty(system, () => create(system, userId, turn));
    system.arm(armed);
    return { signatures: [], making, lost };
  }
  if (asks.kind === "continue") {
    const account = asks.act === "reshare" ? await accountOf(system, userId, turn, holdersFor.reshare) : by;
    system.arm(armed);
    const signature = system.signing(account, turn + 1);
    const ending = timed(system, system.continuing(account, turn, asks.act, bodyOf(asks.act, account)), (answer) => endOf(system, answer));
    const settles = async (ended: Ended) => {
      await checkEpoch(system, account, ended.answer, turn);
      return asks.act === "reshare" ? account : undefined;
    };
    return { signatures: [{ ...signature, ending: timed(system, signature.asked) }], making: { ending, settles }, lost: undefined };
  }
  if (asks.kind === "within") {
    // A pair has 16 runs in an epoch. So each crash has an account of its own.
    const account = await accountOf(system, userId, turn);
    if (asks.act === "repair") await loseShare(system, account);
    system.arm(armed);
    const signature = system.signing(by, turn + 1);
    const ending = timed(system, system.continuing(account, turn, asks.act, bodyWithin(asks.act)), (answer) => endOf(system, answer));
    const settles = async (ended: Ended) => {
      await checkWithin(system, account, asks.act, ended.answer, turn);
      return account;
    };
    return { signatures: [{ ...signature, ending: timed(system, signature.asked) }], making: { ending, settles }, lost: undefined };
  }
  if (asks.kind === "sealed") {
    const account = asks.act === "import" ? undefined : await accountOf(system, userId, turn);
    if (asks.act === "backup" && account !== undefined) await loseBackups(system, account);
    system.arm(armed);
    const signature = system.signing(by, turn + 1);
    const making = seal(system, asks.act, account, userId, turn);
    return { signatures: [{ ...signature, ending: timed(system, signature.asked) }], making, lost: undefined };
  }
  // Each account takes one further key of a scheme.
  const gains = asks.kind === "key" ? await accountOf(system, userId, turn) : undefined;
  system.arm(armed);
  const sign = (first: number, how?: SignBody) => {
    const signature = system.signing(by, first, how);
    return { ...signature, ending: timed(system, signature.asked) };
  };
  if (asks.kind === "sign")
    return { signatures: [turn, turn + 1].map((first) => sign(first, asks.body)), making: undefined, lost: undefined };
  const making = asks.kind === "key" ? addKey(system, gains as Account, turn, asks) : create(system, userId, turn, asks.body);
  return { signatures: [sign(turn + 1)], making, lost: undefined };
}

/**
 * Loses a party of a key generation whose shares are staged. After a while the key generation is
 * abandoned.
 */
export async function loseParty<T>(system: CrashSystem, make: () => T) {
  system.arm({ ...lostAt, instance: "server-party-1", when: "before", nth: 1 });
  const before = system.running();
  const making = make();
  const lost = await system.death(before);
  if (lost?.name !== "server-party-1") throw new Error(`${lost?.name} has died`);
  return { making, lost };
}

async function accountOf(system: CrashSystem, userId: string, first: number, how?: object): Promise<Account> {
  const { status, body } = await system.ask(system.creating(userId, first, how));
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
}

function create(system: CrashSystem, userId: string, first: number, how?: object): Making {
  const ending = timed(system, system.creating(userId, first, how));
  return { ending, settles: (ended) => checkAccount(system, userId, ended) };
}

function addKey(system: CrashSystem, account: Account, first: number, { scheme }: Extract<Asks, { kind: "key" }>): Making {
  const ending = timed(system, system.adding(account, first, scheme));
  return { ending, settles: (ended) => checkKey(system, account, ended) };
}

function seal(system: CrashSystem, act: Sealing, account: Account | undefined, userId: string, first: number): Making {
  const ending = (async () => timed(system, await asking(system, act, account, userId, first), (answer) => endOf(system, answer)))();
  const settles = async (ended: Ended) => {
    if (account === undefined) return checkImport(system, await checkAccount(system, userId, ended), ended.asked, first);
    await (act === "backup" ? checkBackup : checkExport)(system, account, ended.answer);
    await signsWithEveryKey(system, account);
    return account;
  };
  return { ending, settles };
}

async function timed(system: CrashSystem, asked: Asked, follow = async (answer: Answer): Promise<Answer> => answer): Promise<Ended> {
  const began = performance.now();
  const answer = await follow(await system.ask(asked));
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
  await isTheSame(system, asked, answer);
}

async function isTheSame(system: CrashSystem, asked: Asked, answer: Answer): Promise<void> {
  for (const first of [0, 1]) expect((await system.ask({ ...asked, first })).body).toEqual(answer.body);
}

/** Each key of the account signs, whichever of these services is asked. */
export async function signsWithEveryKey(system: CrashSystem, account: Account, services: readonly number[] = [0, 1]): Promise<void> {
  for (const { scheme } of account.keys)
    for (const first of services) {
      const { asked, isBy } = system.signing(account, first, { scheme });
      const signed = await system.ask(asked);
      expect(await isBy(signed), `${account.id}, ${scheme}: ${JSON.stringify(signed.body)}`).toBe(true);
    }
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
  const { scheme = "ecdsa-secp256k1", schemes = [scheme] } = asked.body as { scheme?: string; schemes?: readonly string[] };
  for (const account of active) {
    // All of the keys that were asked for, or no account.
    expect(account.keys.map((key) => key.scheme)).toEqual(schemes);
    await signsWithEveryKey(system, account);
  }
  if (answer.status === 201) {
    expect(active).toEqual([answer.body]);
    await isTheSame(system, asked, answer);
  } else isError(answer);
  return active[0];
}

/** The account has the key or has it not, and signs with what it has. */
async function checkKey(system: CrashSystem, { id }: Account, { asked, answer }: Ended): Promise<Account> {
  const account = await system.account(id);
  expect(account.status).toBe("active");
  await signsWithEveryKey(system, account);
  if (answer.status === 201) {
    expect(account.keys).toContainEqual(expect.objectContaining({ key_id: answer.body.key_id, public_key: answer.body.public_key }));
    await isTheSame(system, asked, answer);
  } else isError(answer);
  return account;
}
