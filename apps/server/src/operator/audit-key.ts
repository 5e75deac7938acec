// The public audit key of a system that `covault start` or `covault cluster` made: whoever runs it holds the secret one anyway.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { identityKeyFromSeed } from "@covault/channel";
import { readText } from "@covault/service-kit/run";
import { keyOf } from "../secrets.ts";

/** 32 bytes; undefined when there is no such file. Throws config/bad-value for one that holds something else. */
export function storedAuditKey(dataDir: string): Uint8Array | undefined {
  const file = join(dataDir, "secrets", "audit_key");
  return existsSync(file) ? identityKeyFromSeed(keyOf(readText(file).trim(), file)).publicKey : undefined;
}
