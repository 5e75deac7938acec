// Where the system is and with which key to call it: options first, then the environment and `.env`, then what `covault start` generated.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CovaultError } from "@covault/errors";
import { CovaultApiError, CovaultClient } from "@covault/sdk";
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
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new CovaultError("cli/no-api-key", `No API key: MPC_API_KEY is not set and ${file} cannot be read.`, { cause });
  }
}

/** `option` wins over `variable`, which wins over `fallback`. */
function urlOf(option: string | undefined, terminal: Terminal, names: { flag: string; variable: string }, fallback: string): string {
  const given = option || terminal.env[names.variable];
  if (!given) return fallback;
  if (/^https?:\/\//i.test(given) && URL.canParse(given)) return given.replace(/\/+$/, "");
  const name = option ? names.flag : names.variable;
  // What stands before an @ may be a password.
  const place = given.replace(/^.*\/\//, "").replace(/^.*@/, "");
  throw new CovaultError("cli/bad-url", `${name} does not begin with http:// or https://: ${place}.`, {
    hint: `Write ${name}${option ? " " : "="}http://${place}.`,
  });
}

const local = (port: string | undefined, fallback: number): string => `http://127.0.0.1:${port || fallback}`;

export function connect(options: ConnectionOptions, terminal: Terminal): CovaultClient {
  const names = { flag: "--url", variable: "COVAULT_URL" };
  const baseUrl = urlOf(options.url, terminal, names, local(terminal.env.ACCOUNT_PORT, 4000));
  return new CovaultClient({ baseUrl, apiKey: apiKeyOf(options, terminal) });
}

/** GET from the session coordinator, which knows the parties. */
export async function askCoordinator(options: ConnectionOptions, terminal: Terminal, path: string): Promise<unknown> {
  const names = { flag: "--coordinator-url", variable: "COVAULT_COORDINATOR_URL" };
  const baseUrl = urlOf(options.coordinatorUrl, terminal, names, local(terminal.env.COORDINATOR_PORT, 8081));
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
  const { code, message, hint } = body as { code?: string; message?: string; hint?: string };
  if (code === undefined)
    throw new CovaultError("cli/coordinator-unreachable", `Something answered ${response.status}, but not as a coordinator does.`);
  throw new CovaultApiError(response.status, code, message ?? `The coordinator answered ${response.status}.`, hint ?? "");
}
