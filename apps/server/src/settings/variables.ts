// This file holds the forms that settings take, each with what it says when a value has another
// form.
import { addressList } from "@covault/service-kit/http";
import { hexVariable, hostInUrl, listVariable, portVariable, readHost, type UrlForm, urlForms, wrongOfUrl } from "@covault/service-kit/run";
import { isSecp256k1Key, recipientsMax } from "@covault/trust";
import { isPartyId } from "@covault/wire";
import { z } from "zod";

export const environmentVariable = () => z.enum(["development", "production"], "expected development or production").default("development");

export const logLevelVariable = (fallback: "info" | "warn") =>
  z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], "expected trace, debug, info, warn, error, fatal or silent")
    .default(fallback);

/** A secret that people choose. It is long enough that guessing is hopeless. */
export const secretVariable = (charactersMin: number) => {
  const expected = `expected at least ${charactersMin} characters`;
  return z.string(expected).min(charactersMin, expected);
};

/** An API key. It has to fit into a header as it stands. */
export const apiKeyVariable = () => {
  const expected = "expected at least 16 printable ASCII characters without spaces";
  return z.string(expected).regex(/^[\x21-\x7e]{16,}$/, expected);
};

export const partyIdVariable = () => {
  const expected = "expected a party id such as server-party-1: lower case letters, digits, - and _";
  return z.string(expected).refine(isPartyId, expected);
};

/**
 * Addresses or CIDR blocks. A list without any of them would let everybody in, so it is refused.
 */
export const blocksVariable = () => {
  const expected = "expected addresses or CIDR blocks, for example 10.0.0.0/8, separated by commas";
  return z
    .string()
    .refine((text) => /[^,\s]/.test(text), expected)
    .transform((text) => listVariable().parse(text))
    .refine(areBlocks, expected)
    .default([]);
};

/**
 * The place of PostgreSQL: a host, or the folder of its socket. It is given in the form that a URL
 * takes.
 */
export const databaseHostVariable = () => {
  const expected = "expected a host name, an IP address or the absolute path of a socket's folder, without scheme, user, port and database";
  return z.string(expected).transform((text, context): string => {
    const folder = text.trim();
    if (/^\/[\w./-]+$/.test(folder)) return encodeURIComponent(folder);
    const host = readHost(text);
    if (host !== undefined) return hostInUrl(host);
    context.addIssue({ code: "custom", message: expected });
    return z.NEVER;
  });
};

/** The name of a database. It is no longer than PostgreSQL takes, which cuts a longer name. */
export const databaseNameVariable = () =>
  z.string().regex(/^[A-Za-z0-9_.$-]{1,63}$/, "expected 1..63 letters, digits, _, ., $ and -, the name of a database");

/** One or more URLs of replicas of one service, without a / at the end. */
export const urlsVariable = (form: UrlForm) => {
  const expected = `expected URLs that begin with ${form.protocols.map((protocol) => `${protocol}//`).join(" or ")}, separated by commas`;
  return z
    .string(expected)
    .transform((text) =>
      text
        .split(",")
        .map((item) => item.trim().replace(/\/+$/, ""))
        .filter((item) => item !== ""),
    )
    .superRefine((urls, context) => {
      const wrong = urls.length === 0 ? expected : urls.map((url) => wrongOfUrl(url, form)).find((one) => one !== undefined);
      if (wrong !== undefined) context.addIssue({ code: "custom", message: wrong });
    });
};

/** Items of the form `name=url`. */
export const namedUrlsVariable = () => {
  const nameOf = (item: string): string => item.slice(0, item.indexOf("="));
  const urlOf = (item: string): string => item.slice(item.indexOf("=") + 1);
  return listVariable()
    .refine(
      (items) => items.every((item) => /^[A-Za-z0-9_-]{1,64}=/.test(item) && wrongOfUrl(urlOf(item), urlForms.http) === undefined),
      "expected name=http://host:port items, separated by commas",
    )
    .refine((items) => new Set(items.map(nameOf)).size === items.length, "expected each name once")
    .transform((items) => items.map((item) => ({ name: nameOf(item), url: urlOf(item) })));
};

/** Keys of 32 bytes as hex, separated by commas. */
export const hexListVariable = () =>
  listVariable()
    .refine(
      (keys) => keys.every((text) => /^[0-9a-fA-F]{64}$/.test(text)),
      "expected keys of 64 hexadecimal characters, separated by commas",
    )
    .transform((keys) => keys.map((text) => new Uint8Array(Buffer.from(text, "hex"))));

/**
 * The public keys that a party seals backups to. Each is a point, so that nothing is sealed to a
 * key that nobody can have.
 */
export const recipientsVariable = () =>
  listVariable()
    .refine(
      (keys) => keys.every((text) => /^0[23][0-9a-fA-F]{64}$/.test(text) && isSecp256k1Key(new Uint8Array(Buffer.from(text, "hex")))),
      "expected public keys of 66 hexadecimal characters, separated by commas (covault backup key prints them)",
    )
    .refine((keys) => keys.length <= recipientsMax, `expected at most ${recipientsMax} public keys`)
    .refine((keys) => new Set(keys.map((text) => text.toLowerCase())).size === keys.length, "expected each public key once")
    .transform((keys) => keys.map((text) => new Uint8Array(Buffer.from(text, "hex"))));

/** What is off unless it is turned on by its one word. */
export const switchVariable = () =>
  z
    .enum(["true", "false"], "expected true or false")
    .default("false")
    .transform((text) => text === "true");

export const instanceVariable = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, "expected 1..64 letters, digits, - and _")
    .optional();

export { hexVariable, listVariable, portVariable };

function areBlocks(blocks: readonly string[]): boolean {
  try {
    addressList(blocks);
    return true;
  } catch {
    return false;
  }
}
