// This file is the coordinator as this service sees it: HTTP and JSON. Nothing that it answers is
// believed beyond "here is something to verify".
import { errorBody, type Of, pathTo } from "@covault/api";
import { partyState } from "@covault/api/account";
import {
  type Backups,
  backups,
  type Candidates,
  candidates,
  eventList,
  type Holdings,
  holdings,
  type ImportRecipients,
  importRecipients,
  openedSession,
  type Releases,
  type Role,
  releases,
  routes,
  type SessionEvent,
  session as sessionShape,
} from "@covault/api/coordinator";
import { asCovaultError, CovaultError } from "@covault/errors";
import type { z } from "zod";
import { serviceStopping } from "../stopping.ts";
import { type JsonAnswer, jsonTransport } from "./transport.ts";

/**
 * What is read of the coordinator's answers. What this service does not use cannot keep it from
 * working.
 */
const session = sessionShape
  .pick({ session_id: true, status: true, attempt: true, result: true, error: true, awaited: true, needs_pairs: true })
  .extend({
    // A state that only a newer coordinator knows is shown as unknown.
    parties: sessionShape.shape.parties.element
      .pick({ party_id: true, share_index: true })
      .extend({ state: partyState.catch("unknown") })
      .array(),
  });
const failure = errorBody.pick({ code: true, message: true });

export type CoordinatorSession = Of<typeof session>;
export type SessionEvents = readonly SessionEvent[];

interface Answered extends Pick<JsonAnswer, "status" | "retryAfterMs"> {
  readonly json: unknown;
}

/** What is asked about a key: the ids and the nonce are 32 bytes each. */
export interface HoldingsQuestion {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly nonce: Uint8Array;
  /** Further parties, by id. */
  readonly parties: readonly string[];
}

export interface Coordinator {
  readonly candidates: (role: Role, count: number) => Promise<Candidates>;
  /**
   * Opens a session. It is idempotent: the same session with the same intent again is taken as
   * done.
   */
  readonly open: (sessionId: string, intent: Uint8Array) => Promise<void>;
  /**
   * Answers when the session has ended, or after `waitMs`. Gives undefined when the coordinator
   * does not know the session.
   */
  readonly session: (sessionId: string, waitMs: number) => Promise<CoordinatorSession | undefined>;
  readonly events: (sessionId: string) => Promise<SessionEvents>;
  /**
   * Ends a session, so that no further attempt is made. One that is not opened yet ends when it is.
   */
  readonly abort: (sessionId: string) => Promise<void>;
  readonly abandon: (sessionId: string, abandonment: Uint8Array) => Promise<void>;
  /** Asks the holders of a key what they hold. Takes up to three seconds. */
  readonly holdings: (question: HoldingsQuestion) => Promise<Holdings>;
  /** Asks parties for a key that an import can be sealed to. Takes up to three seconds. */
  readonly importRecipients: (nonce: Uint8Array, parties: readonly string[]) => Promise<ImportRecipients>;
  /** Asks the holders of the key that an intent exports. Takes up to five seconds. */
  readonly exports: (intent: Uint8Array) => Promise<Releases>;
  /**
   * Asks the holders of a key to seal their shares to the recipients of their own settings. Takes
   * up to ten seconds.
   */
  readonly backups: (question: Omit<HoldingsQuestion, "parties">) => Promise<Backups>;
  /** Throws unless one of the coordinator's replicas answers and takes the API key. */
  readonly ping: () => Promise<void>;
}

export interface CoordinatorOptions {
  /**
   * The URLs of the coordinator's replicas, without a trailing slash. The one that answered last is
   * asked first.
   */
  readonly urls: readonly string[];
  readonly apiKey: string;
  /** The time for one request, beyond what it was asked to wait. */
  readonly timeoutMs: number;
  /** Ends every request when the service stops. */
  readonly signal: AbortSignal;
  /** Called when the replica at this URL begins to refuse the API key. */
  readonly onKeyRefused?: (url: string, status: number) => void;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** Gives the error "the parties are missing", as the caller reads it. */
export function partiesMissing(names: readonly string[], detail: string): CovaultError {
  const which = names.length > 0 ? names.join(", ") : "unknown";
  return new CovaultError("account/parties-missing", `${detail} Missing: ${which}.`, { facts: { parties: which } });
}

/** Whether nothing was decided, so that asking again may help. */
export function isAway(error: unknown): boolean {
  const code = asCovaultError(error)?.code;
  return code === "account/coordinator-unreachable" || code === "account/coordinator-busy" || code === "account/coordinator-key-refused";
}

function isAboutIntent(text: string): boolean {
  try {
    return failure.parse(JSON.parse(text)).code.startsWith("trust/");
  } catch {
    return false;
  }
}

const pingTimeoutMs = 1_500;
/** The longest time that the coordinator gives holders to answer. */
const holdingsMs = 3_000;
/** The longest time that it gives them to seal their shares. */
const exportsMs = 5_000;
/** What the coordinator may wait for holders that seal. */
const backupsMs = 10_000;
/** The pause, when the coordinator does not say when to ask again. */
const busyMs = 1_000;

export function connectCoordinator(options: CoordinatorOptions): Coordinator {
  const transport = jsonTransport();
  /** The place in `urls` of the replica that is asked. */
  let current = 0;
  const unreachable = (cause: unknown): CovaultError =>
    new CovaultError("account/coordinator-unreachable", "The session coordinator does not answer.", { cause });

  const busy = (status: number, code: string, retryAfterMs = busyMs): CovaultError =>
    new CovaultError("account/coordinator-busy", `The session coordinator answers that it cannot take this now (${status}, ${code}).`, {
      retryAfterMs,
    });

  /** The replicas that refuse the key. They answer 429, too, when it was tried too often. */
  const refusing = new Set<string>();
  function refusesKey(url: string, status: number, text: string): boolean {
    // A coordinator that has looked at the intent and refuses that has taken the key.
    const refuses = status === 401 || (status === 403 && !isAboutIntent(text)) || (status === 429 && refusing.has(url));
    if (!refuses) refusing.delete(url);
    else if (!refusing.has(url)) {
      refusing.add(url);
      options.onKeyRefused?.(url, status);
    }
    return refuses;
  }
  const keyRefused = (status: number): CovaultError =>
    new CovaultError(
      "account/coordinator-key-refused",
      `The session coordinator refuses this service (${status}): its COORDINATOR_API_KEY, or its address.`,
    );

  /**
   * Makes a request. `path` gives the path for how long the answer may be waited for. Only the
   * first replica is given time, because a caller waits for the others already.
   */
  async function ask(
    { method }: { readonly method: "GET" | "POST" },
    path: string | ((waitMs: number) => string),
    body: object | undefined,
    firstWaitMs = 0,
  ): Promise<Answered> {
    let answered: JsonAnswer | undefined;
    let refusal: CovaultError | undefined;
    const pathFor = typeof path === "string" ? () => path : path;
    const startedAtMs = performance.now();
    // Every request here may be repeated, because a replica that gives no answer may have done it.
    for (let tries = 1; answered === undefined; tries++) {
      const asked = current % options.urls.length;
      const url = options.urls[asked] ?? "";
      const waitMs = tries === 1 ? firstWaitMs : 0;
      try {
        const given = await transport.send({
          method,
          url: `${url}${pathFor(waitMs)}`,
          headers: { "x-api-key": options.apiKey, ...(body && { "content-type": "application/json" }) },
          body: body && JSON.stringify(body),
          timeoutMs: waitMs + options.timeoutMs,
          signal: options.signal,
        });
        if (given.status >= 500) next(asked);
        if (!refusesKey(url, given.status, given.text)) answered = given;
        else refusal = keyRefused(given.status);
      } catch (cause) {
        if (options.signal.aborted) throw serviceStopping(cause);
        refusal = unreachable(cause);
      }
      if (answered !== undefined) break;
      // Another replica may answer, or have the key that this one lacks.
      next(asked);
      const tooLate = performance.now() - startedAtMs > firstWaitMs + 2 * options.timeoutMs;
      if (tries >= options.urls.length || tooLate) throw refusal;
    }
    try {
      return { status: answered.status, json: JSON.parse(answered.text), retryAfterMs: answered.retryAfterMs };
    } catch (cause) {
      // A proxy before the coordinator, whose pages are no JSON, speaks for a coordinator that is
      // away.
      if (answered.status >= 500) throw unreachable(cause);
      throw refused(pathFor(0), answered.status, "its answer is not JSON", cause);
    }
  }

  /** Moves on to the next replica. Other requests at the same time may have moved on already. */
  function next(asked: number): void {
    if (asked === current % options.urls.length) current = asked + 1;
  }

  function refused(path: string, status: number, reason: string, cause?: unknown): CovaultError {
    const facts = { coordinator_code: reason };
    return new CovaultError("account/coordinator-refused", `The session coordinator answered ${status} to ${path}: ${reason}.`, {
      cause,
      facts,
    });
  }

  function answer<T>(schema: z.ZodType<T>, path: string, { status, json, retryAfterMs }: Answered): T {
    if (status >= 400) {
      const told = failure.safeParse(json);
      // The coordinator answers, in its own words, so it is not away.
      if ((status === 429 || status === 503) && told.success) throw busy(status, told.data.code, retryAfterMs);
      if (status >= 500 || status === 429) throw unreachable(told.data?.code);
      throw refused(path, status, told.data?.code ?? "no reason given");
    }
    const parsed = schema.safeParse(json);
    if (!parsed.success) throw refused(path, status, "its answer has another form", parsed.error);
    return parsed.data;
  }

  return {
    candidates: async (role, count) => {
      const path = pathTo(routes.listCandidates, { query: { role, count } });
      return answer(candidates, path, await ask(routes.listCandidates, path, undefined));
    },
    open: async (sessionId, intent) => {
      const path = pathTo(routes.openSession);
      answer(openedSession, path, await ask(routes.openSession, path, { session_id: sessionId, intent: base64(intent) }));
    },
    session: async (id, waitMs) => {
      const path = (ms: number) => pathTo(routes.getSession, { params: { id }, query: { wait_ms: Math.floor(ms) } });
      const got = await ask(routes.getSession, path, undefined, waitMs);
      return got.status === 404 ? undefined : answer(session, path(waitMs), got);
    },
    ping: async () => {
      const path = pathTo(routes.listCandidates, { query: { count: 1 } });
      const headers = { "x-api-key": options.apiKey };
      const { signal, urls } = options;
      const asked = urls.map(async (url) => {
        const { status, text } = await transport.send({
          method: "GET",
          url: `${url}${path}`,
          headers,
          body: undefined,
          timeoutMs: pingTimeoutMs,
          signal,
        });
        if (refusesKey(url, status, text)) throw keyRefused(status);
        if (status !== 200) throw unreachable(status);
      });
      await Promise.any(asked);
    },
    events: async (id) => {
      const path = pathTo(routes.listSessionEvents, { params: { id } });
      const got = await ask(routes.listSessionEvents, path, undefined);
      return got.status === 404 ? [] : answer(eventList, path, got).events;
    },
    holdings: async ({ keyId, epoch, nonce, parties }) => {
      const path = pathTo(routes.askHoldings);
      const [key_id, known, asked] = [keyId, epoch, nonce].map((bytes) => Buffer.from(bytes).toString("hex"));
      const body = { key_id, epoch: known, nonce: asked, parties };
      return answer(holdings, path, await ask(routes.askHoldings, path, body, holdingsMs));
    },
    abort: async (id) => {
      const path = pathTo(routes.abortSession, { params: { id } });
      const got = await ask(routes.abortSession, path, {});
      if (got.status !== 404) answer(session, path, got);
    },
    importRecipients: async (nonce, parties) => {
      const path = pathTo(routes.askImportRecipients);
      const body = { nonce: Buffer.from(nonce).toString("hex"), parties };
      return answer(importRecipients, path, await ask(routes.askImportRecipients, path, body, holdingsMs));
    },
    exports: async (intent) => {
      const path = pathTo(routes.askExports);
      return answer(releases, path, await ask(routes.askExports, path, { intent: base64(intent) }, exportsMs));
    },
    backups: async ({ keyId, epoch, nonce }) => {
      const path = pathTo(routes.askBackups);
      const [key_id, known, asked] = [keyId, epoch, nonce].map((bytes) => Buffer.from(bytes).toString("hex"));
      return answer(backups, path, await ask(routes.askBackups, path, { key_id, epoch: known, nonce: asked }, backupsMs));
    },
    abandon: async (id, statement) => {
      const path = pathTo(routes.abandonSession, { params: { id } });
      const got = await ask(routes.abandonSession, path, { abandonment: base64(statement) });
      // A session that is unknown there was never sent to a party, so there is nothing to abandon.
      if (got.status !== 404) answer(session, path, got);
    },
  };
}
