// This file holds the settings of an embedded system, from the environment and from `.env` if there
// is one. A wrong value is named before anything starts.
import { hostVariable, integerVariable } from "@covault/service-kit/run";
import { isPartyId } from "@covault/wire";
import { z } from "zod";
import {
  allowExportVariable,
  allowImportVariable,
  backupVariables,
  devicesVariable,
  exportVariables,
  importVariables,
  refreshEveryDaysVariable,
} from "./settings/role-settings.ts";
import {
  apiKeyVariable,
  blocksVariable,
  environmentVariable,
  hexVariable,
  listVariable,
  logLevelVariable,
  portVariable,
  secretVariable,
} from "./settings/variables.ts";

const defaultParties = ["server-party-1", "server-party-2", "server-party-3"];

export const settingsSchema = z
  .object({
    ENVIRONMENT: environmentVariable(),
    DATA_DIR: z.string().default("./data"),
    BIND_ADDRESS: hostVariable().default("127.0.0.1"),
    ACCOUNT_PORT: portVariable(4000),
    COORDINATOR_PORT: portVariable(8081),
    ROUTER_PORT: portVariable(8082),
    SERVER_PARTY_API_PORT: portVariable(8083),
    MPC_API_KEY: apiKeyVariable().optional(),
    METRICS_API_KEY: apiKeyVariable().optional(),
    CRYPTO_MASTER_KEY: hexVariable(32).optional(),
    JWT_SECRET_KEY: secretVariable(32).optional(),
    INITIATOR_KEY: hexVariable(32).optional(),
    ROW_KEY: hexVariable(32).optional(),
    AUDIT_KEY: hexVariable(32).optional(),
    ALLOWED_IPS: blocksVariable(),
    RATE_LIMIT_PER_MINUTE: integerVariable(1, 10_000_000, 6_000),
    REFRESH_EVERY_DAYS: refreshEveryDaysVariable(),
    ALLOW_EXPORT: allowExportVariable(),
    ALLOW_IMPORT: allowImportVariable(),
    ...importVariables(),
    ...exportVariables(),
    ...backupVariables(),
    EMBEDDED_PARTIES: listVariable()
      .refine((ids) => ids.every(isPartyId), "expected party ids such as server-party-1: lower case letters, digits, - and _")
      .refine((ids) => new Set(ids).size === ids.length && ids.length <= 20, "expected at most 20 different party ids")
      .transform((ids) => (ids.length === 0 ? defaultParties : ids)),
    DEVICES_MAX: devicesVariable(),
    LOG_LEVEL: logLevelVariable("warn"),
  })
  .refine(({ MPC_API_KEY, METRICS_API_KEY }) => METRICS_API_KEY === undefined || METRICS_API_KEY !== MPC_API_KEY, {
    path: ["METRICS_API_KEY"],
    message: "expected another key than MPC_API_KEY: whoever reads metrics could sign",
  });

export type Settings = z.output<typeof settingsSchema>;

/** The parties that every roster of an embedded system has. */
export const rosterParties: readonly string[] = defaultParties;
