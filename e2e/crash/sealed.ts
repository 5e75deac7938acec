// What leaves the system sealed, or comes into it: sealed backups, exports and imports. After a
// crash, what was asked for is there, or can be asked for again. A key of which a document has left
// counts as exported for good, and an import is a whole account or none.
import { createECDH, randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { checkBackups, type NamedBackup, recoverKey } from "@covault/party/backup";
import { publicKeyOf, recipientKey, sealKey } from "@covault/party/import";
import { verifyRoster } from "@covault/trust";
import { expect } from "vitest";
import { databaseUrl } from "../../apps/server/src/cluster/servers.ts";
import { openDatabase } from "../../packages/service-kit/src/sql/database.ts";
import { ended } from "./continued.ts";
import { recipient } from "./recipient.ts";
import type { Sealing } from "./scenarios.ts";
import { type Account, type Answer, type Asked, type CrashSystem, pause } from "./system.ts";

const endsWithinMs = 60_000;
const parties = ["server-party-1", "server-party-2", "server-party-3"];
const scheme = "ecdsa-secp256k1";
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

async function inParty<T>(
  { postgres, prefix }: CrashSystem,
  partyId: string,
  sql: (table: (name: string) => string) => string,
  read: (rows: readonly Record<string, unknown>[]) => T,
): Promise<T> {
  const name = partyId.replaceAll("-", "_");
  const database = await openDatabase({ kind: "postgres", url: databaseUrl(postgres, `${prefix}_${name}`), poolMax: 1 });
  try {
    return read((await database.pool.query(sql((table) => `party_${name}.${table}`))).rows);
  } finally {
    await database.close();
  }
}
const idOf = ({ keys: [key] }: Account): string => `'\\x${key?.key_id.replace(/^0x/, "")}'`;

/** Takes away what the parties have sealed of a key, so that it is sealed anew. */
export async function loseBackups(system: CrashSystem, account: Account): Promise<void> {
  for (const partyId of parties)
    await inParty(
      system,
      partyId,
      (table) => `DELETE FROM ${table("backups")} WHERE key_id = ${idOf(account)}`,
      () => {},
    );
}

/** What is asked for. An import takes a new key, sealed to what a party has just offered. */
export async function asking(system: CrashSystem, act: Sealing, account: Account | undefined, userId: string, first: number) {
  if (act === "import") return importing(system, userId, first);
  const body = act === "backup" ? {} : { key: scheme, recipient: recipient.fingerprint, reason: "a crash" };
  return { path: `/accounts/${account?.id}/${act === "backup" ? "backups" : "export"}`, body, key: randomUUID(), first };
}

async function importing(system: CrashSystem, userId: string, first: number): Promise<Asked> {
  const partyId = "server-party-1";
  const { statement } = await system.read(`/import-recipient?party_id=${partyId}`);
  const { ROSTER_FILE = "", ROOT_PUBLIC_KEY = "" } = [...system.cluster.children.values()][0]?.env ?? {};
  const signed = new Uint8Array(Buffer.from(readFileSync(ROSTER_FILE, "utf8").trim(), "base64"));
  const roster = verifyRoster(signed, new Uint8Array(Buffer.from(ROOT_PUBLIC_KEY, "hex")));
  const sealedTo = recipientKey(new Uint8Array(Buffer.from(statement, "base64")), partyId, roster, Date.now());
  const pair = createECDH("secp256k1");
  pair.generateKeys();
  const key = { form: "scalar", bytes: new Uint8Array(Buffer.from(pair.getPrivateKey("hex").padStart(64, "0"), "hex")) } as const;
  const publicKey = publicKeyOf(scheme, key);
  const sealed = sealKey({ scheme, publicKey, threshold: 2, partyId, recipient: sealedTo }, key);
  const body = {
    ...{ user_id: userId, scheme, threshold_t: 2, threshold_n: 3, party_id: partyId, chain_code: hex(randomBytes(32)) },
    ...{ public_key: hex(publicKey), recipient: hex(sealedTo), sealed_key: hex(sealed) },
  };
  return { path: "/accounts/import", body, key: randomUUID(), first };
}

/** Asks until what was wanted is there. */
async function brought(system: CrashSystem, act: Sealing, account: Account, answer: Answer, isDone: (answer: Answer) => boolean) {
  const deadline = performance.now() + endsWithinMs;
  let last = answer;
  for (let at = 0; !isDone(last); at++) {
    if (performance.now() > deadline) throw new Error(`still no ${act}: ${JSON.stringify(last.body)}`);
    await pause(500);
    last = await ended(system, await system.ask(await asking(system, act, account, "", at)));
  }
  return last;
}

/** Every holder has sealed its share of the present epoch, and each document proves itself. */
export async function checkBackup(system: CrashSystem, account: Account, answer: Answer): Promise<void> {
  await brought(system, "backup", account, answer, ({ status, body }) => {
    const sealed = status === 200 ? body.keys[0].parties.filter(({ copies }: { copies: object[] }) => copies.length === 1) : [];
    return status === 200 && body.keys[0].backed_up && sealed.length === parties.length;
  });
  const files: NamedBackup[] = [];
  for (const partyId of parties)
    await inParty(
      system,
      partyId,
      (table) => `SELECT document FROM ${table("backups")} WHERE key_id = ${idOf(account)}`,
      (rows) => files.push(...rows.map(({ document }) => ({ name: partyId, bytes: new Uint8Array(document as Buffer) }))),
    );
  const { keys, faults } = checkBackups(files, { recipients: [recipient.fingerprint] });
  expect([faults, keys.map(({ backedUp }) => backedUp), files.length]).toEqual([[], [account.keys[0]?.epoch], parties.length]);
}

/**
 * Whoever has let a document go has its key marked, at the party and at the account service. The
 * export ends, and its documents are the key.
 */
export async function checkExport(system: CrashSystem, account: Account, answer: Answer): Promise<void> {
  const done = await brought(system, "export", account, answer, ({ status }) => status === 200);
  const documents = done.body.result.documents as { party_id: string; document: string }[];
  for (const { party_id: partyId } of documents) {
    const marks = await inParty(
      system,
      partyId,
      (table) => `SELECT 1 FROM ${table("releases")} WHERE key_id = ${idOf(account)}`,
      (rows) => rows.length,
    );
    expect(marks, `${partyId} has let a document go`).toBeGreaterThan(0);
  }
  const [key] = (await system.read(`/accounts/${account.id}/keys`)).keys;
  expect(key.exposed).toBe("exported");
  const files = documents.map(({ party_id: name, document }) => ({ name, bytes: new Uint8Array(Buffer.from(document, "base64")) }));
  const { secretKey } = recoverKey(files, [recipient]);
  const pair = createECDH("secp256k1");
  pair.setPrivateKey(secretKey);
  expect(`0x${pair.getPublicKey("hex", "compressed")}`).toBe(account.keys[0]?.public_key);
}

/** An account was made of the key, or nothing was, and then the next import makes one. */
export async function checkImport(system: CrashSystem, made: Account | undefined, asked: Asked, first: number): Promise<Account> {
  const deadline = performance.now() + endsWithinMs;
  let [account, of] = [made, asked];
  for (let at = first; account === undefined; at++) {
    of = await importing(system, `again-${at}-${randomUUID()}`, at);
    const answer = await system.ask(of);
    if (answer.status === 201) account = answer.body as Account;
    else if (performance.now() > deadline) throw new Error(`still no import: ${JSON.stringify(answer.body)}`);
    else await pause(500);
  }
  const [key] = (await system.read(`/accounts/${account.id}/keys`)).keys;
  expect([key.exposed, key.public_key]).toEqual(["imported", `0x${(of.body as { public_key: string }).public_key}`]);
  // What opens the sealed key is gone with it, at the party that has dealt it.
  const left = await inParty(
    system,
    (of.body as { party_id: string }).party_id,
    (table) => `SELECT 1 FROM ${table("import_keys")} WHERE public_key = '\\x${(of.body as { recipient: string }).recipient}'`,
    (rows) => rows.length,
  );
  expect(left, "keys of an import that is over").toBe(0);
  return account;
}
