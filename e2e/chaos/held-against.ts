// This file reads what honest parties hold against each other from their databases. There must be
// no burns. Notes of checks must be those that were open in a process of the party when it was
// killed, and no other.
import { openDatabase } from "@covault/service-kit/sql";
import type { ChaosSystem } from "./system.ts";

export interface OpenCheck {
  readonly party: string;
  /** The instance that began the check. It is "" when the check's result is lost. */
  readonly lease: string;
  /** Epoch, session and partner, as one text. */
  readonly check: string;
}

async function rows<Row extends object>(postgres: string, database: string, query: string): Promise<Row[]> {
  const url = Object.assign(new URL(postgres), { pathname: `/${database.replaceAll("-", "_")}` });
  const opened = await openDatabase({ kind: "postgres", url: url.href, poolMax: 1 });
  try {
    return (await opened.pool.query<Row>(query)).rows;
  } finally {
    await opened.close();
  }
}

export async function openChecks(postgres: string, prefix: string, party: string): Promise<OpenCheck[]> {
  const query = `SELECT lease, encode(epoch, 'hex') || '/' || encode(sid, 'hex') || '/' || partner AS "check" FROM party_${party.replaceAll("-", "_")}.checks`;
  return (await rows<Omit<OpenCheck, "party">>(postgres, `${prefix}_${party}`, query)).map((row) => ({ party, ...row }));
}

export async function burns(postgres: string, prefix: string, party: string): Promise<string[]> {
  const query = `SELECT partner, reason FROM party_${party.replaceAll("-", "_")}.burns`;
  const found = await rows<{ partner: number; reason: string }>(postgres, `${prefix}_${party}`, query);
  return found.map(({ partner, reason }) => `${party} has burned its pair with share ${partner}: ${reason}`);
}

export interface CommittedShare {
  readonly party: string;
  /** Hex. */
  readonly keyId: string;
  readonly epoch: number;
}

/** The shares that the parties have committed. */
export async function committedShares(
  { cluster, prefix }: Pick<ChaosSystem, "cluster" | "prefix">,
  postgres: string,
): Promise<readonly CommittedShare[]> {
  const parties = [...new Set([...cluster.children.values()].flatMap((child) => child.env.PARTY_ID ?? []))];
  const found = parties.map(async (party) => {
    const query = `SELECT encode(key_id, 'hex') AS "keyId", epoch_number::int AS epoch FROM party_${party.replaceAll("-", "_")}.shares WHERE status = 'committed'`;
    const held = await rows<Omit<CommittedShare, "party">>(postgres, `${prefix}_${party}`, query);
    return held.map((share) => ({ party, ...share }));
  });
  return (await Promise.all(found)).flat();
}

export async function burnsOfCoordinator(postgres: string, prefix: string): Promise<string[]> {
  // A pair that is being made anew, or whose share was repaired, is lost and speaks against nobody.
  const found = await rows(postgres, `${prefix}_coordinator`, "SELECT 1 FROM coordinator.burns WHERE code <> 'party/pairs-missing'");
  return found.length === 0 ? [] : [`the coordinator knows of ${found.length} burned pairs`];
}
