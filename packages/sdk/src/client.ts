// The account service over HTTP: one method per route, typed answers, one error class. `fetch` is the platform's, so it runs in Node and
// in browsers alike.
import { aborted, badAnswer, errorOfAnswer, noAnswer } from "./api-error.ts";
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
  /** For example http://localhost:4000. Refused when `undefined`, which is there for `process.env`. */
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

export class CovaultClient {
  readonly #baseUrl: string;
  readonly #apiKey: string;
  readonly #fetch: typeof fetch;

  /** Throws `sdk/bad-base-url`, `sdk/bad-api-key`. */
  constructor(options: ClientOptions) {
    this.#baseUrl = checkBaseUrl(options.baseUrl);
    this.#apiKey = checkApiKey(options.apiKey);
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  /** Makes a key that never exists in one place. Answers when it is usable. */
  createAccount(request: CreateAccountRequest, options: RequestOptions = {}): Promise<Account> {
    return this.#call("POST", "/api/v1/accounts", {
      body: request,
      idempotencyKey: options.idempotencyKey ?? crypto.randomUUID(),
      signal: options.signal,
    });
  }

  getAccount(accountId: string, options: Pick<RequestOptions, "signal"> = {}): Promise<Account> {
    return this.#call("GET", `/api/v1/accounts/${encodeURIComponent(accountId)}`, { signal: options.signal });
  }

  /** One page, oldest first. */
  listAccounts({ user_id, limit, cursor, signal }: ListAccountsRequest = {}): Promise<AccountList> {
    return this.#call("GET", "/api/v1/accounts", { query: { user_id, limit, cursor }, signal });
  }

  sign(accountId: string, request: SignRequest, options: RequestOptions = {}): Promise<SignatureResult> {
    return this.#call("POST", `/api/v1/accounts/${encodeURIComponent(accountId)}/sign`, {
      body: request,
      idempotencyKey: options.idempotencyKey ?? crypto.randomUUID(),
      signal: options.signal,
    });
  }

  getSigningConfiguration(accountId: string): Promise<SigningConfiguration> {
    return this.#call("GET", `/api/v1/accounts/${encodeURIComponent(accountId)}/signing-configuration`, {});
  }

  setSigningConfiguration(accountId: string, configuration: SigningConfiguration): Promise<SigningConfiguration> {
    return this.#call("PUT", `/api/v1/accounts/${encodeURIComponent(accountId)}/signing-configuration`, { body: configuration });
  }

  getSession(sessionId: string, options: Pick<RequestOptions, "signal"> = {}): Promise<Session> {
    return this.#call("GET", `/api/v1/sessions/${encodeURIComponent(sessionId)}`, { signal: options.signal });
  }

  async #call<Answer>(method: "GET" | "POST" | "PUT", path: string, call: Call): Promise<Answer> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, String(value));
    const url = `${this.#baseUrl}${path}${query.size > 0 ? `?${query}` : ""}`;
    const headers: Record<string, string> = { "x-api-key": this.#apiKey };
    if (call.body !== undefined) headers["content-type"] = "application/json";
    if (call.idempotencyKey !== undefined) headers["idempotency-key"] = checkIdempotencyKey(call.idempotencyKey);
    const init: RequestInit = { method, headers };
    if (call.body !== undefined) init.body = JSON.stringify(call.body);
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
