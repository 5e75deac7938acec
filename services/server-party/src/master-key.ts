// Which master keys a party's store needs. The store holds a check value of each of them. A check
// value is HKDF-SHA256 of a master key. It says nothing about the key, and tells it from any other.
// A party with a wrong key would work until the first share did not open, so it does not start. The
// check values also tell the party's store from a store that a wrong setting leads to, and that
// must not be marked as restored. A restore brings the check values along. A former key under which
// nothing is sealed any more (reseal.ts) is forgotten at the first start without it.
import { hkdfSync } from "node:crypto";
import { CovaultError } from "@covault/errors";
import type { Vault } from "@covault/party";
import type { Database } from "@covault/service-kit/sql";
import type { Transaction } from "kysely";
import { sealedUnder } from "./reseal.ts";
import { schemaOf } from "./store/sql-store.ts";
import type { PartyDatabase, PartyTables } from "./store/tables.ts";

/**
 * Notes the current master key in the store of a party. `masters` are 32 bytes each, the current
 * one first, then former ones, and `vault` is the one of these keys. `recorded` says that the
 * record outside of the database knows a store of this party, so that a new store is another one.
 * Throws party/wrong-master-key when a key that the store needs is missing, and party/foreign-store
 * for a new store although one is recorded.
 */
export async function checkMasterKeys(
  tables: PartyDatabase,
  partyId: string,
  masters: readonly Uint8Array[],
  vault: Vault,
  recorded: boolean,
): Promise<void> {
  const given = masters.map((master) => checkValue(master, partyId));
  const [currentId = new Uint8Array()] = vault.masterIds;
  await tables.transaction().execute(async (tx) => {
    // Two processes may start for the first time at once. One of them decides, and the other
    // compares.
    await tx.selectFrom("party").select("party_id").forUpdate().execute();
    const isUsed = await isMadeWith(tx, partyId, given);
    if (!isUsed && recorded)
      throw new CovaultError("party/foreign-store", `The store of ${partyId} is new, although the record outside has counted one before.`, {
        facts: { party: partyId },
        hint: "Check DATABASE_URL: nothing was marked. If the store is lost for good, take the party's record away (GENERATION_FILE, GENERATION_DATABASE_URL) and start again.",
      });
    await tx
      .insertInto("master_keys")
      .values({ check_value: given[0] as Buffer, master_id: currentId })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    // Nothing is sealed under the ones that are not given, or this would have thrown.
    if (isUsed) await tx.deleteFrom("master_keys").where("check_value", "not in", given).execute();
  });
}

/**
 * Checks that a party has started on the store with these keys, and changes nothing. Throws
 * party/wrong-master-key when a key is missing, and party/foreign-store when no party has ever
 * started on the store.
 */
export async function checkOwner(database: Database, partyId: string, masters: readonly Uint8Array[]): Promise<void> {
  const tables = database.schema<PartyTables>(schemaOf(partyId));
  const given = masters.map((master) => checkValue(master, partyId));
  if (!(await isMadeWith(tables, partyId, given)))
    throw new CovaultError("party/foreign-store", `No party has ever started on this store of ${partyId}.`, { facts: { party: partyId } });
}

/** Gives false when no party has ever started on the store. */
async function isMadeWith(reader: PartyDatabase | Transaction<PartyTables>, partyId: string, given: readonly Buffer[]): Promise<boolean> {
  const used = await reader.selectFrom("master_keys").select(["check_value", "master_id"]).execute();
  const missing = used.filter(({ check_value }) => !given.some((value) => value.equals(check_value)));
  const facts = { party: partyId, keys_missing: missing.length };
  // A store that was used with none of these keys is another one, also while it is empty.
  if (missing.length > 0 && missing.length === used.length)
    throw new CovaultError("party/wrong-master-key", `CRYPTO_MASTER_KEY is not the key that the store of ${partyId} was made with.`, {
      facts,
    });
  for (const { master_id } of missing) {
    const { secrets, rounds } = await sealedUnder(reader, master_id);
    if (secrets + rounds > 0)
      throw new CovaultError(
        "party/wrong-master-key",
        `The store of ${partyId} has ${secrets} secrets and ${rounds} running rounds under a former master key that is not given.`,
        { facts: { ...facts, secrets, rounds } },
      );
  }
  return used.length > 0;
}

function checkValue(master: Uint8Array, partyId: string): Buffer {
  return Buffer.from(hkdfSync("sha256", master, "covault/master-check/v1", partyId, 32));
}
