// This file checks what must be true after a run, whatever happened. Nothing hangs, nothing is
// lost, nothing is done twice, and honest parties hold nothing against each other.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { recipient } from "../crash/recipient.ts";
import { loseShare, repaired } from "../crash/within.ts";
import { burns, burnsOfCoordinator, committedShares, openChecks } from "./held-against.ts";
import type { Operations } from "./operations.ts";
import { accountServices, type ChaosSystem, covault } from "./system.ts";

/** The longest time after its last request for which an account is neither active nor failed. */
const settlesWithinMs = 45_000;
/**
 * The time within which a note that the database refused to take back is taken back. The last pause
 * between two tries is 10 s.
 */
const clearedWithinMs = 20_000;
/** With everybody there again, the longest time until a session that continues a key has ended. */
const continuedWithinMs = 60_000;
/** Of so many keys that were continued, the holders are brought into one epoch at the end. */
const refreshedAtEndMax = 3;

/** Gives what is wrong, a line each. */
export async function verdict(system: ChaosSystem, operations: Operations, postgres: string): Promise<readonly string[]> {
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
  return [
    ...wrong,
    ...(await unsettled(system)),
    ...(await unended(system, operations)),
    ...(await unsigning(operations)),
    ...(await stillLost(system, operations)),
    ...(await unrefreshed(system, operations)),
    ...(await unrepaired(system, operations, postgres)),
    ...(await unheld(system, operations, postgres)),
    ...(await notBackedUp(system, operations)),
  ];
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

async function endOf(system: ChaosSystem, session: string): Promise<string> {
  const deadline = performance.now() + continuedWithinMs;
  for (;;) {
    const { body } = await system.ask(accountServices[0] as string, "GET", `/sessions/${session}`);
    if (["completed", "failed", "staged"].includes(body.status)) return body.status;
    if (performance.now() > deadline) return `still ${JSON.stringify(body)}`;
    await pause(500);
  }
}

/** Gives the sessions that continue a key and do not end. */
async function unended(system: ChaosSystem, { all }: Operations): Promise<string[]> {
  const wrong: string[] = [];
  const ends: Record<string, number> = {};
  for (const { kind, session } of all) {
    if (session === undefined) continue;
    const end = await endOf(system, session);
    if (end.startsWith("still")) wrong.push(`${kind} ${session} does not end: ${end}`);
    else ends[end] = (ends[end] ?? 0) + 1;
  }
  console.log("refreshes, reshares and renewals:", ends);
  return wrong;
}

/** Gives the keys that do not refresh any more, lose a holder by it, or do not sign afterwards. */
async function unrefreshed(system: ChaosSystem, operations: Operations): Promise<string[]> {
  const { accounts, all, signOnce, continueOnce } = operations;
  const continued = accounts.filter(({ id }) => all.some(({ session, path }) => session !== undefined && path.includes(id)));
  const wrong: string[] = continued.length === 0 ? ["no key was refreshed or reshared meanwhile"] : [];
  for (const account of continued.slice(-refreshedAtEndMax)) {
    const { session, asked } = await continueOnce("refresh", account);
    const end = session === undefined ? JSON.stringify(asked) : await endOf(system, session);
    if (end !== "completed") wrong.push(`account ${account.id} is not refreshed at the end: ${end}`);
    const { body } = await system.ask(accountServices[0] as string, "GET", `/accounts/${account.id}`);
    if (body.parties.length !== account.parties.length)
      wrong.push(`account ${account.id} has ${body.parties.length} holders, and had ${account.parties.length}`);
    await signOnce(account);
    if (all.at(-1)?.results.size !== 1) wrong.push(`account ${account.id} does not sign after its last refresh`);
  }
  return wrong;
}

/** A holder of the newest key loses its share, gets it back, and the key signs. */
async function unrepaired(system: ChaosSystem, operations: Operations, postgres: string): Promise<string[]> {
  const account = operations.accounts.at(-1);
  if (account === undefined) return [];
  const { body } = await system.ask(accountServices[0] as string, "GET", `/accounts/${account.id}`);
  await loseShare({ prefix: system.prefix, postgres }, body);
  const { session, asked } = await operations.continueOnce("repair", account, { party_id: repaired });
  const end = session === undefined ? JSON.stringify(asked) : await endOf(system, session);
  await operations.signOnce(account);
  const signs = operations.all.at(-1)?.results.size === 1;
  return [
    ...(end === "completed" ? [] : [`account ${account.id} does not get a share back: ${end}`]),
    ...(signs ? [] : [`account ${account.id} does not sign after a repair`]),
  ];
}

/** What is repaired under faults may not have come to its end. With everybody there it does. */
async function stillLost(system: ChaosSystem, { lost, continueOnce }: Operations): Promise<string[]> {
  const wrong: string[] = [];
  for (const account of lost) {
    const { session, asked } = await continueOnce("repair", account, { party_id: repaired });
    const end = session === undefined ? asked.at(-1)?.end : await endOf(system, session);
    if (end !== "completed" && end !== "account/share-held") wrong.push(`account ${account.id} does not get its lost share back: ${end}`);
  }
  return wrong;
}

/** Gives the keys of whose present epoch fewer parties have their share than had one at first. */
async function unheld(system: ChaosSystem, { accounts }: Operations, postgres: string): Promise<string[]> {
  const deadline = performance.now() + continuedWithinMs;
  for (;;) {
    const held = await committedShares(system, postgres);
    const fewer: string[] = [];
    for (const { id, parties } of accounts) {
      const [key] = (await system.ask(accountServices[0] as string, "GET", `/accounts/${id}`)).body.keys;
      const holders = held.filter(({ keyId, epoch }) => `0x${keyId}` === key.key_id && epoch === key.epoch).map(({ party }) => party);
      if (holders.length < parties.length)
        fewer.push(`account ${id} had ${parties.length} holders, and epoch ${key.epoch} is held by ${holders.join(", ") || "nobody"}`);
    }
    if (fewer.length === 0 || performance.now() > deadline) return fewer;
    await pause(1_000);
  }
}

/** As `covault backup check` says it, every key has t sealed shares of its present epoch. */
async function notBackedUp(system: ChaosSystem, { accounts }: Operations): Promise<string[]> {
  const deadline = performance.now() + continuedWithinMs;
  for (;;) {
    const wrong: string[] = [];
    const { keys, faults } = checkedBackups(system.backups);
    for (const { file, message } of faults) wrong.push(`the backup ${file}: ${message}`);
    for (const { id } of accounts) {
      const [key] = (await system.ask(accountServices[0] as string, "GET", `/accounts/${id}`)).body.keys;
      const epochs = keys.find(({ key_id }) => `0x${key_id}` === key.key_id)?.epochs ?? [];
      if (epochs.some(({ epoch_number, backed_up }) => epoch_number === key.epoch && backed_up)) continue;
      wrong.push(`account ${id} is not backed up in its epoch ${key.epoch}: ${JSON.stringify(epochs)}`);
      await system.ask(accountServices[0] as string, "POST", `/accounts/${id}/backups`, {});
    }
    if (wrong.length === 0 || performance.now() > deadline) return wrong;
    await pause(1_000);
  }
}

interface Checked {
  readonly keys: readonly {
    readonly key_id: string;
    readonly epochs: readonly { readonly epoch_number: number; readonly backed_up: boolean }[];
  }[];
  readonly faults: readonly { readonly file: string; readonly message: string }[];
}

function checkedBackups(folder: string): Checked {
  const folders = existsSync(folder) ? readdirSync(folder).map((party) => join(folder, party)) : [];
  const args = [covault, "backup", "check", ...folders, "--recipient", recipient.fingerprint, "--json"];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 64 << 20 });
  if (stdout === "") throw new Error(`covault backup check: ${stderr}`);
  return JSON.parse(stdout) as Checked;
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
