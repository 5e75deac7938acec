// The guard of an HTTP edge: an address of the allow list, then an API key. Every refusal of one kind is the same answer.
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { CovaultError } from "@covault/errors";
import { addressList, clientAddress } from "./addresses.ts";

/** Throws http/unauthorized, http/address-refused or http/unreadable-address; otherwise says who calls. */
export type RequestGuard = (request: IncomingMessage) => Promise<Caller> | Caller;
export interface Caller {
  /** Name of the API key that was used. */
  readonly key: string;
  /** The caller's address. */
  readonly address: string;
}

export interface ApiKeyGuardOptions {
  /** Name -> API key. Several during a rotation. */
  readonly keys: Readonly<Record<string, string>>;
  /** CIDR blocks that may call; empty or absent: every address. */
  readonly allowedIps?: readonly string[];
  /** CIDR blocks of reverse proxies whose X-Forwarded-For counts. */
  readonly trustedProxies?: readonly string[];
  /** Where the key is read. Default: `apiKeyOf`. */
  readonly keyOf?: KeyOf;
}

/** The key that a request brings; empty: none. */
export type KeyOf = (request: IncomingMessage) => string;

/** The header X-API-Key. */
export const apiKeyOf: KeyOf = ({ headers }) => {
  const header = headers["x-api-key"];
  return typeof header === "string" ? header : "";
};

/** The header X-API-Key, or the bearer token that Prometheus sends. */
export const metricsKeyOf: KeyOf = (request) =>
  apiKeyOf(request) || (/^Bearer +([^\s]+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "");

function digest(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}

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
    // The address first: a caller from elsewhere learns nothing about its key.
    if (!allowed.empty && !allowed.has(address))
      throw new CovaultError("http/address-refused", `The address ${address || "(unknown)"} may not call this service.`);
    const given = digest(keyOf(request));
    let caller: string | undefined;
    for (const key of keys) if (timingSafeEqual(key.digest, given)) caller = key.name;
    if (caller === undefined) throw new CovaultError("http/unauthorized", "The API key is missing or wrong.");
    return { key: caller, address };
  };
}
