// The keys that imports are sealed to.
import type { ImportKey } from "@covault/party";
import type { Tables } from "./tables.ts";

export async function keepImportKey(tables: Tables, key: ImportKey, nowMs: number, max: number): Promise<boolean> {
  await dropExpiredImportKeys(tables, nowMs);
  if ((await tables.importKeys.all()).length >= max) return false;
  const { publicKey, sealed, expiresAtMs } = key;
  await tables.importKeys.put({ publicKey, sealed, expiresAtMs });
  return true;
}

export async function importKey(tables: Tables, publicKey: Uint8Array): Promise<Uint8Array | undefined> {
  return (await tables.importKeys.get(publicKey))?.sealed;
}

export async function dropExpiredImportKeys(tables: Tables, nowMs: number): Promise<void> {
  for (const { publicKey, expiresAtMs } of await tables.importKeys.all())
    if (expiresAtMs <= nowMs) await tables.importKeys.delete(publicKey);
}
