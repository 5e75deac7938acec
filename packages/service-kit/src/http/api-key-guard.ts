// The guard of an HTTP edge. It asks for an address of the allow list, then for an API key, and
// gives every refusal of one kind the same answer.
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { CovaultError } from "@covault/errors";
import { addressList, clientAddress } from "./addresses.ts";

/**
 * Gives the caller of a request. Throws http/unauthorized, http/address-refused or
 * http/unreadable-address.
 */
export type RequestGuard = (request: IncomingMessage) => Promise<Caller> | Caller;
export interface Caller {
  /** The name of the API key that was used. The calls of each are counted apart. */
  readonly key: string;
  /** The caller's address. */
  readonly address: string;
}

export interface ApiKeyGuardOptions {
  /** The API keys by name, of at least 16 characters each. There are several during a rotation. */
  readonly keys: Readonly<Record<string, string>>;
  /** The CIDR blocks that may call. Without any, every address may. */
  readonly allowedIps?: readonly string[];
  /** The CIDR blocks of reverse proxies whose X-Forwarded-For counts. */
  readonly trustedProxies?: readonly string[];
  /** Reads the key from a request. Default: `apiKeyOf`. */
  readonly keyOf?: KeyOf;
}

/** Gives the key that a request brings, and an empty text when it brings none. */
export type KeyOf = (request: IncomingMessage) => string;

/** Reads the header X-API-Key. */
export const apiKeyOf: KeyOf = ({ headers }) => {
  const header = headers["x-api-key"];
  return typeof header === "string" ? header : "";
};

/** Reads the header X-API-Key, or the bearer token that Prometheus sends. */
export const metricsKeyOf: KeyOf = (request) =>
  apiKeyOf(request) || (/^Bearer +([^\s]+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "");

function digest(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}

/** Throws config/bad-value for no key, for a short one, and for a block that is none. */
export function apiKeyGuard(options: ApiKeyGuardOptions): RequestGuard {
  const keys = Object.entries(options.keys).map(([name, key]) => {
    if (key.length < 16)
      throw new CovaultError("config/bad-value", `The API key ${name} has ${key.length} characters: expected at least 16.`);
    return { name, digest: digest(key) };
  });
  if (keys.length === 0) throw new CovaultError("config/bad-value", "No API key is set: expected at least one.");
  const allowed = addressList(options.allowedIps ?? []);
  const proxies = addressList(options.trustedProxies ?? [], "TRUSTED_PROXIES");
  const keyOf = options.keyOf ?? apiKeyOf;
  return (request) => {
    const address = clientAddress(request, proxies);
    // The address is checked first, so that a caller from elsewhere learns nothing about its key.
    if (!allowed.empty && !allowed.has(address))
      throw new CovaultError("http/address-refused", `The address ${address || "(unknown)"} may not call this service.`);
    const given = digest(keyOf(request));
    let caller: string | undefined;
    for (const key of keys) if (timingSafeEqual(key.digest, given)) caller = key.name;
    if (caller === undefined) throw new CovaultError("http/unauthorized", "The API key is missing or wrong.");
    return { key: caller, address };
  };
}
