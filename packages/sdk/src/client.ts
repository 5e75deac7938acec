// The account service over HTTP: one method per route, typed answers, one error class. `fetch` is
// the platform's, so the client runs in Node and in browsers alike.
import { aborted, badAnswer, errorOfAnswer, noAnswer } from "./api-error.ts";
import { checkFields, jsonOf, pathOf } from "./arguments.ts";
import { checkApiKey, checkBaseUrl, checkIdempotencyKey } from "./options.ts";
import type {
  Account,
  AccountList,
  AddressesRequest,
  AddressList,
  CreateAccountRequest,
  Key,
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
  async addKey(accountId: string, request: { readonly scheme: string }, options: RequestOptions = {}): Promise<Key> {
    checkFields(request, "request", { scheme: "text" });
    checkFields(options, "options", withKey);
    return this.#call("POST", `/api/v1/accounts/${pathOf(accountId, "accountId")}/keys`, {
      body: request,
      idempotencyKey: options.idempotencyKey ?? crypto.randomUUID(),
      signal: options.signal,
    });
  }

  /** The account's keys, with what anybody needs to verify them and to derive their children. */
  async listKeys(accountId: string, options: Pick<RequestOptions, "signal"> = {}): Promise<{ readonly keys: readonly Key[] }> {
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
    return this.#call("GET", `/api/v1/accounts/${pathOf(accountId, "accountId")}/addresses`, { query, signal });
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
