// The account service over HTTP: one method per route, typed answers, one error class. `fetch` is
// the platform's, so the client runs in Node and in browsers alike.
import { aborted, badAnswer, cutOff, errorOfAnswer, noAnswer } from "./api-error.ts";
import { checkFields, jsonOf, pathOf } from "./arguments.ts";
import { linesOf } from "./lines.ts";
import { checkApiKey, checkBaseUrl, checkIdempotencyKey } from "./options.ts";
import type {
  Account,
  AccountList,
  AddKeyRequest,
  AddressesRequest,
  AddressList,
  AuditList,
  AuditRange,
  AuditRequest,
  BackupList,
  CreateAccountRequest,
  CreateBackupsRequest,
  Event,
  EventList,
  EventsRequest,
  ExportRequest,
  ImportRecipient,
  ImportRecipientRequest,
  ImportRequest,
  Key,
  KeyList,
  ListAccountsRequest,
  RecoverRequest,
  RefreshRequest,
  RenewRequest,
  RepairRequest,
  RequestOptions,
  ReshareRequest,
  Session,
  SignatureResult,
  SigningConfiguration,
  SignRequest,
} from "./types.ts";
import { type WaitOptions, waitForSession } from "./wait.ts";

export interface ClientOptions {
  /**
   * The account service's URL, for example http://localhost:4000. The type allows `undefined` for
   * `process.env`, and the constructor refuses it.
   */
  readonly baseUrl: string | undefined;
  readonly apiKey: string | undefined;
  /** Another implementation of fetch. */
  readonly fetch?: typeof fetch;
  /**
   * Looks at the addresses of every answer to `getAddresses` before it is given. It throws when
   * they are not those that follow from the keys. `checkAddresses` of `@covault/chains` is one.
   */
  readonly verify?: CheckAddresses;
}

/** `keys` are the account's, which the client asks for. */
export type CheckAddresses = (
  asked: { readonly [Name in Exclude<keyof AddressesRequest, "signal">]?: AddressesRequest[Name] | undefined },
  keys: readonly Key[],
  shown: AddressList,
) => void | Promise<void>;

interface Call {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a session that goes on after its answer is for. */
type Launched = "refresh" | "reshare" | "recover" | "renew" | "repair" | "export";

const withSignal = { signal: "signal?" } as const;
const withKey = { idempotencyKey: "text?", ...withSignal } as const;

/**
 * A client of the account service. Every method rejects with `sdk/bad-argument` before anything is
 * sent, when an argument is not valid.
 */
export class CovaultClient {
  readonly #baseUrl: string;
  readonly #apiKey: string;
  readonly #fetch: typeof fetch;
  readonly #verify: CheckAddresses | undefined;

  /**
   * Throws `sdk/bad-base-url`, `sdk/bad-api-key`, and `sdk/bad-argument` for options that are not
   * valid.
   */
  constructor(options: ClientOptions) {
    checkFields(options, "options", { fetch: "function?", verify: "function?" });
    this.#baseUrl = checkBaseUrl(options.baseUrl);
    this.#apiKey = checkApiKey(options.apiKey);
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#verify = options.verify;
  }

  /** Makes keys that never exist in one place, one of each scheme. Answers when all are usable. */
  async createAccount(request: CreateAccountRequest, options: RequestOptions = {}): Promise<Account> {
    const schemes = { scheme: "text?", schemes: "texts?" } as const;
    checkFields(request, "request", { user_id: "text", name: "text?", ...schemes, threshold_t: "integer?", threshold_n: "integer?" });
    checkFields(options, "options", withKey);
    return this.#call("POST", "/api/v1/accounts", {
      body: request,
      idempotencyKey: options.idempotencyKey ?? crypto.randomUUID(),
      signal: options.signal,
    });
  }

  async getAccount(accountId: string, options: Pick<RequestOptions, "signal"> = {}): Promise<Account> {
    checkFields(options, "options", withSignal);
    return this.#call("GET", `/api/v1/accounts/${pathOf(accountId, "accountId")}`, { signal: options.signal });
  }

  /** Gives one page of accounts, oldest first. */
  async listAccounts(request: ListAccountsRequest = {}): Promise<AccountList> {
    const fields = { user_id: "text?", limit: "integer?", cursor: "text?", ...withSignal } as const;
    const { user_id, limit, cursor, signal } = checkFields(request, "request", fields);
    return this.#call("GET", "/api/v1/accounts", { query: { user_id, limit, cursor }, signal });
  }

  /**
   * Makes a key of a further scheme for the account, held by the same parties. Answers when it is
   * usable.
   */
  async addKey(accountId: string, request: AddKeyRequest, options: RequestOptions = {}): Promise<Key> {
    checkFields(request, "request", { scheme: "text" });
    checkFields(options, "options", withKey);
    return this.#call("POST", `/api/v1/accounts/${pathOf(accountId, "accountId")}/keys`, {
      body: request,
      idempotencyKey: options.idempotencyKey ?? crypto.randomUUID(),
      signal: options.signal,
    });
  }

  /** The account's keys, with what anybody needs to verify them and to derive their children. */
  async listKeys(accountId: string, options: Pick<RequestOptions, "signal"> = {}): Promise<KeyList> {
    checkFields(options, "options", withSignal);
    return this.#call("GET", `/api/v1/accounts/${pathOf(accountId, "accountId")}/keys`, { signal: options.signal });
  }

  /**
   * Where the account is paid, by chain: of one path, or of a range of steps under it.
   *
   * @example
   * const { addresses } = await covault.getAddresses(id, { path: "m/0", from: 0, count: 20 });
   */
  async getAddresses(accountId: string, request: AddressesRequest = {}): Promise<AddressList> {
    const fields = { path: "text?", from: "integer?", count: "integer?", network: "text?", ...withSignal } as const;
    const { signal, path, from, count, network } = checkFields(request, "request", fields);
    const query = { path, from, count, network };
    const url = `/api/v1/accounts/${pathOf(accountId, "accountId")}`;
    const shown = await this.#call<AddressList>("GET", `${url}/addresses`, { query, signal });
    if (this.#verify !== undefined) {
      const { keys } = await this.#call<{ readonly keys: readonly Key[] }>("GET", `${url}/keys`, { signal });
      await this.#verify(query, keys, shown);
    }
    return shown;
  }

  /** A signature over a digest, a message or a transaction, verified by the service. */
  async sign(accountId: string, request: SignRequest, options: RequestOptions = {}): Promise<SignatureResult> {
    const key = { scheme: "text?", key_id: "text?", derivation_path: "text?", taproot: "object?" } as const;
    checkFields(request, "request", { digest: "text?", message: "text?", transaction: "object?", ...key });
    checkFields(options, "options", withKey);
    return this.#call("POST", `/api/v1/accounts/${pathOf(accountId, "accountId")}/sign`, {
      body: request,
      idempotencyKey: options.idempotencyKey ?? crypto.randomUUID(),
      signal: options.signal,
    });
  }

  async getSigningConfiguration(accountId: string): Promise<SigningConfiguration> {
    return this.#call("GET", `/api/v1/accounts/${pathOf(accountId, "accountId")}/signing-configuration`, {});
  }

  async setSigningConfiguration(accountId: string, configuration: SigningConfiguration): Promise<SigningConfiguration> {
    checkFields(configuration, "configuration", { parties: "texts", required: "texts" });
    return this.#call("PUT", `/api/v1/accounts/${pathOf(accountId, "accountId")}/signing-configuration`, { body: configuration });
  }

  async getSession(sessionId: string, options: Pick<RequestOptions, "signal"> = {}): Promise<Session> {
    checkFields(options, "options", withSignal);
    return this.#call("GET", `/api/v1/sessions/${pathOf(sessionId, "sessionId")}`, { signal: options.signal });
  }

  /**
   * Makes the shares of a key anew, for the same holders. Answers with the session, which goes on.
   * The key may be left out where the account has one.
   *
   * @example
   * const { session_id } = await covault.refresh(id);
   * const { status, result } = await covault.sessions.wait(session_id);
   */
  async refresh(accountId: string, request: RefreshRequest = {}, options: RequestOptions = {}): Promise<Session> {
    checkFields(request, "request", { key: "text?" });
    return this.#launch(accountId, "refresh", request, options);
  }

  /**
   * Gives a key other holders, or another threshold. Answers with the session, which goes on and
   * says what remains: `threshold_t` of `threshold_n`.
   */
  async reshare(accountId: string, request: ReshareRequest, options: RequestOptions = {}): Promise<Session> {
    const counts = { threshold_t: "integer?", threshold_n: "integer?" } as const;
    checkFields(request, "request", { key: "text?", ...counts, parties: "texts?", leave_out: "texts?", force: "text?" });
    return this.#launch(accountId, "reshare", request, options);
  }

  /** Makes the lost share of one holder anew. Answers with the session, which goes on. */
  async recover(accountId: string, request: RecoverRequest, options: RequestOptions = {}): Promise<Session> {
    checkFields(request, "request", { key: "text?", party_id: "text", replacement_identity: "text?" });
    return this.#launch(accountId, "recover", request, options);
  }

  /**
   * Makes the pair of two holders anew, without the others. The key stays in its epoch. Answers
   * with the session, which goes on.
   */
  async renew(accountId: string, request: RenewRequest, options: RequestOptions = {}): Promise<Session> {
    checkFields(request, "request", { key: "text?", parties: "texts" });
    return this.#launch(accountId, "renew", request, options);
  }

  /**
   * Gives a holder its lost share back. The key stays in its epoch, so a share that may be stolen
   * is recovered instead. Answers with the session, which goes on.
   */
  async repair(accountId: string, request: RepairRequest, options: RequestOptions = {}): Promise<Session> {
    checkFields(request, "request", { key: "text?", party_id: "text" });
    return this.#launch(accountId, "repair", request, options);
  }

  /**
   * Gives the key of a party, which the caller names, for one import. It is good for ten minutes.
   * Whoever seals a private key to it has to verify `statement` with the roster first, as
   * `covault import` does.
   */
  async getImportRecipient(request: ImportRecipientRequest): Promise<ImportRecipient> {
    checkFields(request, "request", { party_id: "text", ...withSignal });
    const { party_id, signal } = request;
    return this.#call("GET", "/api/v1/import-recipient", { query: { party_id }, signal });
  }

  /**
   * Makes an account of a key that exists in one place. `sealed_key` is made where the key is: it
   * never leaves there unsealed.
   */
  async importAccount(request: ImportRequest, options: RequestOptions = {}): Promise<Account> {
    const sizes = { threshold_t: "integer?", threshold_n: "integer?" } as const;
    const sealed = { public_key: "text", chain_code: "text?", party_id: "text", recipient: "text", sealed_key: "text" } as const;
    checkFields(request, "request", { user_id: "text", name: "text?", scheme: "text", ...sizes, ...sealed });
    checkFields(options, "options", withKey);
    return this.#call("POST", "/api/v1/accounts/import", {
      body: request,
      idempotencyKey: options.idempotencyKey ?? crypto.randomUUID(),
      signal: options.signal,
    });
  }

  /**
   * Has the holders of a key seal their shares to a recipient, which each of them has to list
   * itself. It ends threshold protection for good. Answers with the session; once it is completed,
   * `result.documents` are for `covault recover-key`.
   */
  async exportKey(accountId: string, request: ExportRequest, options: RequestOptions = {}): Promise<Session> {
    checkFields(request, "request", { key: "text?", recipient: "text", reason: "text" });
    return this.#launch(accountId, "export", request, options);
  }

  #launch(accountId: string, kind: Launched, request: object, options: RequestOptions): Promise<Session> {
    checkFields(options, "options", withKey);
    return this.#call("POST", `/api/v1/accounts/${pathOf(accountId, "accountId")}/${kind}`, {
      body: request,
      idempotencyKey: options.idempotencyKey ?? crypto.randomUUID(),
      signal: options.signal,
    });
  }

  /** Sealed backups of shares. Each party seals to the recipients of its own settings alone. */
  readonly backups = {
    /** Gives what the holders of the account's keys said when they were asked last. */
    list: async (accountId: string, options: Pick<RequestOptions, "signal"> = {}): Promise<BackupList> => {
      checkFields(options, "options", withSignal);
      return this.#call("GET", `/api/v1/accounts/${pathOf(accountId, "accountId")}/backups`, { signal: options.signal });
    },
    /**
     * Lets the holders seal their shares now, of one key or of each, and gives what they say. What
     * is sealed already is not sealed again.
     */
    create: async (
      accountId: string,
      request: CreateBackupsRequest = {},
      options: Pick<RequestOptions, "signal"> = {},
    ): Promise<BackupList> => {
      checkFields(request, "request", { key: "text?" });
      checkFields(options, "options", withSignal);
      return this.#call("POST", `/api/v1/accounts/${pathOf(accountId, "accountId")}/backups`, { body: request, signal: options.signal });
    },
  };

  /** Sessions that go on after their answer. */
  readonly sessions = {
    /**
     * Gives the session once it has ended: completed, or failed with its `error`. A service that is
     * away for a moment is asked again.
     */
    wait: async (sessionId: string, options: WaitOptions = {}): Promise<Session> => {
      checkFields(options, "options", { ...withSignal, onProgress: "function?", everyMs: "integer?" });
      const { signal } = options;
      return waitForSession(() => this.getSession(sessionId, signal === undefined ? {} : { signal }), this.#baseUrl, options);
    },
    /**
     * Makes no further attempt of a session, for example of one that waits for a party that never
     * comes back. Answers with the session as it ended: failed, unless its result came first.
     */
    abort: async (sessionId: string, options: Pick<RequestOptions, "signal"> = {}): Promise<Session> => {
      checkFields(options, "options", withSignal);
      return this.#call("POST", `/api/v1/sessions/${pathOf(sessionId, "sessionId")}/abort`, { signal: options.signal });
    },
  };

  /** Gives one page of events, oldest first. `last` is what to ask after next. */
  async listEvents(request: EventsRequest = {}): Promise<EventList> {
    const { after, limit, signal } = checkFields(request, "request", { after: "text?", limit: "integer?", ...withSignal });
    return this.#call("GET", "/api/v1/events", { query: { after, limit }, signal });
  }

  /**
   * Gives every event after `after`, oldest first, page by page, and ends where the log ends. Keep
   * the `seq` of the last one: the next call goes on after it, and loses none.
   *
   * @example
   * for await (const { seq, act, object } of covault.events({ after })) after = seq;
   */
  async *events(request: EventsRequest = {}): AsyncGenerator<Event, void, undefined> {
    for (let after = request.after; ; ) {
      const { events, last } = await this.listEvents({ ...request, ...(after === undefined ? {} : { after }) });
      if (events.length === 0) return;
      yield* events;
      after = last;
    }
  }

  /** The event log with its hashes, and as an export that proves itself. */
  readonly audit = {
    /** Gives one page of entries, oldest first. `last` is what to ask after next. */
    list: async (request: AuditRequest = {}): Promise<AuditList> => {
      const fields = { after: "text?", limit: "integer?", act: "text?", actor: "text?", account_id: "text?", ...withSignal } as const;
      const { signal, after, limit, act, actor, account_id } = checkFields(request, "request", fields);
      return this.#call("GET", "/api/v1/audit", { query: { after, limit, act, actor, account_id }, signal });
    },
    /**
     * Gives the lines of an export as they come, without their ends: entries and signed
     * checkpoints, byte for byte as `covault audit verify` and `verifyAudit` take them. Throws
     * `sdk/unreachable` when the answer ends before its end.
     *
     * @example
     * for await (const line of covault.audit.export()) file.write(`${line}\n`);
     */
    export: (range: AuditRange = {}): AsyncGenerator<string, void, undefined> => this.#exported(range),
  };

  async *#exported(range: AuditRange): AsyncGenerator<string, void, undefined> {
    const { from, to, signal } = checkFields(range, "range", { from: "text?", to: "text?", ...withSignal });
    const { url, response } = await this.#send("GET", "/api/v1/audit/export", { query: { from, to }, signal });
    if (!response.ok) throw errorOfAnswer(response.status, await jsonIn(response, url, signal));
    try {
      yield* linesOf(response.body);
    } catch (cause) {
      throw signal?.aborted ? aborted(url, signal.reason) : cutOff(url, cause);
    }
  }

  async #call<Answer>(method: "GET" | "POST" | "PUT", path: string, call: Call): Promise<Answer> {
    const { url, response } = await this.#send(method, path, call);
    const body = await jsonIn(response, url, call.signal);
    if (!response.ok) throw errorOfAnswer(response.status, body);
    return body as Answer;
  }

  async #send(method: string, path: string, call: Call): Promise<{ readonly url: string; readonly response: Response }> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, String(value));
    const url = `${this.#baseUrl}${path}${query.size > 0 ? `?${query}` : ""}`;
    const headers: Record<string, string> = { "x-api-key": this.#apiKey };
    if (call.body !== undefined) headers["content-type"] = "application/json";
    if (call.idempotencyKey !== undefined) headers["idempotency-key"] = checkIdempotencyKey(call.idempotencyKey);
    const init: RequestInit = { method, headers };
    if (call.body !== undefined) init.body = jsonOf(call.body);
    if (call.signal !== undefined) init.signal = call.signal;
    try {
      return { url, response: await this.#fetch(url, init) };
    } catch (cause) {
      throw call.signal?.aborted ? aborted(url, call.signal.reason) : noAnswer(url, cause);
    }
  }
}

/** Throws `sdk/unreachable` when the answer is cut off, and `sdk/bad-answer` for no JSON. */
async function jsonIn(response: Response, url: string, signal: AbortSignal | undefined): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (cause) {
    throw signal?.aborted ? aborted(url, signal.reason) : noAnswer(url, cause);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw badAnswer(response.status);
  }
}
