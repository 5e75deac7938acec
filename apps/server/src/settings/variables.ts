// The forms that settings take, each with what it says when a value has another.
import { addressList, hexVariable, listVariable, portVariable } from "@covault/service-kit";
import { isPartyId } from "@covault/wire";
import { z } from "zod";

export const environmentVariable = () => z.enum(["development", "production"], "expected development or production").default("development");

export const logLevelVariable = (fallback: "info" | "warn") =>
  z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], "expected trace, debug, info, warn, error, fatal or silent")
    .default(fallback);

/** A secret that people choose: long enough that guessing is hopeless. */
export const secretVariable = (charactersMin: number) => {
  const expected = `expected at least ${charactersMin} characters`;
  return z.string(expected).min(charactersMin, expected);
};

export const partyIdVariable = () => {
  const expected = "expected a party id such as server-party-1: lower case letters, digits, - and _";
  return z.string(expected).refine(isPartyId, expected);
};

/** Addresses or CIDR blocks. */
export const blocksVariable = () =>
  listVariable().refine(areBlocks, "expected addresses or CIDR blocks, for example 10.0.0.0/8, separated by commas");

export const urlVariable = (protocols: readonly string[]) => {
  const expected = `expected a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`;
  return z.string(expected).refine((text) => isUrl(text, protocols), expected);
};

/** One or more, of replicas of one service. */
export const urlsVariable = (protocols: readonly string[]) => {
  const expected = `expected URLs that begin with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}, separated by commas`;
  return z
    .string(expected)
    .transform((text) =>
      text
        .split(",")
        .map((item) => item.trim().replace(/\/+$/, ""))
        .filter((item) => item !== ""),
    )
    .refine((urls) => urls.length > 0 && urls.every((url) => isUrl(url, protocols) && !hasPassword(url)), expected);
};

/** `name=url` items. */
export const namedUrlsVariable = () => {
  const item = /^([A-Za-z0-9_-]{1,64})=(https?:\/\/\S+)$/;
  return listVariable()
    .refine(
      (items) => items.every((text) => item.test(text) && isUrl(text.slice(text.indexOf("=") + 1), ["http:", "https:"])),
      "expected name=http://host:port items, separated by commas",
    )
    .transform((items) => items.map((text) => ({ name: text.slice(0, text.indexOf("=")), url: text.slice(text.indexOf("=") + 1) })));
};

/** Keys of 32 bytes as hex, separated by commas. */
export const hexListVariable = () =>
  listVariable()
    .refine(
      (keys) => keys.every((text) => /^[0-9a-fA-F]{64}$/.test(text)),
      "expected keys of 64 hexadecimal characters, separated by commas",
    )
    .transform((keys) => keys.map((text) => new Uint8Array(Buffer.from(text, "hex"))));

export const instanceVariable = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, "expected 1..64 letters, digits, - and _")
    .optional();

export { hexVariable, listVariable, portVariable };

function isUrl(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}
function hasPassword(text: string): boolean {
  const { username, password } = new URL(text);
  return username !== "" || password !== "";
}
function areBlocks(blocks: readonly string[]): boolean {
  try {
    addressList(blocks);
    return true;
  } catch {
    return false;
  }
}
