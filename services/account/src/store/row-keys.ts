// This file notes which row keys the database needs. It stores check values, each an HKDF-SHA256 of
// a key. They say nothing about the key and tell it from any other. A service with another key
// would believe no row, and would write rows that no other replica believes. So it does not start.
import { hkdfSync } from "node:crypto";
import { CovaultError } from "@covault/errors";
import type { RowKeys } from "./row-mac.ts";
import type { AccountDatabase } from "./tables.ts";

/**
 * Notes the current key, under which rows will be written. Throws `account/wrong-row-key` unless
 * every key that was ever current is given.
 */
export async function checkRowKeys(db: AccountDatabase, secretRowKeys: RowKeys): Promise<void> {
  const [current, ...also] = [secretRowKeys.current, ...secretRowKeys.also].map(checkValue) as [Buffer, ...Buffer[]];
  await db.transaction().execute(async (transaction) => {
    // Two first starts can happen at once. One of them decides, and the other compares.
    await transaction.selectFrom("tenants").select("tenant_id").where("tenant_id", "=", "default").forUpdate().execute();
    const needed = await transaction.selectFrom("row_keys").select("check_value").execute();
    const missing = needed.filter(({ check_value }) => ![current, ...also].some((value) => value.equals(check_value)));
    if (missing.length > 0)
      throw new CovaultError(
        "account/wrong-row-key",
        "ROW_KEY and ROW_KEYS_ALSO are not the keys that this database was written with: the service would not believe its rows.",
        { facts: { keys_missing: missing.length } },
      );
    await transaction
      .insertInto("row_keys")
      .values({ check_value: current })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
}

const checkValue = (key: Uint8Array): Buffer => Buffer.from(hkdfSync("sha256", key, "covault/row-key-check/v1", "", 32));
