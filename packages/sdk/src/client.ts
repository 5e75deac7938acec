// The account service over HTTP: one method per route, typed answers, one error class. `fetch` is
// the platform's, so the client runs in Node and in browsers alike.
import { aborted, badAnswer, errorOfAnswer, noAnswer } from "./api-error.ts";
import { checkFields, jsonOf, pathOf } from "./arguments.ts";
import { checkApiKey, checkBaseUrl, checkIdempotencyKey } from "./options.ts";
import type {
  Account,
  AccountList,
  CreateAccountRequest,
  ListAccountsRequest,
  RequestOptions,
  Session,
  SignatureResult,
  SigningConfiguration,
  SignRequest,
} from "./types.ts";

export interface ClientOptions {
  /**
   * The account service's URL, for example http://localhost:4000. The type allows `undefined` for
   * `process.env`, and the constructor refuses it.
   */
  readonly baseUrl: string | undefined;
  readonly apiKey: string | undefined;
  /** Another implementation of fetch. */
  readonly fetch?: typeof fetch;
}

interface Call {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

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

  /**
   * Throws `sdk/bad-base-url`, `sdk/bad-api-key`, and `sdk/bad-argument` for options that are not
   * valid.
   */
  constructor(options: ClientOptions) {
    checkFields(options, "options", { fetch: "function?" });
    this.#baseUrl = checkBaseUrl(options.baseUrl);
    this.#apiKey = checkApiKey(options.apiKey);
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  /** Makes a key that never exists in one place. Answers when the key is usable. */
  async createAccount(request: CreateAccountRequest, options: RequestOptions = {}): Promise<Account> {
    checkFields(request, "request", { user_id: "text", name: "text?", threshold_t: "integer?", threshold_n: "integer?" });
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

  async sign(accountId: string, request: SignRequest, options: RequestOptions = {}): Promise<SignatureResult> {
    checkFields(request, "request", { digest: "text?", message: "text?" });
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

  async #call<Answer>(method: "GET" | "POST" | "PUT", path: string, call: Call): Promise<Answer> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, String(value));
    const url = `${this.#baseUrl}${path}${query.size > 0 ? `?${query}` : ""}`;
    const headers: Record<string, string> = { "x-api-key": this.#apiKey };
    if (call.body !== undefined) headers["content-type"] = "application/json";
    if (call.idempotencyKey !== undefined) headers["idempotency-key"] = checkIdempotencyKey(call.idempotencyKey);
    const init: RequestInit = { method, headers };
    if (call.body !== undefined) init.body = jsonOf(call.body);
    if (call.signal !== undefined) init.signal = call.signal;
    let response: Response;
    let text: string;
    try {
      response = await this.#fetch(url, init);
      text = await response.text();
    } catch (cause) {
      throw call.signal?.aborted ? aborted(url, call.signal.reason) : noAnswer(url, cause);
    }
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      throw badAnswer(response.status);
    }
    if (!response.ok) throw errorOfAnswer(response.status, body);
    return body as Answer;
  }
}
