// This file checks what must be true after a run, whatever happened. Nothing hangs, nothing is
// lost, nothing is done twice, and honest parties hold nothing against each other.
import { setTimeout as pause } from "node:timers/promises";
import { burns, burnsOfCoordinator, openChecks } from "./held-against.ts";
import type { Operations } from "./operations.ts";
import { accountServices, type ChaosSystem } from "./system.ts";

/** The longest time after its last request for which an account is neither active nor failed. */
const settlesWithinMs = 45_000;
/**
 * The time within which a note that the database refused to take back is taken back. The last pause
 * between two tries is 10 s.
 */
const clearedWithinMs = 20_000;

/** Gives what is wrong, a line each. */
export async function verdict(system: ChaosSystem, operations: Operations): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const operation of operations.all) {
    if (operation.asked.some(({ end }) => end === "no answer"))
      wrong.push(`${operation.kind} ${operation.key}: a request without an answer`);
    if (!operation.over) wrong.push(`${operation.kind} ${operation.key}: no end after ${operation.asked.length} requests`);
    // When it is asked for once more at every service, the result is the same.
    if (operation.results.size > 0) for (const _ of accountServices) await operations.ask(operation);
    if (operation.results.size > 1) wrong.push(`${operation.kind} ${operation.key}: ${[...operation.results].join(" and ")}`);
    for (const result of operation.results) if (result.startsWith("a signature by")) wrong.push(`${operation.key}: ${result}`);
  }
  return [...wrong, ...(await unsettled(system)), ...(await unsigning(operations))];
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

/** Gives the burns, and the notes of checks that were not open in a process when it was killed. */
export async function heldAgainst({ cluster, prefix, cutOff }: ChaosSystem, postgres: string): Promise<string[]> {
  const parties = [...new Set([...cluster.children.values()].flatMap((child) => child.env.PARTY_ID ?? []))];
  const wrong = await burnsOfCoordinator(postgres, prefix);
  for (const party of parties) wrong.push(...(await burns(postgres, prefix, party)));
  const strangers = async () => {
    const open = (await Promise.all(parties.map((party) => openChecks(postgres, prefix, party)))).flat();
    return open.filter(({ party, check }) => !cutOff.some((known) => known.party === party && known.check === check));
  };
  const deadline = performance.now() + clearedWithinMs;
  let left = await strangers();
  while (left.length > 0 && performance.now() < deadline) {
    await pause(500);
    left = await strangers();
  }
  return [
    ...wrong,
    ...left.map(({ party, lease, check }) => `${party} has an open check of ${lease || "nobody"} that no kill explains: ${check}`),
  ];
}
