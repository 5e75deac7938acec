// What must be true after it, whatever happened: nothing hangs, nothing is lost, nothing is done twice, and honest parties hold nothing against each other.
import { setTimeout as pause } from "node:timers/promises";
import { openDatabase } from "@covault/service-kit";
import type { Operations } from "./operations.ts";
import { accountServices, type ChaosSystem } from "./system.ts";

/** An account is neither active nor failed for no longer than this after its last request. */
const settlesWithinMs = 45_000;

/** What is wrong, a line each. */
export async function verdict(system: ChaosSystem, operations: Operations, postgres: string): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const operation of operations.all) {
    if (operation.asked.some(({ end }) => end === "no answer"))
      wrong.push(`${operation.kind} ${operation.key}: a request without an answer`);
    if (!operation.over) wrong.push(`${operation.kind} ${operation.key}: no end after ${operation.asked.length} requests`);
    // Asked once more at every service, a result is the same one.
    if (operation.results.size > 0) for (const _ of accountServices) await operations.ask(operation);
    if (operation.results.size > 1) wrong.push(`${operation.kind} ${operation.key}: ${[...operation.results].join(" and ")}`);
    for (const result of operation.results) if (result.startsWith("a signature by")) wrong.push(`${operation.key}: ${result}`);
  }
  wrong.push(...(await unsettled(system)), ...(await unsigning(operations)), ...(await heldAgainst(system, postgres)));
  return wrong;
}

async function unsettled(system: ChaosSystem): Promise<string[]> {
  const deadline = performance.now() + settlesWithinMs;
  for (;;) {
    const { body } = await system.ask(accountServices[0] as string, "GET", "/accounts?user_id=chaos&limit=100");
    const half = body.accounts.filter(({ status }: { status: string }) => status === "creating");
    if (half.length === 0) return [];
    if (performance.now() > deadline) return half.map(({ id }: { id: string }) => `account ${id} is still half made`);
    await pause(500);
  }
}

async function unsigning({ accounts, all, signOnce }: Operations): Promise<string[]> {
  const wrong: string[] = [];
  for (const account of accounts) {
    await signOnce(account);
    if (all.at(-1)?.results.size !== 1)
      wrong.push(`account ${account.id} is active and does not sign: ${JSON.stringify(all.at(-1)?.asked)}`);
  }
  return wrong;
}

/** Burns and open checks, in the databases themselves. A party that was cut off in the middle of a check may have left its note open. */
async function heldAgainst({ cluster, prefix, cutOff }: ChaosSystem, postgres: string): Promise<string[]> {
  const wrong: string[] = [];
  const parties = new Set([...cluster.children.values()].flatMap((child) => child.env.PARTY_ID ?? []));
  const count = async (name: string, table: string): Promise<void> => {
    const url = Object.assign(new URL(postgres), { pathname: `/${prefix}_${name.replaceAll("-", "_")}` });
    const database = await openDatabase({ kind: "postgres", url: url.href, poolMax: 1 });
    const { rows } = await database.pool.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
    await database.close();
    if (rows[0]?.count !== "0") wrong.push(`${name} has ${rows[0]?.count} rows in ${table}`);
  };
  await count("coordinator", "coordinator.burns");
  for (const party of parties) {
    const schema = `party_${party.replaceAll("-", "_")}`;
    await count(party, `${schema}.burns`);
    if (![...cutOff].some((name) => name.startsWith(party))) await count(party, `${schema}.checks`);
  }
  return wrong;
}
