// One role's settings: the environment over a .env file over a YAML file, checked as a whole before anything starts.
import { readFileSync } from "node:fs";
import { CovaultError } from "@covault/errors";
import { type DatabaseConfig, type Env, readConfig } from "@covault/service-kit";
import { verifyRoster } from "@covault/verify";
import { readConfigFile } from "./config-file.ts";
import { productionNeeds, type RoleName, type RoleSettings, roleSchemas } from "./role-settings.ts";

export interface Trust {
  /** Encoded `Signed` roster. */
  readonly signed: Uint8Array;
  /** Root public key, 32 bytes. */
  readonly rootKey: Uint8Array;
}

/** Throws config/bad-value that names every wrong setting. */
export function readSettings<R extends RoleName>(role: R, env: Env, configFile?: string): RoleSettings<R> {
  const settings = readConfig(roleSchemas[role], withConfigFile(env, configFile)) as RoleSettings<R>;
  if (settings.ENVIRONMENT === "production") refuseTrials(role, settings);
  refuseIdleList(settings);
  return settings;
}

/** The environment over the YAML file. */
export function withConfigFile(env: Env, configFile: string | undefined): Env {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  return { ...(configFile === undefined ? {} : readConfigFile(configFile)), ...set };
}

/** Without an API key nothing is guarded, the list included: who set it believes otherwise. */
function refuseIdleList({
  ALLOWED_IPS: list,
  MPC_API_KEY: key,
}: {
  readonly ALLOWED_IPS: readonly string[];
  readonly MPC_API_KEY?: string | undefined;
}): void {
  if (list.length > 0 && key === undefined)
    throw new CovaultError("config/bad-value", "ALLOWED_IPS is set and MPC_API_KEY is not: the list guards nothing without a key.", {
      hint: "Set MPC_API_KEY, or leave ALLOWED_IPS out.",
    });
}

function refuseTrials(role: RoleName, settings: Readonly<Record<string, unknown>>): void {
  const has = (name: string) => settings[name] !== undefined || (name === "DATABASE_URL" && settings.POSTGRES_HOST !== undefined);
  const missing = productionNeeds[role].filter((name) => !has(name));
  const weak = Object.entries(settings)
    .filter(([, value]) => isRepeated(value))
    .map(([name]) => name);
  const wrong = [
    ...missing.map((name) => `${name} is not set: production takes no embedded part and no open door in its place`),
    ...weak.map((name) => `${name} is one byte repeated: production takes no made-up key`),
  ];
  if (wrong.length > 0)
    throw new CovaultError("config/bad-value", `ENVIRONMENT is production. ${wrong.join(". ")}.`, {
      hint: "Set what is named (docs/deployment.md), or ENVIRONMENT=development for a trial.",
    });
}

function isRepeated(value: unknown): boolean {
  return value instanceof Uint8Array && value.every((byte) => byte === value[0]);
}

type DatabaseSetting = Extract<keyof RoleSettings<"account">, "DATABASE_URL" | "DATABASE_POOL_MAX" | `POSTGRES_${string}`>;

/** One owner per database, so that a URL of another's is found out. DATABASE_URL, else POSTGRES_*, else the embedded database in `DATA_DIR/<folder>`. */
export function databaseConfig(
  settings: Pick<RoleSettings<"account">, DatabaseSetting>,
  role: RoleName,
  embeddedFolder: string,
): DatabaseConfig {
  const poolMax = settings.DATABASE_POOL_MAX;
  if (settings.DATABASE_URL !== undefined) return { kind: "postgres", url: settings.DATABASE_URL, poolMax, exclusive: true };
  if (settings.POSTGRES_HOST === undefined) return { kind: "pglite", dir: embeddedFolder };
  const url = new URL("postgres://localhost");
  url.hostname = settings.POSTGRES_HOST;
  url.port = String(settings.POSTGRES_PORT);
  url.username = encodeURIComponent(settings.POSTGRES_USER);
  if (settings.POSTGRES_PASSWORD !== undefined) url.password = encodeURIComponent(settings.POSTGRES_PASSWORD);
  url.pathname = `/${encodeURIComponent(settings.POSTGRES_DB ?? `covault_${role.replaceAll("-", "_")}`)}`;
  return { kind: "postgres", url: url.href, poolMax, exclusive: true };
}

/** Reads and verifies ROSTER_FILE. */
export function readTrust(settings: { readonly ROSTER_FILE: string; readonly ROOT_PUBLIC_KEY: Uint8Array }): Trust {
  let signed: Uint8Array;
  try {
    signed = new Uint8Array(Buffer.from(readFileSync(settings.ROSTER_FILE, "utf8").trim(), "base64"));
  } catch (cause) {
    throw new CovaultError("config/bad-value", `ROSTER_FILE: ${settings.ROSTER_FILE} cannot be read.`, { cause });
  }
  verifyRoster(signed, settings.ROOT_PUBLIC_KEY);
  return { signed, rootKey: settings.ROOT_PUBLIC_KEY };
}
