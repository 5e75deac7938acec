// The configuration from the environment and from a file, read once at the start. The message about
// a wrong value names its variable and what was expected. It shows the value itself only where the
// name says that it is no secret.
import { CovaultError } from "@covault/errors";
import { z } from "zod";
import type { Env } from "./env-file.ts";
import { hostExpected, readHost } from "./host.ts";
import { readInteger } from "./integer.ts";
import { type UrlForm, wrongOfUrl } from "./url.ts";

/** The values of these names never appear in a message. URLs carry passwords too. */
const secretName = /KEY|RECIPIENT|SECRET|PASSWORD|TOKEN|URL|DSN/i;

/**
 * Control characters, the byte order mark and the space of no width. They make a value another one
 * than people see.
 */
const invisible = /[\p{Cc}\ufeff\u200b]/u;

/** The faults of a configuration, a line for each, and its values if there are none. */
export type Checked<S> = { readonly wrong: readonly string[]; readonly settings?: S };

/** Throws config/bad-value with every wrong variable of `env`. */
export function readConfig<S extends z.ZodType>(schema: S, env: Env = process.env): z.output<S> {
  const { settings, wrong } = checkConfig(schema, env);
  if (settings === undefined) throw badConfig(wrong);
  return settings;
}

/**
 * Checks `env` against a zod object whose keys are the variables' names. An empty value counts as
 * not set.
 */
export function checkConfig<S extends z.ZodType>(schema: S, env: Env): Checked<z.output<S>> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const result = schema.safeParse(set);
  const hidden = schema instanceof z.ZodObject ? Object.keys(schema.shape).filter((name) => invisible.test(set[name] ?? "")) : [];
  if (result.success && hidden.length === 0) return { settings: result.data, wrong: [] };
  const issues = (result.error?.issues ?? []).filter((issue) => !hidden.includes(String(issue.path[0])));
  const wrong = issues.map((issue) => {
    const name = issue.path.map(String).join(".") || "environment";
    const value = set[name];
    if (value === undefined) return `${name} is not set: ${issue.message}`;
    // The text before an @ may be a password, in whatever setting somebody wrote it.
    const isSecret = secretName.test(name) || value.includes("@");
    return isSecret ? `${name}: ${issue.message}` : `${name}: ${issue.message}, got ${JSON.stringify(value)}`;
  });
  return { wrong: [...wrong, ...hidden.map((name) => `${name} has an invisible character, such as a line end or a byte order mark`)] };
}

/** Makes config/bad-value with a line for each fault. */
export function badConfig(wrong: readonly string[], hint?: string): CovaultError {
  const message = `The configuration is wrong:\n${wrong.map((line) => `  ${line}`).join("\n")}`;
  return new CovaultError("config/bad-value", message, hint === undefined ? {} : { hint });
}

/** A whole number from `min` to `max`. */
export const integerVariable = (min: number, max: number, fallback: number) =>
  readBy((text) => readInteger(text, min, max), `expected a whole number ${min}..${max}`).default(fallback);

/** A TCP port from 0, which stands for any free one, to 65535. */
export const portVariable = (fallback: number) =>
  readBy((text) => readInteger(text, 0, 65_535), "expected a port 0..65535").default(fallback);

/** A host name or an IP address, of a server or to listen on. */
export const hostVariable = () => readBy(readHost, hostExpected);

/** The URL of a server, in the given form. */
export const urlVariable = (form: UrlForm) =>
  z
    .string(`expected a URL that begins with ${form.protocols.map((protocol) => `${protocol}//`).join(" or ")}`)
    .trim()
    .superRefine((text, context) => {
      const wrong = wrongOfUrl(text, form);
      if (wrong !== undefined) context.addIssue({ code: "custom", message: wrong });
    });

/** A key such as `CRYPTO_MASTER_KEY`: exactly `length` bytes as hex. */
export const hexVariable = (length: number) =>
  z
    .string(`expected ${length * 2} hexadecimal characters`)
    .regex(new RegExp(`^[0-9a-fA-F]{${length * 2}}$`), `expected ${length * 2} hexadecimal characters`)
    .transform((hex) => new Uint8Array(Buffer.from(hex, "hex")));

/** A list such as `ALLOWED_IPS`. Its items stand between commas, are trimmed, and are not empty. */
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

/** `read` gives undefined for a text that it does not know. */
function readBy<T>(read: (text: string) => T | undefined, expected: string) {
  return z.string(expected).transform((text, context): T => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: expected });
    return z.NEVER;
  });
}
