// Today's requests give today's answers, plus fields (docs/versions.md). A release keeps a list of
// requests with the answers that it gave. Every later version is asked the same.
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import type { Answer } from "../system.ts";
import type { Call } from "./life.ts";

/** A request. `{name}` in its path and body is the value that an earlier step has saved. */
export interface Step {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The fields of the answer that later steps name, by the name that they have there. */
  readonly saves?: Readonly<Record<string, string>>;
  /** Asks again until the answer has this `status`. */
  readonly until?: string;
}
export interface AnsweredStep extends Step {
  readonly status: number;
  readonly answer: unknown;
}

const digest = `0x${"5a".repeat(32)}`;
const post = (name: string, path: string, body: unknown, rest: Partial<Step> = {}): Step => ({ name, method: "POST", path, body, ...rest });
const get = (name: string, path: string, rest: Partial<Step> = {}): Step => ({ name, method: "GET", path, ...rest });
const make = (name: string, scheme: string): Step =>
  post(`make an account for ${scheme}`, "/api/v1/accounts", { user_id: "frozen", scheme }, { saves: { [name]: "id" } });
const ended = (kind: string): Step => get(`the ${kind} ends`, "/api/v1/sessions/{session}", { until: "completed" });
const further = (kind: string, body: object): readonly Step[] => [
  post(kind, `/api/v1/accounts/{ecdsa}/${kind}`, body, { saves: { session: "session_id" } }),
  ended(kind),
];

/** What is asked of the build that is released. A kept list is asked as it was kept. */
export const steps: readonly Step[] = [
  get("health", "/health"),
  post(
    "make an account",
    "/api/v1/accounts",
    { user_id: "frozen", name: "First", threshold_t: 2, threshold_n: 3 },
    { saves: { ecdsa: "id" } },
  ),
  make("eddsa", "eddsa-ed25519"),
  make("bip340", "schnorr-bip340"),
  post("make an account without a user", "/api/v1/accounts", {}),
  post("make an account with an unknown field", "/api/v1/accounts", { user_id: "frozen", colour: "blue" }),
  post("make an account whose threshold is above its holders", "/api/v1/accounts", { user_id: "frozen", threshold_t: 4, threshold_n: 3 }),
  get("list accounts", "/api/v1/accounts?limit=2"),
  get("list with a wrong limit", "/api/v1/accounts?limit=none"),
  get("show an account", "/api/v1/accounts/{ecdsa}"),
  get("show no account", "/api/v1/accounts/acc_01j00000000000000000000000"),
  get("list keys", "/api/v1/accounts/{ecdsa}/keys"),
  get("derive addresses", "/api/v1/accounts/{ecdsa}/addresses?path=m/0&from=0&count=3"),
  get("derive addresses on a test network", "/api/v1/accounts/{bip340}/addresses?path=m/0/1&network=testnet"),
  get("derive a hardened address", "/api/v1/accounts/{ecdsa}/addresses?path=m/44'/0"),
  post(
    "sign a message",
    "/api/v1/accounts/{ecdsa}/sign",
    { message: digest },
    { headers: { "idempotency-key": "frozen-1" }, saves: { signed: "session_id" } },
  ),
  post("sign it again", "/api/v1/accounts/{ecdsa}/sign", { message: digest }, { headers: { "idempotency-key": "frozen-1" } }),
  post(
    "sign another with its key",
    "/api/v1/accounts/{ecdsa}/sign",
    { message: `0x${"5b".repeat(32)}` },
    { headers: { "idempotency-key": "frozen-1" } },
  ),
  post("sign a digest below a path", "/api/v1/accounts/{ecdsa}/sign", { digest, derivation_path: "m/0/5" }),
  post("sign with Ed25519", "/api/v1/accounts/{eddsa}/sign", { message: "0x68656c6c6f" }),
  post("sign with BIP-340", "/api/v1/accounts/{bip340}/sign", { message: digest, derivation_path: "m/0/5" }),
  post("add a key", "/api/v1/accounts/{bip340}/keys", { scheme: "eddsa-ed25519" }),
  get("list both keys", "/api/v1/accounts/{bip340}/keys"),
  post("sign with neither of two keys", "/api/v1/accounts/{bip340}/sign", { message: digest }),
  post("sign a digest of another length", "/api/v1/accounts/{ecdsa}/sign", { message: "0x1234" }),
  post("sign nothing", "/api/v1/accounts/{ecdsa}/sign", {}),
  post("sign with no account", "/api/v1/accounts/acc_01j00000000000000000000000/sign", { message: digest }),
  get("show the session", "/api/v1/sessions/{signed}"),
  get("show no session", "/api/v1/sessions/ses_01j00000000000000000000000"),
  get("show the signing configuration", "/api/v1/accounts/{ecdsa}/signing-configuration"),
  {
    name: "set the signing configuration",
    method: "PUT",
    path: "/api/v1/accounts/{ecdsa}/signing-configuration",
    body: { parties: ["server-party-1", "server-party-2"], required: ["server-party-1"] },
  },
  {
    name: "set it to a stranger",
    method: "PUT",
    path: "/api/v1/accounts/{ecdsa}/signing-configuration",
    body: { parties: ["server-party-9"], required: [] },
  },
  ...further("refresh", {}),
  ...further("recover", { party_id: "server-party-2" }),
  ...further("reshare", { leave_out: ["server-party-3"], threshold_n: 2, force: "2-of-2" }),
  post("reshare below t + 1 without force", "/api/v1/accounts/{eddsa}/reshare", { leave_out: ["server-party-3"], threshold_n: 2 }),
  post("recover a stranger", "/api/v1/accounts/{eddsa}/recover", { party_id: "server-party-9" }),
  get("show the account afterwards", "/api/v1/accounts/{ecdsa}"),
  get("list events", "/api/v1/events?limit=5"),
  get("list the audit log", "/api/v1/audit?limit=3"),
  get("a route that is not there", "/api/v1/nothing"),
  get("no API key", "/api/v1/accounts", { headers: { "x-api-key": "" } }),
];

/** Asks the steps in their order. */
export async function ask(call: Call, asked: readonly Step[]): Promise<readonly AnsweredStep[]> {
  const saved = new Map<string, string>();
  const filled = <T>(value: T): T =>
    value === undefined
      ? value
      : JSON.parse(JSON.stringify(value).replaceAll(/\{(\w+)\}/g, (text, name: string) => saved.get(name) ?? text));
  const answered: AnsweredStep[] = [];
  for (const { name, method, path, body, headers, saves, until } of asked) {
    // A kept step has the answer of the release beside it.
    const step: Step = JSON.parse(JSON.stringify({ name, method, path, body, headers, saves, until }));
    const { status, body: answer } = await answerOf(() => call(method, filled(path), filled(body), headers), until);
    for (const [as, field] of Object.entries(saves ?? {})) saved.set(as, answer[field]);
    answered.push({ ...step, status, answer });
  }
  return answered;
}

async function answerOf(call: () => Promise<Answer>, until: string | undefined): Promise<Answer> {
  const deadline = performance.now() + 90_000;
  for (;;) {
    const answer = await call();
    if (until === undefined || answer.body.status === until) return answer;
    expect(performance.now(), JSON.stringify(answer.body)).toBeLessThan(deadline);
    await pause(200);
  }
}

/** Words that mean the same for ever. All other values are those of one system. */
const words = new Set(["code", "title", "kind", "scheme", "role", "network", "format", "path"]);

/**
 * Names each field of an earlier answer that a later one does not have, or has in another type or
 * with another word. What is new in the later one is nobody's loss.
 */
export function lost(before: unknown, now: unknown, place = "", name = ""): readonly string[] {
  // A field that had nothing may have anything later.
  if (before === null || before === undefined) return now === undefined && before === null ? [`${place} is gone`] : [];
  if (Array.isArray(before)) {
    if (!Array.isArray(now)) return [`${place} is no list any more`];
    if (now.length < before.length) return [`${place} has ${now.length} entries, and had ${before.length}`];
    return before.flatMap((each, at) => lost(each, now[at], `${place}/${at}`, name));
  }
  if (typeof before === "object") {
    if (now === null || typeof now !== "object" || Array.isArray(now)) return [`${place} is no object any more`];
    return Object.entries(before).flatMap(([key, value]) => lost(value, (now as Record<string, unknown>)[key], `${place}/${key}`, key));
  }
  if (typeof now !== typeof before) return [`${place} is ${now === null ? "null" : typeof now}, and was ${typeof before}`];
  return words.has(name) && now !== before ? [`${place} is ${now}, and was ${before}`] : [];
}
