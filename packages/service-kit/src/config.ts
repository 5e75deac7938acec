// Configuration by environment and by file, read once at start. A wrong value names its variable and what was expected;
// the value itself is shown only where the name says that it is no secret.
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { CovaultError } from "@covault/errors";
import { z } from "zod";

export type Env = Readonly<Record<string, string | undefined>>;

/** Names whose values never appear in a message: URLs carry passwords too. */
const secretName = /KEY|SECRET|PASSWORD|TOKEN|URL|DSN/i;

/** The variables of a .env file; empty when the file is not there. */
export function readEnvFile(path: string): Env {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new CovaultError("config/bad-value", `The file ${path} cannot be read.`, { cause });
  }
  return parseEnv(text) as Env;
}

/** The process's environment over the file's: what is set outside wins. */
export function environment(file?: string, env: Env = process.env): Env {
  return file === undefined ? env : { ...readEnvFile(file), ...env };
}

/** Of a configuration with more to check: what is wrong, a line each, and the values if nothing is. */
export type Checked<S> = { readonly wrong: readonly string[]; readonly settings?: S };

/** Throws config/bad-value that lists every wrong variable of `env`. */
export function readConfig<S extends z.ZodType>(schema: S, env: Env = process.env): z.output<S> {
  const { settings, wrong } = checkConfig(schema, env);
  if (settings === undefined) throw badConfig(wrong);
  return settings;
}

/** Checks `env` against a zod object whose keys are the variables' names. An empty value counts as not set. */
export function checkConfig<S extends z.ZodType>(schema: S, env: Env): Checked<z.output<S>> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const result = schema.safeParse(set);
  if (result.success) return { settings: result.data, wrong: [] };
  const wrong = result.error.issues.map((issue) => {
    const name = issue.path.map(String).join(".") || "environment";
    const value = set[name];
    if (value === undefined) return `${name} is not set: ${issue.message}`;
    return secretName.test(name) ? `${name}: ${issue.message}` : `${name}: ${issue.message}, got ${JSON.stringify(value)}`;
  });
  return { wrong };
}

/** `wrong`: a line each. */
export function badConfig(wrong: readonly string[], hint?: string): CovaultError {
  const message = `The configuration is wrong:\n${wrong.map((line) => `  ${line}`).join("\n")}`;
  return new CovaultError("config/bad-value", message, hint === undefined ? {} : { hint });
}

/** A TCP port, 0 (any free one) to 65535. */
export const portVariable = (fallback: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/, "expected a port 0..65535")
    .transform(Number)
    .refine((port) => port <= 65_535, "expected a port 0..65535")
    .default(fallback);

/** A whole number within bounds. */
export const integerVariable = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `expected a whole number ${min}..${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected a whole number ${min}..${max}`)
    .default(fallback);

/** Exactly `length` bytes as hex, for keys: `CRYPTO_MASTER_KEY`. */
export const hexVariable = (length: number) =>
  z
    .string(`expected ${length * 2} hexadecimal characters`)
    .regex(new RegExp(`^[0-9a-fA-F]{${length * 2}}$`), `expected ${length * 2} hexadecimal characters`)
    .transform((hex) => new Uint8Array(Buffer.from(hex, "hex")));

/** Comma-separated, trimmed, without empty items: `ALLOWED_IPS`. */
export const listVariable = () =>
  z
    .string()
    .transform((text) =>
      text
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== ""),
    )
    .default([]);
