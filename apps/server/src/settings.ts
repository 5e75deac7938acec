// What an embedded system is configured by: the environment, `.env` if present. A wrong value names itself before anything starts.
import { isPartyId } from "@covault/wire";
import { z } from "zod";

const port = (fallback: number) => z.coerce.number().int().min(0).max(65535).default(fallback);
const hex = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-fA-F]{${bytes * 2}}$`), `expected ${bytes * 2} hex characters`)
    .optional();

export const settingsSchema = z.object({
  ENVIRONMENT: z.enum(["development", "production"]).default("development"),
  DATA_DIR: z.string().min(1).default("./data"),
  BIND_ADDRESS: z.string().min(1).default("127.0.0.1"),
  ACCOUNT_PORT: port(4000),
  COORDINATOR_PORT: port(8081),
  ROUTER_PORT: port(8082),
  SERVER_PARTY_API_PORT: port(8083),
  MPC_API_KEY: z.string().min(16, "expected at least 16 characters").optional(),
  CRYPTO_MASTER_KEY: hex(32),
  JWT_SECRET_KEY: z.string().min(32, "expected at least 32 characters").optional(),
  INITIATOR_KEY: hex(32),
  ALLOWED_IPS: z.string().default(""),
  EMBEDDED_PARTIES: z
    .string()
    .default("server-party-1,server-party-2,server-party-3")
    .transform((text) =>
      text
        .split(",")
        .map((id) => id.trim())
        .filter((id) => id !== ""),
    )
    .refine((ids) => ids.length >= 1 && ids.length <= 20, "expected 1 to 20 party ids, separated by commas")
    .refine((ids) => ids.every(isPartyId), "expected party ids such as server-party-1: lower case letters, digits, - and _")
    .refine((ids) => new Set(ids).size === ids.length, "expected different party ids"),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("warn"),
});

export type Settings = z.infer<typeof settingsSchema>;
