// The notes of checks that are open, or whose result is lost (dkls23-spec 9, rule 1).
import type { CheckNote, Tenure } from "@covault/party";
import { holds } from "./leases.ts";
import type { Tables } from "./tables.ts";

/** Gives the notes of a pair. */
export async function notes(tables: Tables, pairId: Uint8Array): Promise<readonly CheckNote[]> {
  const gone: Tenure = { name: "", fence: 0 };
  const found: CheckNote[] = [];
  for (const { sid, tenure = gone } of await tables.checks.having("pairId", pairId))
    found.push({ sid, pairId, tenure, inForce: await holds(tables, tenure) });
  return found;
}
