// This file reads one role's settings: the environment over a .env file over a YAML file. They are
// checked as a whole before anything starts.
import { asCovaultError } from "@covault/errors";
import { badConfig, type Checked, checkConfig, type Env, readText } from "@covault/service-kit/run";
import type { DatabaseConfig } from "@covault/service-kit/sql";
import { LiveRoster } from "@covault/trust";
import { rosterBytes, unreadableRoster } from "../roster-file.ts";
import { checkConfigFile, readConfigFile } from "./config-file.ts";
import { productionNeeds, type RoleName, type RoleSettings, roleSchemas } from "./role-settings.ts";

/**
 * Gives the settings. Throws config/bad-value that names everything that is wrong, in the
 * environment and in the file.
 */
export function readSettings<R extends RoleName>(role: R, env: Env, configFile?: string): RoleSettings<R> {
  const { settings, wrong } = checkSettings(role, env, configFile);
  if (settings === undefined) throw badConfig(wrong, hint);
  return settings;
}

type TrustingRole = Exclude<RoleName, "server-party-api">;

/**
 * Gives the settings of a role with a roster, whose file is read with them. When a roster that does
 * not verify is all that is wrong, it throws trust/bad-roster.
 */
export function readTrustedSettings<R extends TrustingRole>(
  role: R,
  env: Env,
  configFile?: string,
): { readonly settings: RoleSettings<R>; readonly roster: LiveRoster } {
  const { settings, wrong, set } = checkSettings(role, env, configFile);
  const { ROSTER_FILE: file, ROOT_PUBLIC_KEY: key } = set;
  const readable = file !== undefined && key !== undefined && /^[0-9a-fA-F]{64}$/.test(key);
  try {
    if (readable) {
      const roster = readRoster(file, new Uint8Array(Buffer.from(key, "hex")));
      if (settings !== undefined) return { settings, roster };
    }
  } catch (error) {
    const known = asCovaultError(error);
    if (known === undefined || wrong.length === 0) throw error;
    throw badConfig([...wrong, known.message.startsWith("ROSTER_FILE") ? known.message : `ROSTER_FILE: ${known.message}`], hint);
  }
  throw badConfig(wrong, hint);
}

const hint = "Correct what is named in the environment, in .env or in the file of --config; docs/deployment.md explains each setting.";

interface CheckedSettings<R extends RoleName> extends Checked<RoleSettings<R>> {
  /** The settings as they were given. */
  readonly set: Env;
}

function checkSettings<R extends RoleName>(role: R, env: Env, configFile: string | undefined): CheckedSettings<R> {
  const file = configFile === undefined ? { settings: {}, wrong: [] } : checkConfigFile(configFile);
  const set = { ...file.settings, ...given(env) };
  const { settings, wrong: values } = checkConfig(roleSchemas[role], set);
  const wrong = [...file.wrong, ...values, ...(set.ENVIRONMENT === "production" ? trialsOf(role, set) : [])];
  // An operator who set the list believes that it guards something.
  const isOpen = !("MPC_API_KEY" in roleSchemas[role].shape) && set.METRICS_API_KEY === undefined;
  if (set.ALLOWED_IPS !== undefined && isOpen)
    wrong.push("ALLOWED_IPS is set and METRICS_API_KEY is not: at this role the list guards /metrics, which nobody reads without a key");
  for (const name of ["MPC_API_KEY", "COORDINATOR_API_KEY"])
    if (set.METRICS_API_KEY !== undefined && set.METRICS_API_KEY === set[name])
      wrong.push(`METRICS_API_KEY is the same as ${name}: whoever reads metrics could sign`);
  if (set.GENERATION_FILE !== undefined && set.GENERATION_DATABASE_URL !== undefined)
    wrong.push("GENERATION_FILE and GENERATION_DATABASE_URL are both set: one of them keeps the record");
  return wrong.length > 0 ? { wrong, set } : { settings: settings as RoleSettings<R>, wrong, set };
}

/** Gives the environment over the YAML file. */
export function withConfigFile(env: Env, configFile: string | undefined): Env {
  return { ...(configFile === undefined ? {} : readConfigFile(configFile)), ...given(env) };
}

function given(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
}

/** Gives what production does not take, a line each. */
function trialsOf(role: RoleName, set: Env): readonly string[] {
  const has = (name: string) => set[name] !== undefined || (name === "DATABASE_URL" && set.POSTGRES_HOST !== undefined);
  const missing = productionNeeds[role].filter((name) => !has(name));
  const weak = Object.keys(roleSchemas[role].shape).filter((name) => /^([0-9a-f]{2})\1{31}$/i.test(set[name] ?? ""));
  return [
    ...missing.map((name) => `${name} is not set: ENVIRONMENT=production takes no embedded part and no open door in its place`),
    ...weak.map((name) => `${name} is one byte repeated: ENVIRONMENT=production takes no made-up key`),
  ];
}

type DatabaseSetting = Extract<keyof RoleSettings<"account">, "DATABASE_URL" | "DATABASE_POOL_MAX" | `POSTGRES_${string}`>;

/**
 * Gives where the database is: DATABASE_URL, else POSTGRES_*, else the embedded database in
 * `DATA_DIR/<folder>`. Each database has one owner, so that a URL of another owner's database is
 * found out.
 */
export function databaseConfig(
  settings: Pick<RoleSettings<"account">, DatabaseSetting>,
  role: RoleName,
  embeddedFolder: string,
): DatabaseConfig {
  const poolMax = settings.DATABASE_POOL_MAX;
  if (settings.DATABASE_URL !== undefined) return { kind: "postgres", url: settings.DATABASE_URL, poolMax, exclusive: true };
  if (settings.POSTGRES_HOST === undefined) return { kind: "pglite", dir: embeddedFolder };
  const { POSTGRES_HOST: host, POSTGRES_PORT: port, POSTGRES_USER: user, POSTGRES_PASSWORD: password } = settings;
  const login = encodeURIComponent(user) + (password === undefined ? "" : `:${encodeURIComponent(password)}`);
  // The URL is made by hand. A URL object ignores a host that it does not take, and keeps the one
  // that it had.
  const url = `postgres://${login}@${host}:${port}/${settings.POSTGRES_DB ?? `covault_${role.replaceAll("-", "_")}`}`;
  return { kind: "postgres", url, poolMax, exclusive: true };
}

/** Reads and verifies ROSTER_FILE. */
export function readRoster(file: string, rootKey: Uint8Array): LiveRoster {
  let signed: Uint8Array;
  try {
    signed = rosterBytes(readText(file));
  } catch (cause) {
    throw unreadableRoster(file, cause);
  }
  return new LiveRoster(signed, rootKey);
}
