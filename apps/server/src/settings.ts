// What an embedded system is configured by: the environment, `.env` if present. A wrong value names itself before anything starts.
import { addressList, hexVariable, listVariable, portVariable } from "@covault/service-kit";
import { isPartyId } from "@covault/wire";
import { z } from "zod";

const defaultParties = ["server-party-1", "server-party-2", "server-party-3"];

export const settingsSchema = z.object({
  ENVIRONMENT: z.enum(["development", "production"], "expected development or production").default("development"),
  DATA_DIR: z.string().default("./data"),
  BIND_ADDRESS: z.string().default("127.0.0.1"),
  ACCOUNT_PORT: portVariable(4000),
  COORDINATOR_PORT: portVariable(8081),
  ROUTER_PORT: portVariable(8082),
  SERVER_PARTY_API_PORT: portVariable(8083),
  MPC_API_KEY: z.string().min(16, "expected at least 16 characters").optional(),
  CRYPTO_MASTER_KEY: hexVariable(32).optional(),
  JWT_SECRET_KEY: z.string().min(32, "expected at least 32 characters").optional(),
  INITIATOR_KEY: hexVariable(32).optional(),
  ALLOWED_IPS: listVariable().refine(areBlocks, "expected addresses or CIDR blocks, for example 10.0.0.0/8, separated by commas"),
  EMBEDDED_PARTIES: listVariable()
    .refine((ids) => ids.every(isPartyId), "expected party ids such as server-party-1: lower case letters, digits, - and _")
    .refine((ids) => new Set(ids).size === ids.length && ids.length <= 20, "expected at most 20 different party ids")
    .transform((ids) => (ids.length === 0 ? defaultParties : ids)),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"], "expected trace, debug, info, warn, error or silent")
    .default("warn"),
});

export type Settings = z.output<typeof settingsSchema>;

function areBlocks(blocks: readonly string[]): boolean {
  try {
    addressList(blocks);
    return true;
  } catch {
    return false;
  }
}

/** The parties that every roster of an embedded system has. */
export const rosterParties: readonly string[] = defaultParties;
