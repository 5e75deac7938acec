// Which master keys a party's store needs. Check values: HKDF-SHA256 of a master key, which say nothing about it and tell it from any
// other. Starting with a wrong key would go well until the first share does not open: so it does not start.
import { hkdfSync } from "node:crypto";
import { CovaultError } from "@covault/errors";
import type { PartyDatabase } from "./store/tables.ts";

/** `masters`: 32 bytes each, the current one first, then former ones. Throws `party/wrong-master-key`. */
export async function checkMasterKeys(tables: PartyDatabase, partyId: string, masters: readonly Uint8Array[]): Promise<void> {
  const given = masters.map((master) => checkValue(master, partyId));
  await tables.transaction().execute(async (tx) => {
    // Two first starts at once: one decides, the other compares.
    await tx.selectFrom("party").select("party_id").forUpdate().execute();
    const needed = await tx.selectFrom("master_keys").select("check_value").execute();
    const missing = needed.filter(({ check_value }) => !given.some((value) => value.equals(check_value)));
    if (missing.length > 0)
      throw new CovaultError("party/wrong-master-key", `CRYPTO_MASTER_KEY is not the key that the store of ${partyId} was made with.`, {
        facts: { party: partyId, keys_missing: missing.length },
      });
    await tx
      .insertInto("master_keys")
      .values({ check_value: given[0] as Buffer })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
}

function checkValue(master: Uint8Array, partyId: string): Buffer {
  return Buffer.from(hkdfSync("sha256", master, "covault/master-check/v1", partyId, 32));
}
