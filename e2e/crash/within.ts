// What a pair or a share is made anew with, and what must hold of it after a crash: it ends or can
// be asked for again, and then the two parties sign with each other, in the epoch that the key was
// in (dkls23-spec 7.1, 7.2).
import { expect } from "vitest";
import { databaseUrl } from "../../apps/server/src/cluster/servers.ts";
import { openDatabase } from "../../packages/service-kit/src/sql/database.ts";
import { ended } from "./continued.ts";
import type { Within } from "./scenarios.ts";
import { type Account, type Answer, type CrashSystem, pause } from "./system.ts";

const endsWithinMs = 60_000;
/** The two ends of the pair. */
const ends = ["server-party-1", "server-party-2"] as const;
/** The party whose share is lost. */
export const repaired = ends[1];

export const bodyWithin = (act: Within): object => (act === "renew" ? { parties: [...ends] } : { party_id: repaired });

/** Deletes the account's shares at the party that is repaired, as when its database was lost. */
export async function loseShare(
  { postgres, prefix }: Pick<CrashSystem, "postgres" | "prefix">,
  { keys }: Pick<Account, "keys">,
): Promise<void> {
  const name = repaired.replaceAll("-", "_");
  const database = await openDatabase({ kind: "postgres", url: databaseUrl(postgres, `${prefix}_${name}`), poolMax: 1 });
  try {
    for (const { key_id } of keys)
      for (const table of ["pairs", "generations", "shares"])
        await database.pool.query(`DELETE FROM party_${name}.${table} WHERE key_id = '\\x${key_id.replace(/^0x/, "")}'`);
  } finally {
    await database.close();
  }
}

/** Asks again until it is done, and then has the two sign with each other. */
export async function checkWithin(system: CrashSystem, account: Account, act: Within, answer: Answer, first: number): Promise<void> {
  if (answer.status !== 200) expect(answer.body.code, JSON.stringify(answer.body)).toEqual(expect.any(String));
  const deadline = performance.now() + endsWithinMs;
  // A repair that was done all the same is refused: the share is there.
  const isDone = ({ status, body }: Answer): boolean => status === 200 || body.code === "account/share-held";
  for (let last = answer, at = first; !isDone(last); at++) {
    if (performance.now() > deadline) throw new Error(`still no ${act}: ${JSON.stringify(last.body)}`);
    await pause(500);
    last = await ended(system, await system.ask(system.continuing(account, at, act, bodyWithin(act))));
  }
  const before = account.keys[0]?.epoch;
  expect((await system.choosing(account, ends)).status).toBe(200);
  const { asked, isBy } = system.signing(account, first);
  const signed = await system.ask(asked);
  expect(await isBy(signed), JSON.stringify(signed.body)).toBe(true);
  expect((await system.account(account.id)).keys[0]?.epoch).toBe(before);
}
