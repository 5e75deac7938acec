// Where the system is, and with which key it is called. Options come first, then the environment
// and `.env`, then what `covault start` generated.
import { join } from "node:path";
import { CovaultError } from "@covault/errors";
import { CovaultApiError, CovaultClient, type ErrorBody } from "@covault/sdk";
import { readInteger, readText, urlForms, wrongOfUrl } from "@covault/service-kit/settings";
import type { Terminal } from "./terminal.ts";

export interface ConnectionOptions {
  readonly url?: string;
  readonly coordinatorUrl?: string;
  readonly apiKey?: string;
}

function apiKeyOf({ apiKey }: ConnectionOptions, { env }: Terminal): string {
  const given = apiKey || env.MPC_API_KEY;
  if (given) return given;
  const file = join(env.DATA_DIR || "./data", "secrets", "mpc_api_key");
  try {
    return readText(file).trim();
  } catch (cause) {
    throw new CovaultError("cli/no-api-key", `No API key: MPC_API_KEY is not set and ${file} cannot be read.`, { cause });
  }
}

/**
 * Gives the URL of a service. `option` wins over `variable`, which wins over `fallback`. Throws
 * cli/bad-url.
 */
function urlOf(option: string | undefined, terminal: Terminal, names: { flag: string; variable: string }, fallback: string): string {
  const given = (option || terminal.env[names.variable])?.trim();
  if (!given) return fallback;
  const wrong = wrongOfUrl(given, urlForms.http);
  if (wrong === undefined) return given.replace(/\/+$/, "");
  const name = option ? names.flag : names.variable;
  if (/^https?:\/\//i.test(given))
    throw new CovaultError("cli/bad-url", `${name}: ${wrong}.`, { hint: `Write ${name} as http://localhost:4000.` });
  // What stands before an @ may be a password.
  const place = given.replace(/^.*\/\//, "").replace(/^.*@/, "");
  throw new CovaultError("cli/bad-url", `${name} does not begin with http:// or https://: ${place}.`, {
    hint: `Write ${name}${option ? " " : "="}http://${place}.`,
  });
}

/** Gives the address of the service on this machine, at the port that its setting names. */
function local({ env }: Terminal, variable: string, fallback: number): string {
  const given = env[variable];
  const port = given ? readInteger(given, 1, 65_535) : fallback;
  if (port === undefined) throw new CovaultError("cli/bad-url", `${variable}: expected a port 1..65535, got ${JSON.stringify(given)}.`);
  return `http://127.0.0.1:${port}`;
}

export function connect(options: ConnectionOptions, terminal: Terminal): CovaultClient {
  const names = { flag: "--url", variable: "COVAULT_URL" };
  const baseUrl = urlOf(options.url, terminal, names, local(terminal, "ACCOUNT_PORT", 4000));
  return new CovaultClient({
    baseUrl,
    apiKey: apiKeyOf(options, terminal),
    // Loaded by the command that shows addresses, and by no other.
    verify: async (...given) => (await import("@covault/chains")).checkAddresses(...given),
  });
}

export interface RosterInUse {
  /** The serial in decimal digits. Null when the process does not say one. */
  readonly serial: string | null;
  /** The code of the error for which the process does not take the newest roster. */
  readonly refused?: string;
}

/**
 * Gives the roster that a process goes by, as its health says, which needs no key. `url` is that of
 * the account service unless it is given. Throws sdk/unreachable when nobody answers.
 */
export async function rosterInUse(
  options: ConnectionOptions,
  terminal: Terminal,
  url?: string,
): Promise<RosterInUse & { readonly url: string }> {
  const names = { flag: url === undefined ? "--url" : "url", variable: "COVAULT_URL" };
  const baseUrl = urlOf(url ?? options.url, terminal, names, local(terminal, "ACCOUNT_PORT", 4000));
  try {
    const response = await fetch(`${baseUrl}/health/ready`, { signal: AbortSignal.timeout(5_000) });
    const { roster } = (await response.json()) as { roster?: RosterInUse };
    return { url: baseUrl, serial: null, ...roster };
  } catch (cause) {
    throw new CovaultError("sdk/unreachable", `Nothing at ${new URL(baseUrl).origin} answers as a part of Covault does.`, { cause });
  }
}

/**
 * Gives the answer to a GET from the session coordinator, which knows the parties. Throws
 * cli/coordinator-unreachable when no coordinator answers, and CovaultApiError for a refusal.
 */
export async function askCoordinator(options: ConnectionOptions, terminal: Terminal, path: string): Promise<unknown> {
  const names = { flag: "--coordinator-url", variable: "COVAULT_COORDINATOR_URL" };
  const baseUrl = urlOf(options.coordinatorUrl, terminal, names, local(terminal, "COORDINATOR_PORT", 8081));
  const apiKey = apiKeyOf(options, terminal);
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`${baseUrl}${path}`, { headers: { "x-api-key": apiKey } });
    body = await response.json();
  } catch (cause) {
    const { origin } = new URL(baseUrl);
    throw new CovaultError("cli/coordinator-unreachable", `No answer from the session coordinator at ${origin}.`, { cause });
  }
  if (response.ok) return body;
  const { code, message, hint } = body as Partial<ErrorBody>;
  if (code === undefined)
    throw new CovaultError("cli/coordinator-unreachable", `Something answered ${response.status}, but not as a coordinator does.`);
  throw new CovaultApiError(response.status, code, message ?? `The coordinator answered ${response.status}.`, hint ?? "");
}
