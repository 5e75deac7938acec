// The HTTP edge of a service: who may call, how a route is written, and what a refusal looks like.
export { type AddressList, addressList, clientAddress, networkOf } from "./addresses.ts";
export type { Api, App } from "./api.ts";
export { type ApiKeyGuardOptions, apiKeyGuard, type Caller, type RequestGuard } from "./api-key-guard.ts";
export type { HealthCheck, RosterInUse } from "./health.ts";
export { type LimitedGuardOptions, limitedGuard } from "./limited-guard.ts";
export { requireFree } from "./listen.ts";
export type { MetricsAccess } from "./metrics-guard.ts";
export { type Handler, type Handlers, serveRoutes } from "./serve-routes.ts";
export { buildServer, type HttpServer, type ServerOptions } from "./server.ts";
