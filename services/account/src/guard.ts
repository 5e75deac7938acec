// This file decides who may call, and for which tenant. The configured key speaks for the tenant
// `default`, and each key in the database for its own tenant.
import { asCovaultError, CovaultError } from "@covault/errors";
import { addressList, apiKeyGuard, type Caller, clientAddress, type RequestGuard } from "@covault/service-kit/http";
import type { FastifyRequest } from "fastify";
import type { Denial } from "./events/denied.ts";
import type { Actor } from "./events/event.ts";
import type { AccountStore } from "./store/account-store.ts";
import type { ApiKeyRow } from "./store/tables.ts";

export const defaultTenant = "default";

interface TenantCaller extends Caller {
  readonly tenantId: string;
  readonly apiKeyId: string;
}

export interface GuardOptions {
  readonly apiKey: string;
  readonly allowedIps: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly store: AccountStore;
  readonly nowMs: () => number;
  readonly onDenied: (denial: Denial) => void;
}

export function tenantGuard(options: GuardOptions): RequestGuard {
  const { allowedIps, trustedProxies, store, nowMs, onDenied } = options;
  const proxies = addressList(trustedProxies, "TRUSTED_PROXIES");
  const configured = apiKeyGuard({ keys: { configured: options.apiKey }, allowedIps, trustedProxies });
  return async (request): Promise<TenantCaller> => {
    try {
      return { ...(await configured(request)), tenantId: defaultTenant, apiKeyId: "configured" };
    } catch (error) {
      const code = asCovaultError(error)?.code;
      // Any other refusal, such as that of the address, is final.
      const header = code === "http/unauthorized" ? request.headers["x-api-key"] : undefined;
      const row = typeof header === "string" && header !== "" ? await store.apiKeys.ofSecret(header) : undefined;
      if (row !== undefined && counts(row, nowMs())) {
        const { tenant_id: tenantId, api_key_id: apiKeyId } = row;
        // The key's own id, since each key has a limit of its own.
        return { key: `key ${apiKeyId}`, address: clientAddress(request, proxies), tenantId, apiKeyId };
      }
      // For a caller whose address cannot be read, the address of the proxy is all there is.
      const address = code === "http/unreadable-address" ? (request.socket.remoteAddress ?? "") : clientAddress(request, proxies);
      if (code !== undefined) onDenied({ tenant: row?.tenant_id ?? defaultTenant, code, address });
      throw error;
    }
  };
}

const counts = ({ revoked_at, expires_at }: ApiKeyRow, nowMs: number): boolean =>
  revoked_at === null && (expires_at === null || expires_at.getTime() > nowMs);

export const tenantOf = (request: Pick<FastifyRequest, "caller">): string => callerOf(request).tenantId;

/** Gives the caller as the event log names it. */
export function actorOf(request: Pick<FastifyRequest, "caller">): Actor {
  const { apiKeyId, address } = callerOf(request);
  return { kind: "api_key", id: apiKeyId, ip: address };
}

function callerOf({ caller }: Pick<FastifyRequest, "caller">): TenantCaller {
  const { tenantId } = (caller ?? {}) as Partial<TenantCaller>;
  if (tenantId === undefined) throw new CovaultError("http/unauthorized", "The API key is missing or wrong.");
  return caller as TenantCaller;
}
