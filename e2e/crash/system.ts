// This file has a small cluster whose processes can be killed at a named step (main.js), and a
// caller that asks again when its connection is lost.
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evmAddress } from "@covault/chains";
import { type Cluster, startCluster } from "@covault/server";
import { noScripts, parsePath, type SchemeName, schemeOf } from "@covault/trust";
import { recoverAddress } from "viem";
import type { Child } from "../../apps/server/src/cluster/child.ts";
import type { Point } from "./points.ts";
import { recipient } from "./recipient.ts";
import type { Act, SignBody, Within } from "./scenarios.ts";

const main = join(import.meta.dirname, "main.js");
/** A request that has no answer by then hangs. */
export const answerWithinMs = 60_000;
const accountServices = ["account-1", "account-2"];
export const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the answer as a caller without types.
  readonly body: any;
}
export interface Account {
  readonly id: string;
  readonly status: string;
  readonly keys: readonly Key[];
  readonly parties: readonly { readonly party_id: string }[];
}
export interface Key {
  readonly key_id: string;
  readonly scheme: SchemeName;
  readonly epoch: number;
  readonly public_key: string;
}
/** A request under a key of its own, and the service that is asked first. */
export interface Asked {
  readonly path: string;
  readonly body: object;
  readonly key: string;
  readonly first: number;
}
export interface Armed extends Point {
  readonly when: "before" | "after";
  readonly nth: number;
  /** Only this instance of a party. */
  readonly instance?: string;
}
export interface Servers {
  readonly postgres: string;
  readonly rabbitmq: string;
  readonly redis: string;
}

export type CrashSystem = Awaited<ReturnType<typeof startCrashSystem>>;

export async function startCrashSystem(servers: Servers) {
  const dataDir = mkdtempSync(join(tmpdir(), "covault-crash-"));
  const folder = join(dataDir, "crash");
  mkdirSync(folder);
  const prefix = `covault_crash_${randomBytes(4).toString("hex")}`;
  const cluster: Cluster = await startCluster({
    shape: { accounts: 2, coordinators: 2, routers: 2, parties: [1, 1, 2] },
    servers,
    prefix,
    dataDir,
    command: [process.execPath, main],
    readyMs: 120_000,
    // Nobody else's: while a process is down, its port must stay free.
    portOffset: 10_000,
    env: {
      // What the test leaves behind in RabbitMQ goes by itself.
      RABBITMQ_QUEUE_IDLE_MS: "120000",
      CRASH_DIR: folder,
      ...recipient.env,
    },
  });
  const names = [...cluster.children.keys()];
  const armedFile = join(folder, "armed.json");
  const passedFile = join(folder, "passed");
  let arming = 0;

  async function askOnce(at: number, method: string, path: string, body?: object, key?: string): Promise<Answer> {
    const url = cluster.children.get(accountServices[at % accountServices.length] ?? "")?.url;
    if (url === undefined) throw new Error("not running");
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        "x-api-key": cluster.apiKey,
        ...(body && { "content-type": "application/json" }),
        ...(key && { "idempotency-key": key }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerWithinMs),
    });
    return { status: response.status, body: await response.json() };
  }
  /**
   * Asks as a caller should. When the connection is lost, it asks the other service again, under
   * the same key.
   */
  async function ask({ first, path, body, key }: Asked): Promise<Answer> {
    const deadline = performance.now() + answerWithinMs;
    for (let at = first; ; at++)
      try {
        return await askOnce(at, "POST", path, body, key);
      } catch (error) {
        if (performance.now() > deadline) throw new Error(`POST ${path}: no answer in ${answerWithinMs} ms`, { cause: error });
        await pause(100);
      }
  }
  /** From an account service that runs. */
  async function read(path: string): Promise<Answer["body"]> {
    for (let at = 0; ; at++)
      try {
        return (await askOnce(at, "GET", path)).body;
      } catch (error) {
        if (at > 50) throw error;
        await pause(100);
      }
  }
  /** Of the account's first key, unless `how` names another one. */
  const signing = (account: Account, first: number, how: SignBody = {}) => {
    const scheme = how.scheme ?? account.keys[0]?.scheme ?? "ecdsa-secp256k1";
    const hash = `0x${randomBytes(32).toString("hex")}` as const;
    const body = { scheme, ...how, [schemeOf(scheme).message.isDigest ? "digest" : "message"]: hash };
    const asked: Asked = { path: `/accounts/${account.id}/sign`, body, key: randomUUID(), first };
    const isBy = async (answer: Answer): Promise<boolean> => {
      if (answer.status !== 200) return false;
      const { keys } = await read(`/accounts/${account.id}/keys`);
      const publicKey = signingKey(
        keys.find((key: Key) => key.scheme === scheme),
        how,
      );
      const { hex } = answer.body.signatures[0];
      if (scheme === "ecdsa-secp256k1") return (await recoverAddress({ hash, signature: hex })) === evmAddress(publicKey);
      return schemeOf(scheme).signature.verify(publicKey, bytes(hash), bytes(hex));
    };
    return { asked, isBy };
  };

  return {
    cluster,
    postgres: servers.postgres,
    prefix,
    names,
    ask,
    read,
    signing,
    /** `how`: its schemes, one of ECDSA unless given. */
    creating: (userId: string, first: number, how: object = {}): Asked => ({
      path: "/accounts",
      body: { user_id: userId, ...how },
      key: randomUUID(),
      first,
    }),
    adding: (account: Account, first: number, scheme: SchemeName): Asked => ({
      path: `/accounts/${account.id}/keys`,
      body: { scheme },
      key: randomUUID(),
      first,
    }),
    continuing: (account: Account, first: number, act: Act | Within, body: object): Asked => ({
      path: `/accounts/${account.id}/${act}`,
      body: { key: "ecdsa-secp256k1", ...body },
      key: randomUUID(),
      first,
    }),
    /** Has these parties sign for the account, and no other. */
    choosing: (account: Account, parties: readonly string[]): Promise<Answer> =>
      askOnce(0, "PUT", `/accounts/${account.id}/signing-configuration`, { parties, required: parties }),
    session: (sessionId: string): Promise<Answer["body"]> => read(`/sessions/${sessionId}`),
    accountsOf: async (userId: string): Promise<Account[]> => (await read(`/accounts?user_id=${userId}`)).accounts,
    account: (accountId: string): Promise<Account> => read(`/accounts/${accountId}`),
    arm(armed: Armed): void {
      writeFileSync(`${armedFile}.new`, JSON.stringify({ id: ++arming, ...armed }));
      renameSync(`${armedFile}.new`, armedFile);
    },
    /** False: it has fired, or was disarmed. */
    isArmed: () => existsSync(armedFile),
    disarm: () => rmSync(armedFile, { force: true }),
    /** Resolves with the first process of those that ends. */
    async death(before: ReadonlyMap<string, Child>, signal?: AbortSignal): Promise<Child | undefined> {
      while (signal?.aborted !== true) {
        const name = [...before.keys()].find((each) => !cluster.children.has(each));
        if (name !== undefined) return before.get(name);
        await pause(5);
      }
      return undefined;
    },
    running: (): ReadonlyMap<string, Child> => new Map(cluster.children),
    record(): void {
      writeFileSync(passedFile, "");
    },
    /** Points passed since `record`, as role and name with a tab between. */
    recorded(): Set<string> {
      return new Set(readFileSync(passedFile, "utf8").split("\n").filter(Boolean));
    },
    endRecord: () => rmSync(passedFile, { force: true }),
    lastLines: (): string =>
      [...cluster.children.values()]
        .map((child) => `${child.name}:\n${child.lastLines().trim().split("\n").slice(-5).join("\n")}`)
        .join("\n"),
    async end(): Promise<readonly string[]> {
      const wrong = await cluster.stop();
      await cluster.drop();
      rmSync(dataDir, { recursive: true, force: true });
      return wrong;
    },
  };
}

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.slice(2), "hex"));

/**
 * Gives what a signature has to verify under: the key, its child by the path, or the Taproot output
 * of that.
 */
function signingKey(key: Key & { readonly chain_code: string }, { derivation_path: path = "m", taproot }: SignBody): Uint8Array {
  const scheme = schemeOf(key.scheme);
  const steps = parsePath(path);
  const own = bytes(key.public_key);
  const child = steps.length === 0 ? own : scheme.derive(own, bytes(key.chain_code), steps).publicKey;
  return taproot === undefined ? child : (scheme.taproot?.(child, noScripts) ?? child);
}
