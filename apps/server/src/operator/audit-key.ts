// This file reads the public audit key of a system that `covault start` or `covault cluster` made.
// The operator of such a system holds the secret key anyway.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { identityKeyFromSeed } from "@covault/channel";
import { readText } from "@covault/service-kit/run";
import { keyOf } from "../secrets.ts";

/**
 * Gives the key, 32 bytes, or undefined when there is no such file. Throws config/bad-value for a
 * file that holds something else.
 */
export function storedAuditKey(dataDir: string): Uint8Array | undefined {
  const file = join(dataDir, "secrets", "audit_key");
  return existsSync(file) ? identityKeyFromSeed(keyOf(readText(file).trim(), file)).publicKey : undefined;
}
