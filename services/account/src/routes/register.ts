// All routes of the API, a folder each.
import type { Api } from "@covault/service-kit/http";
import type { AccountContext } from "../context.ts";
import { addKeyRoute } from "./add-key/handler.ts";
import { createAccountRoute } from "./create-account/handler.ts";
import { exportAuditRoute } from "./export-audit/handler.ts";
import { getAccountRoute } from "./get-account/handler.ts";
import { getAddressesRoute } from "./get-addresses/handler.ts";
import { getKeysRoute } from "./get-keys/handler.ts";
import { getSessionRoute } from "./get-session/handler.ts";
import { getSigningConfigurationRoute } from "./get-signing-configuration/handler.ts";
import { listAccountsRoute } from "./list-accounts/handler.ts";
import { listAuditRoute } from "./list-audit/handler.ts";
import { listEventsRoute } from "./list-events/handler.ts";
import { setSigningConfigurationRoute } from "./set-signing-configuration/handler.ts";
import { signRoute } from "./sign/handler.ts";

export function registerRoutes(api: Api, context: AccountContext): void {
  for (const route of [
    createAccountRoute,
    listAccountsRoute,
    getAccountRoute,
    addKeyRoute,
    getKeysRoute,
    getAddressesRoute,
    signRoute,
    getSigningConfigurationRoute,
    setSigningConfigurationRoute,
    getSessionRoute,
    listEventsRoute,
    listAuditRoute,
    exportAuditRoute,
  ])
    route(api, context);
}
