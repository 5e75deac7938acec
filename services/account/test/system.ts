// This file is the account service on a database in memory, over a coordinator made by hand.
import { accountApi } from "@covault/api/account";
import { makeLogger, type OnStep } from "@covault/service-kit/run";
import type { Database } from "@covault/service-kit/sql";
import { LiveRoster } from "@covault/trust";
import { afterAll, beforeEach } from "vitest";
import { checkAnswer } from "../../../packages/api/test/check-answer.ts";
import { embeddedDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { event } from "../src/events/event.ts";
import { type AccountConfig, type AccountService, startAccount } from "../src/index.ts";
import type { AccountServiceOptions } from "../src/start.ts";
import { type AccountStore, accountStore } from "../src/store/account-store.ts";
import { hashApiKey } from "../src/store/api-keys.ts";
import type { AccountDatabase, AccountTables, ApiKeyRow } from "../src/store/tables.ts";
import { coordinatorKey, type FakeCoordinator, fakeCoordinator, honest } from "./fake-coordinator.ts";
import { initiator, type RosterKey, root, roster } from "./trust.ts";

export const apiKey = "api-key-of-the-tests";
/** The row keys: ROW_KEY, and no other. */
export const rowKeys = { current: new Uint8Array(32).fill(0x52), also: [] };
/** The seed AUDIT_KEY. */
export const auditSeed = new Uint8Array(32).fill(0x41);
export const otherTenantKey = "api-key-of-another-tenant";
/** Gives the store as the service has it, with sessions that `initiator` signed. */
export const storeOf = (db: AccountDatabase): AccountStore =>
  accountStore(db, rowKeys, (id) => (id === initiator.id ? [initiator.publicKey] : []));
/** A digest to sign, without 0x. */
export const digest = "ab".repeat(32);

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into it
  readonly body: any;
  readonly headers: Headers;
}

export interface TestSystem {
  readonly coordinator: FakeCoordinator;
  readonly database: Database;
  readonly db: AccountDatabase;
  readonly service: () => AccountService;
  /** Starts another replica on the same database, which stops with the first one. */
  readonly replica: () => Promise<AccountService>;
  /**
   * Stops the service and starts it again on the same database. It meets what a crash leaves, or
   * has another configuration.
   */
  readonly restart: (config?: Partial<AccountConfig>) => Promise<void>;
  readonly call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  readonly createAccount: (body?: object, headers?: Record<string, string>) => Promise<Answer>;
  /** Adds a key of the tenant `other`. */
  readonly addApiKey: (
    key: { readonly api_key_id: string; readonly secret: string } & Partial<Pick<ApiKeyRow, "expires_at" | "revoked_at">>,
  ) => Promise<void>;
  readonly log: string[];
  /** The roster of the service, which a test may replace. */
  readonly roster: LiveRoster;
  /** Every operation with a status that it answered. */
  readonly answered: ReadonlySet<string>;
}

/** Gives one system for a test file. The coordinator is honest again before each test. */
export async function testSystem(
  config: Partial<AccountConfig> = {},
  openDatabase = embeddedDatabase,
  initiators: readonly RosterKey[] = [],
  onStep?: OnStep,
  rate?: AccountServiceOptions["rate"],
): Promise<TestSystem> {
  const log: string[] = [];
  const answered = new Set<string>();
  const logger = makeLogger({ name: "test", level: "debug", destination: { write: (line: string) => void log.push(line) } });
  const database = await openDatabase();
  const coordinator = await fakeCoordinator();
  const trust = new LiveRoster(roster(...initiators), root.publicKey);
  const start = (changes: Partial<AccountConfig> = {}): Promise<AccountService> => {
    const timing = {
      candidatesGraceMs: 30,
      pauseMs: 10,
      unreachableMs: 60,
      openingMs: 0,
      restoredPauseMs: 50,
      pollWaitMs: 1_000,
      reconcileEveryMs: 3_600_000,
      deniedEveryMs: 3_600_000,
    };
    return startAccount({
      config: {
        port: 0,
        apiKey,
        coordinatorUrl: coordinator.url,
        coordinatorApiKey: coordinatorKey,
        ...config,
        ...changes,
        timing: { ...timing, ...config.timing, ...changes.timing },
      },
      database,
      roster: trust,
      initiator: { id: initiator.id, seed: initiator.seed },
      rowKeys,
      auditKeys: { seed: auditSeed },
      logger,
      onStep,
      ...(rate === undefined ? {} : { rate }),
    });
  };
  let service = await start();
  const replicas: AccountService[] = [];
  const db = database.schema<AccountTables>("account");
  await db.insertInto("tenants").values({ tenant_id: "other", name: "another" }).execute();
  const addApiKey: TestSystem["addApiKey"] = async ({ secret, ...changes }) => {
    const row = {
      tenant_id: "other",
      secret_hash: hashApiKey(secret),
      label: "test",
      expires_at: null,
      revoked_at: null,
      created_at: new Date(0),
    };
    const values = { ...row, ...changes };
    const frame = { tenant: values.tenant_id, actor: { kind: "operator", id: "test" }, now: new Date(0) } as const;
    await storeOf(db).apiKeys.insert(values, event(frame, "api_key.created", { api_key_id: values.api_key_id }));
  };
  await addApiKey({ api_key_id: "key-1", secret: otherTenantKey });

  const call: TestSystem["call"] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${service.url}${path}`, {
      method,
      headers: { "x-api-key": apiKey, ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const { status } = response;
    const text = await response.text();
    const contentType = response.headers.get("content-type");
    const answer = /^application\/(problem\+)?json\b/.test(contentType ?? "") ? JSON.parse(text) : text;
    const seen = checkAnswer(accountApi, { method, url: path, status, contentType, body: answer });
    if (seen !== undefined) answered.add(seen);
    return { status, body: answer, headers: response.headers };
  };
  beforeEach(() => {
    Object.assign(coordinator.behaviour, honest());
  });
  afterAll(async () => {
    await Promise.all([service, ...replicas].map((one) => one.stop()));
    await coordinator.stop();
    await database.close();
  });
  return {
    coordinator,
    database,
    db,
    service: () => service,
    replica: async () => {
      const another = await start();
      replicas.push(another);
      return another;
    },
    restart: async (changes) => {
      await service.stop();
      service = await start(changes);
    },
    call,
    addApiKey,
    createAccount: (body = { user_id: "user123" }, headers) => call("POST", "/api/v1/accounts", body, headers),
    log,
    roster: trust,
    answered,
  };
}
