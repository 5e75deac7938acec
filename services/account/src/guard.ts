// Who may call, and for which tenant: the configured key speaks for the tenant `default`, the keys in the database for their own.
import { asCovaultError, CovaultError } from "@covault/errors";
import { addressList, apiKeyGuard, type Caller, clientAddress, type RequestGuard } from "@covault/service-kit/http";
import type { FastifyRequest } from "fastify";
import type { AccountStore } from "./store/account-store.ts";

export const defaultTenant = "default";

interface TenantCaller extends Caller {
  readonly tenantId: string;
}

export interface GuardOptions {
  readonly apiKey: string;
  readonly allowedIps: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly store: AccountStore;
  readonly nowMs: () => number;
}

export function tenantGuard(options: GuardOptions): RequestGuard {
  const { allowedIps, trustedProxies } = options;
  const proxies = addressList(trustedProxies, "TRUSTED_PROXIES");
  const configured = apiKeyGuard({ keys: { configured: options.apiKey }, allowedIps, trustedProxies });
  return async (request): Promise<TenantCaller> => {
    try {
      return { ...(await configured(request)), tenantId: defaultTenant };
    } catch (error) {
      // Another refusal, such as that of the address, is final.
      if (asCovaultError(error)?.code !== "http/unauthorized") throw error;
      const header = request.headers["x-api-key"];
      if (typeof header !== "string" || header.length === 0) throw error;
      const row = await options.store.apiKeys.valid(header, new Date(options.nowMs()));
      if (row === undefined) throw error;
      const tenantId = row.tenant_id;
      return { key: `tenant ${tenantId}`, address: clientAddress(request, proxies), tenantId };
    }
  };
}

export function tenantOf(request: Pick<FastifyRequest, "caller">): string {
  const tenantId = (request.caller as TenantCaller | undefined)?.tenantId;
  if (tenantId === undefined) throw new CovaultError("http/unauthorized", "The API key is missing or wrong.");
  return tenantId;
}
