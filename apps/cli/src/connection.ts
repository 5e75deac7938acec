// Where the system is and with which key to call it: options first, then the environment and `.env`, then what `covault start` generated.
import { readFileSync } from "node:fs";
import { join } from "node:path";
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
    const hint = "Give --api-key, set MPC_API_KEY, or run this in the folder in which covault start runs.";
    throw new CovaultApiError(0, "cli/no-api-key", `No API key: MPC_API_KEY is not set and ${file} cannot be read.`, hint, cause);
  }
}

const local = (port: string | undefined, fallback: number): string => `http://127.0.0.1:${port || fallback}`;

export function connect(options: ConnectionOptions, terminal: Terminal): CovaultClient {
  const baseUrl = options.url || terminal.env.COVAULT_URL || local(terminal.env.ACCOUNT_PORT, 4000);
  return new CovaultClient({ baseUrl, apiKey: apiKeyOf(options, terminal) });
}

/** GET from the session coordinator, which knows the parties. Throws a CovaultApiError. */
export async function askCoordinator(options: ConnectionOptions, terminal: Terminal, path: string): Promise<unknown> {
  const baseUrl = options.coordinatorUrl || terminal.env.COVAULT_COORDINATOR_URL || local(terminal.env.COORDINATOR_PORT, 8081);
  const apiKey = apiKeyOf(options, terminal);
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`${baseUrl.replace(/\/+$/, "")}${path}`, { headers: { "x-api-key": apiKey } });
    body = await response.json();
  } catch (cause) {
    const hint = "Check --coordinator-url, and that the system runs (npm start).";
    throw new CovaultApiError(0, "cli/coordinator-unreachable", "No answer from the session coordinator.", hint, cause);
  }
  if (response.ok) return body;
  const { code, message, hint } = body as { code?: string; message?: string; hint?: string };
  throw new CovaultApiError(
    response.status,
    code ?? "cli/bad-answer",
    message ?? `The coordinator answered ${response.status}.`,
    hint ?? "",
  );
}
