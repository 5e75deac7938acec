// A data folder remembers the public audit key of its event log, since a variable may give the key.
// Under another key the log's checkpoints would show as those of somebody else.
import { existsSync } from "node:fs";
import { identityKeyFromSeed } from "@covault/channel";
import { otherKey } from "./roster.ts";
import { readWhole, writeWhole } from "./secrets.ts";

/**
 * Remembers the public key in a file. Throws config/other-key when the folder was used, and the
 * file has another one.
 */
export function keepAuditKey(file: string, auditSeed: Uint8Array, wasUsed: boolean): void {
  const own = Buffer.from(identityKeyFromSeed(auditSeed).publicKey).toString("hex");
  const before = existsSync(file) ? readWhole(file).trim() : undefined;
  if (before === own) return;
  if (wasUsed && before !== undefined) throw otherKey("AUDIT_KEY", `the event log has checkpoints of the audit key ${before}`);
  writeWhole(file, `${own}\n`);
}
