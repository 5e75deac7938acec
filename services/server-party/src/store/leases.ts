// Leases between the replicas of a party. Fences come from a sequence, which never goes back, also
// when a transaction does.
import type { LeaseAnswer, LeaseMark, LeaseState, Tenure } from "@covault/party";
import { type Selectable, sql, type Transaction } from "kysely";
import { lock } from "./locks.ts";
import type { PartyDatabase, PartyTables } from "./tables.ts";

export function takeLease(database: PartyDatabase, schema: string, name: string, owner: string, seen?: LeaseMark): Promise<LeaseAnswer> {
  return database.transaction().execute(async (tx) => {
    await lock(tx, schema, "lease", name);
    const row = await tx.selectFrom("leases").selectAll().where("name", "=", name).executeTakeFirst();
    const before = row && leaseState(row);
    if (before !== undefined && before.owner !== owner && !isAt(before, seen)) return { ...before, taken: false };
    const counter = before?.owner === owner ? before.counter + 1 : 0;
    const after =
      before?.owner === owner
        ? await tx.updateTable("leases").set({ counter }).where("name", "=", name).returningAll().executeTakeFirstOrThrow()
        : await tx
            .insertInto("leases")
            .values({ name, owner, counter })
            .onConflict((conflict) => conflict.column("name").doUpdateSet({ owner, counter, fence: sql`DEFAULT` }))
            .returningAll()
            .executeTakeFirstOrThrow();
    return { ...leaseState(after), taken: true };
  });
}

export async function dropLease(database: PartyDatabase, name: string, seen: LeaseMark): Promise<boolean> {
  const { numDeletedRows } = await database
    .deleteFrom("leases")
    .where("name", "=", name)
    .where("fence", "=", String(seen.fence))
    .where("counter", "=", String(seen.counter))
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function leases(database: PartyDatabase, prefix: string): Promise<readonly LeaseState[]> {
  const rows = await database
    .selectFrom("leases")
    .selectAll()
    .where((column) => column.fn("starts_with", ["name", column.val(prefix)]), "=", true)
    .orderBy("name")
    .execute();
  return rows.map(leaseState);
}

/**
 * Says whether a tenure is in force. It takes no lock on the lease. A replica that counts the
 * strikes of an epoch waits for that epoch's lock, and then sees either that the lease is gone or
 * the note.
 */
export async function holds(tx: Transaction<PartyTables>, { name, fence }: Tenure): Promise<boolean> {
  const row = await tx.selectFrom("leases").select("name").where("name", "=", name).where("fence", "=", String(fence)).executeTakeFirst();
  return row !== undefined;
}

const leaseState = ({ name, owner, fence, counter }: Selectable<PartyTables["leases"]>): LeaseState => ({
  name,
  owner,
  fence: Number(fence),
  counter: Number(counter),
});

const isAt = (lease: LeaseState, seen: LeaseMark | undefined): boolean => lease.fence === seen?.fence && lease.counter === seen.counter;
