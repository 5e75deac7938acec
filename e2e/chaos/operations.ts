// This file does what callers do meanwhile. Keys are made, refreshed and reshared, their pairs are
// renewed, shares that were lost are made again, and digests are signed, each under an idempotency
// key of its own. Each is asked for again, as a caller should, until there is a result or a refusal
// that asking again does not change. Each later kind of operation has its place here.
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { recoverAddress } from "viem";
import type { Key } from "../crash/system.ts";
import { repaired } from "../crash/within.ts";
import { type Answer, accountServices, type ChaosSystem } from "./system.ts";

/** One HTTP request. */
export interface Asked {
  readonly atMs: number;
  readonly ms: number;
  /** How it ended: "result", the code of the error, or "lost" with its connection. */
  readonly end: string;
}

/** What changes a key and goes on after its answer. The holders stay the same. */
type Continuing = "refresh" | "reshare" | "renew" | "repair";
const continuing: readonly string[] = ["refresh", "reshare", "renew", "repair"] satisfies Continuing[];

const cycle = ["refresh", "renew", "repair", "refresh", "reshare"] as const;

export interface Operation {
  readonly kind: "keygen" | "sign" | Continuing;
  readonly path: string;
  readonly body: object;
  readonly key: string;
  readonly asked: Asked[];
  /** What identifies the result, once there is one. More than one is a fault. */
  readonly results: Set<string>;
  /** The session that the last answer named, of what changes a key. */
  session?: string;
  over: boolean;
}

export interface Account {
  readonly id: string;
  readonly keys: readonly Key[];
  readonly addresses: { readonly evm: string };
  readonly parties: readonly { readonly party_id: string }[];
}

/**
 * Whether waiting helps, because the answer says so by its status, or because the connection was
 * lost.
 */
const isPassing = (end: string, status: number): boolean => end === "lost" || status === 503 || status === 504 || status === 429;

/** `lose` takes the share of an account's key from one of its holders. */
export function operations(system: ChaosSystem, lose: (account: Account) => Promise<void>) {
  const all: Operation[] = [];
  const accounts: Account[] = [];
  const lost = new Set<Account>();
  let turn = 0;
  let continued = 0;
  let stopped = false;

  function begin(kind: Operation["kind"], path: string, body: object): Operation {
    const operation: Operation = { kind, path, body, key: randomUUID(), asked: [], results: new Set(), over: false };
    all.push(operation);
    return operation;
  }

  /** Makes one request of the operation. */
  async function ask(operation: Operation): Promise<Answer | undefined> {
    const atMs = performance.now();
    const service = accountServices[turn++ % accountServices.length] as string;
    let answer: Answer | undefined;
    let end = "lost";
    try {
      answer = await system.ask(service, "POST", operation.path, operation.body, operation.key);
      end = answer.status < 300 ? "result" : answer.body.code;
    } catch (error) {
      if ((error as Error).name === "TimeoutError") end = "no answer";
    }
    operation.asked.push({ atMs, ms: performance.now() - atMs, end });
    if (end === "result") {
      const result = await resultOf(operation, answer as Answer);
      if (result !== undefined) operation.results.add(result);
    }
    if (end === "no answer" || !isPassing(end, answer?.status ?? 0)) operation.over = true;
    return answer;
  }

  /** Asks until there is a result, or until none can come. */
  async function bring(operation: Operation, untilMs: number): Promise<Answer | undefined> {
    for (;;) {
      const answer = await ask(operation);
      if (operation.over || performance.now() > untilMs) return answer;
      await pause(250);
    }
  }

  async function signOnce(account: Account): Promise<void> {
    await bring(
      begin("sign", `/accounts/${account.id}/sign`, { message: `0x${randomBytes(32).toString("hex")}` }),
      Number.POSITIVE_INFINITY,
    );
  }
  async function keygenOnce(): Promise<void> {
    const answer = await bring(
      begin("keygen", "/accounts", { user_id: "chaos", threshold_t: 2, threshold_n: 3 }),
      Number.POSITIVE_INFINITY,
    );
    if (answer?.status === 201) accounts.push(answer.body);
  }
  /** Changes a key. It is over with its answer, and goes on after it. */
  async function continueOnce(kind: Continuing, account: Account, body: object = {}): Promise<Operation> {
    const operation = begin(kind, `/accounts/${account.id}/${kind}`, body);
    await bring(operation, Number.POSITIVE_INFINITY);
    return operation;
  }
  async function continueNext(newest: Account): Promise<void> {
    // One of five is a reshare, one renews a pair, each time another one, and one repairs a share.
    const [at, kind] = [Math.floor(continued / cycle.length), cycle[continued++ % cycle.length] ?? "refresh"];
    if (kind === "repair") {
      lost.add(newest);
      await lose(newest);
      await continueOnce(kind, newest, { party_id: repaired });
      return;
    }
    const parties = newest.parties.map(({ party_id }) => party_id).filter((_, index) => index !== at % newest.parties.length);
    await continueOnce(kind, newest, kind === "renew" ? { parties } : {});
  }
  async function resultOf(operation: Operation, { body }: Answer): Promise<string | undefined> {
    if (operation.kind === "keygen") return body.id;
    if (continuing.includes(operation.kind)) {
      operation.session = body.session_id;
      // A session that failed for now may be followed by another one.
      return body.status === "completed" ? body.session_id : undefined;
    }
    const { message } = operation.body as { message: `0x${string}` };
    const account = accounts.find(({ id }) => operation.path.includes(id));
    const signer = await recoverAddress({ hash: message, signature: body.signature.hex });
    return signer === account?.addresses.evm ? `${body.session_id} ${body.signature.hex}` : `a signature by ${signer}`;
  }
  async function loop(work: () => Promise<void>, restMs: number): Promise<void> {
    while (!stopped) {
      await work();
      await pause(restMs);
    }
  }

  return {
    all,
    accounts,
    /** The accounts of whose keys a holder has lost its share, and has got it back or not. */
    lost,
    keygenOnce,
    signOnce,
    continueOnce,
    /** Asks once more for what has a result. The last questions do so at every service. */
    ask,
    /** Runs the callers. It resolves when every operation under way has ended, after `stop`. */
    run(callers: number, newest: () => Account): Promise<unknown> {
      const signing = Array.from({ length: callers }, () => loop(() => signOnce(newest()), 100));
      return Promise.all([...signing, loop(keygenOnce, 4_000), loop(() => continueNext(newest()), 3_000)]);
    },
    stop(): void {
      stopped = true;
    },
  };
}
export type Operations = ReturnType<typeof operations>;
