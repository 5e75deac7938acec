// How many renewals of a pair were begun in its epoch (dkls23-spec 9, rule 4).
import { type PairName, renewalRunsMax } from "@covault/party";
import type { Tables } from "./tables.ts";

export async function renewalRuns(tables: Tables, { keyId, epoch, partner }: PairName): Promise<number> {
  return (await tables.renewalRuns.get([keyId, epoch, partner]))?.runs ?? 0;
}

/**
 * Counts one renewal more. Gives false, and counts nothing, when there were as many as there may
 * be.
 */
export async function countRenewal(tables: Tables, { keyId, epoch, partner }: PairName): Promise<boolean> {
  const runs = await renewalRuns(tables, { keyId, epoch, partner });
  if (runs >= renewalRunsMax) return false;
  await tables.renewalRuns.put({ keyId, epoch, partner, runs: runs + 1 });
  return true;
}
