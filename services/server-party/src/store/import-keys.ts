// The keys that imports are sealed to.
import type { ImportKey } from "@covault/party";
import { lock } from "./locks.ts";
import { bytesOf, type PartyDatabase } from "./tables.ts";

export function keepImportKey(
  database: PartyDatabase,
  schema: string,
  { publicKey, sealed, expiresAtMs }: ImportKey,
  nowMs: number,
  max: number,
): Promise<boolean> {
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "key", "imports");
    await tx.deleteFrom("import_keys").where("expires_at_ms", "<=", String(nowMs)).execute();
    const { count } = await tx.selectFrom("import_keys").select(tx.fn.countAll().as("count")).executeTakeFirstOrThrow();
    if (Number(count) >= max) return false;
    await tx.insertInto("import_keys").values({ public_key: publicKey, sealed, expires_at_ms: expiresAtMs }).execute();
    return true;
  });
}

export async function importKey(database: PartyDatabase, publicKey: Uint8Array): Promise<Uint8Array | undefined> {
  const row = await database.selectFrom("import_keys").select("sealed").where("public_key", "=", publicKey).executeTakeFirst();
  return row && bytesOf(row.sealed);
}
