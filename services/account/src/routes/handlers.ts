// This file lists the handlers of the API, a folder each. What they take and give is in
// packages/api.
import type { routes } from "@covault/api/account";
import type { Handlers } from "@covault/service-kit/http";
import type { AccountContext } from "../context.ts";
import { abortSession } from "./abort-session/handler.ts";
import { addKey } from "./add-key/handler.ts";
import { createAccount } from "./create-account/handler.ts";
import { createBackups } from "./create-backups/handler.ts";
import { exportAudit } from "./export-audit/handler.ts";
import { exportKey } from "./export-key/handler.ts";
import { getAccount } from "./get-account/handler.ts";
import { getAddresses } from "./get-addresses/handler.ts";
import { getImportRecipient } from "./get-import-recipient/handler.ts";
import { getSession } from "./get-session/handler.ts";
import { getSigningConfiguration } from "./get-signing-configuration/handler.ts";
import { importAccount } from "./import-account/handler.ts";
import { listAccounts } from "./list-accounts/handler.ts";
import { listAudit } from "./list-audit/handler.ts";
import { listBackups } from "./list-backups/handler.ts";
import { listEvents } from "./list-events/handler.ts";
import { listKeys } from "./list-keys/handler.ts";
import { recover } from "./recover/handler.ts";
import { refresh } from "./refresh/handler.ts";
import { renew } from "./renew/handler.ts";
import { repair } from "./repair/handler.ts";
import { reshare } from "./reshare/handler.ts";
import { setSigningConfiguration } from "./set-signing-configuration/handler.ts";
import { sign } from "./sign/handler.ts";

export const handlers = (context: AccountContext): Handlers<typeof routes> => ({
  createAccount: createAccount(context),
  getImportRecipient: getImportRecipient(context),
  importAccount: importAccount(context),
  listAccounts: listAccounts(context),
  getAccount: getAccount(context),
  addKey: addKey(context),
  listKeys: listKeys(context),
  getAddresses: getAddresses(context),
  sign: sign(context),
  getSigningConfiguration: getSigningConfiguration(context),
  setSigningConfiguration: setSigningConfiguration(context),
  refresh: refresh(context),
  reshare: reshare(context),
  recover: recover(context),
  renew: renew(context),
  repair: repair(context),
  exportKey: exportKey(context),
  createBackups: createBackups(context),
  listBackups: listBackups(context),
  getSession: getSession(context),
  abortSession: abortSession(context),
  listEvents: listEvents(context),
  listAudit: listAudit(context),
  exportAudit: exportAudit(context),
});
