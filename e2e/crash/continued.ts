// What a further epoch of a key is asked for with, and what must hold of it after a crash: it ends
// or can be asked for again, the key signs, and after the next refresh all holders are in one epoch
// with nothing staged (dkls23-spec 7).
import { expect } from "vitest";
import { databaseUrl } from "../../apps/server/src/cluster/servers.ts";
import { openDatabase } from "../../packages/service-kit/src/sql/database.ts";
import type { Act } from "./scenarios.ts";
import { type Account, type Answer, type CrashSystem, pause } from "./system.ts";

/** From the answer of a request, with every process there again. */
const endsWithinMs = 60_000;
/** The last holder learns of a certificate after its session has ended. */
const committedWithinMs = 20_000;

/** How an account is made whose key is continued: its reshare leaves one of two holders out. */
export const holdersFor = { reshare: { threshold_t: 2, threshold_n: 2 } } as const;

export function bodyOf(act: Act, { parties }: Account): object {
  const last = parties.at(-1)?.party_id;
  if (act === "refresh") return {};
  if (act === "recover") return { party_id: last };
  return { leave_out: [last], threshold_n: 2, force: "2-of-2" };
}

/** Follows the session of an answer to its end. A refusal is an end. */
export async function ended(system: CrashSystem, answer: Answer): Promise<Answer> {
  if (answer.status !== 202) return answer;
  const deadline = performance.now() + endsWithinMs;
  for (;;) {
    const body = await system.session(answer.body.session_id);
    if (body.status === "completed") return { status: 200, body };
    if (body.status === "failed") return { status: 503, body: body.error };
    // The next run passes it by, whoever has acknowledged.
    if (body.status === "staged") return { status: 503, body: { code: "staged" } };
    if (performance.now() > deadline) throw new Error(`no end in ${endsWithinMs} ms: ${JSON.stringify(body)}`);
    await pause(200);
  }
}

/** The key signs, and its next refresh brings all of its holders into one epoch. */
export async function checkEpoch(system: CrashSystem, account: Account, answer: Answer, first: number): Promise<void> {
  await signs(system, account, first);
  if (answer.status !== 200) expect(answer.body.code, JSON.stringify(answer.body)).toEqual(expect.any(String));
  const before = keyOf(await system.account(account.id)).epoch;
  await refreshed(system, account, first);
  const after = await system.account(account.id);
  expect(keyOf(after).epoch).toBeGreaterThan(before);
  await inOneEpoch(system, after);
  await signs(system, account, first + 1);
}

const keyOf = ({ keys }: Account) => {
  const [key] = keys;
  if (key?.scheme !== "ecdsa-secp256k1") throw new Error(`the first key is ${key?.scheme}`);
  return key;
};

async function signs(system: CrashSystem, account: Account, first: number): Promise<void> {
  const { asked, isBy } = system.signing(account, first);
  const signed = await system.ask(asked);
  expect(await isBy(signed), JSON.stringify(signed.body)).toBe(true);
}

/** Asks again as a caller should, when it is refused for the moment or the run is in doubt. */
async function refreshed(system: CrashSystem, account: Account, first: number): Promise<void> {
  const deadline = performance.now() + endsWithinMs;
  for (let at = first; ; at++) {
    const answer = await ended(system, await system.ask(system.continuing(account, at, "refresh", {})));
    if (answer.status === 200) return;
    if (performance.now() > deadline) throw new Error(`still no refresh: ${JSON.stringify(answer.body)}`);
    await pause(500);
  }
}

async function inOneEpoch(system: CrashSystem, account: Account): Promise<void> {
  const { key_id: keyId, epoch } = keyOf(account);
  const holders = account.parties.map(({ party_id: partyId }) => partyId).sort();
  const deadline = performance.now() + committedWithinMs;
  for (;;) {
    const held = await sharesOf(system, keyId.replace(/^0x/, ""));
    const wrong = Object.entries(held).filter(([partyId, shares]) =>
      holders.includes(partyId) ? shares !== `committed ${epoch}` : shares !== "" && !/^left \d+$/.test(shares),
    );
    if (wrong.length === 0) return;
    expect(performance.now(), `epoch ${epoch}, ${JSON.stringify(held)}`).toBeLessThan(deadline);
    await pause(300);
  }
}

/** By party, the shares of a key that are neither superseded nor below what is committed. */
async function sharesOf({ postgres, prefix }: CrashSystem, keyId: string): Promise<Record<string, string>> {
  const held: Record<string, string> = {};
  for (const partyId of ["server-party-1", "server-party-2", "server-party-3"]) {
    const name = partyId.replaceAll("-", "_");
    const database = await openDatabase({ kind: "postgres", url: databaseUrl(postgres, `${prefix}_${name}`), poolMax: 1 });
    try {
      const { rows } = await database.pool.query(
        `SELECT status, epoch_number::int AS number FROM party_${name}.shares WHERE key_id = '\\x${keyId}' AND status <> 'superseded' ORDER BY epoch_number`,
      );
      held[partyId] = rows.map(({ status, number }) => `${status} ${number}`).join(", ");
    } finally {
      await database.close();
    }
  }
  return held;
}
