// Leases between the tabs and workers of one party, each of which is an instance.
import type { LeaseAnswer, LeaseMark, LeaseState, Tenure } from "@covault/party";
import { standingRow } from "./standing.ts";
import type { Tables } from "./tables.ts";

export async function takeLease(tables: Tables, name: string, owner: string, seen?: LeaseMark): Promise<LeaseAnswer> {
  const lease = await tables.leases.get(name);
  if (lease !== undefined && lease.owner !== owner && !isAt(lease, seen)) return { ...lease, taken: false };
  const taken = lease?.owner === owner ? { ...lease, counter: lease.counter + 1 } : await newLease(tables, name, owner);
  await tables.leases.put(taken);
  return { ...taken, taken: true };
}

async function newLease(tables: Tables, name: string, owner: string): Promise<LeaseState> {
  const standing = await standingRow(tables);
  const fence = standing.fence + 1;
  await tables.standing.put({ ...standing, fence });
  return { name, owner, fence, counter: 0 };
}

export async function dropLease(tables: Tables, name: string, seen: LeaseMark): Promise<boolean> {
  if (!isAt(await tables.leases.get(name), seen)) return false;
  await tables.leases.delete(name);
  return true;
}

export async function leases(tables: Tables, prefix: string): Promise<readonly LeaseState[]> {
  return (await tables.leases.all()).filter(({ name }) => name.startsWith(prefix));
}

export async function holds(tables: Tables, { name, fence }: Tenure): Promise<boolean> {
  return (await tables.leases.get(name))?.fence === fence;
}
/** Says whether the lease is still as it was seen. */
export async function stands(tables: Tables, name: string, seen: LeaseMark): Promise<boolean> {
  return isAt(await tables.leases.get(name), seen);
}

const isAt = (lease: LeaseState | undefined, seen: LeaseMark | undefined): boolean =>
  lease !== undefined && lease.fence === seen?.fence && lease.counter === seen.counter;
