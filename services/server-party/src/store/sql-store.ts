// The Store port over SQL: PostgreSQL, or PGlite in the process. One method is one transaction that
// awaits nothing but its own queries. One schema belongs to one party, and all replicas of a party
// share it.

import { createHash } from "node:crypto";
import { CovaultError } from "@covault/errors";
import type { Store, StoreStanding } from "@covault/party";
import { type Database, migrate } from "@covault/service-kit/sql";
import { backups, dropOldBackupsExcept, keepBackup, keysToBackUp } from "./backups.ts";
import { beginCheck, burn, endCheck } from "./burns.ts";
import { importKey, keepImportKey } from "./import-keys.ts";
import { claimIntent, finishIntent, peekIntent } from "./intents.ts";
import { dropLease, leases, takeLease } from "./leases.ts";
import { clearPair, commitPair, pairs, renewalOfIntent, stagedPairs, stagePair } from "./pairs.ts";
import { emptyForgotten, isExported, releaseOf, releaseShare } from "./releases.ts";
import { renewalRuns } from "./renewal-runs.ts";
import { keepRepaired } from "./repaired.ts";
import { abortSession, claimSession, fixInputs, openSession, outbox, runningSessions, saveRound } from "./sessions.ts";
import {
  abandonIntent,
  certificates,
  commitShare,
  committedShare,
  heldKeys,
  lastCertificate,
  leaveEpoch,
  share,
  shareOfIntent,
  sharesOfSession,
  stagedShares,
  stageShare,
} from "./shares.ts";
import { markRestored, moveGeneration, standingOf, standingQuery, tableOid } from "./standing.ts";
import type { PartyDatabase, PartyTables } from "./tables.ts";

/** Gives the name of a party's schema. It is readable, and never that of another party. */
export function schemaOf(partyId: string): string {
  const plain = `party_${partyId.replaceAll("-", "_")}`;
  if (plain.length <= 48 && !partyId.includes("_")) return plain;
  return `${plain.slice(0, 40)}_${createHash("sha256").update(partyId).digest("hex").slice(0, 16)}`;
}

export interface SqlStore {
  readonly store: Store;
  readonly tables: PartyDatabase;
  /** Gives the store's standing as one connection of the database shows it. */
  readonly standingOn: (query: (text: string) => Promise<readonly unknown[]>) => Promise<StoreStanding>;
}

/**
 * Migrates the party's schema. Throws party/foreign-store when the schema belongs to another party.
 */
export async function openSqlStore(database: Database, partyId: string): Promise<SqlStore> {
  const schema = schemaOf(partyId);
  await migrate(database, schema, new URL("../../migrations/", import.meta.url));
  const tables = database.schema<PartyTables>(schema);
  await tables
    .insertInto("party")
    .values({ party_id: partyId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const owner = await tables.selectFrom("party").select(["party_id", tableOid]).executeTakeFirstOrThrow();
  if (owner.party_id !== partyId)
    throw new CovaultError("party/foreign-store", `The schema ${schema} belongs to ${owner.party_id}, not to ${partyId}.`, {
      facts: { schema },
    });
  const standingOn: SqlStore["standingOn"] = async (query) => standingOf(await query(standingQuery(schema)));
  const standing = (): Promise<StoreStanding> => standingOn(async (text) => (await database.pool.query(text)).rows);
  return { store: { ...sqlStore(tables, schema, owner.oid), standing }, tables, standingOn };
}

function sqlStore(tables: PartyDatabase, schema: string, partyTable: string): Omit<Store, "standing"> {
  return {
    takeLease: (name, owner, seen) => takeLease(tables, schema, name, owner, seen),
    dropLease: (name, seen) => dropLease(tables, name, seen),
    leases: (prefix) => leases(tables, prefix),
    claimIntent: (claim) => claimIntent(tables, partyTable, claim),
    peekIntent: (claim) => peekIntent(tables, partyTable, claim),
    finishIntent: (intentId, signed) => finishIntent(tables, intentId, signed),
    openSession: (session, tenure) => openSession(tables, schema, session, tenure),
    claimSession: (rid, tenure, seen) => claimSession(tables, rid, tenure, seen),
    saveRound: (rid, fence, round, state, entries) => saveRound(tables, rid, fence, round, state, entries),
    fixInputs: (rid, fence, round, inputs) => fixInputs(tables, rid, fence, round, inputs),
    abortSession: (rid, fence) => abortSession(tables, rid, fence),
    outbox: (rid, round, to) => outbox(tables, rid, round, to),
    runningSessions: () => runningSessions(tables),
    stageShare: (newShare, sealed, session) => stageShare(tables, schema, newShare, sealed, session),
    commitShare: (named, chain, judged) => commitShare(tables, schema, named, chain, judged),
    leaveEpoch: (left, chain, judged) => leaveEpoch(tables, schema, left, chain, judged),
    keepRepaired: (repaired, chain, judged) => keepRepaired(tables, schema, repaired, chain, judged),
    certificates: (keyId) => certificates(tables, keyId),
    lastCertificate: (keyId) => lastCertificate(tables, keyId),
    abandonIntent: (intentId) => abandonIntent(tables, schema, intentId),
    share: (keyId, epoch) => share(tables, keyId, epoch),
    committedShare: (keyId) => committedShare(tables, keyId),
    shareOfIntent: (intentId) => shareOfIntent(tables, intentId),
    sharesOfSession: (sessionId) => sharesOfSession(tables, sessionId),
    heldKeys: (after, max) => heldKeys(tables, after, max),
    stagedShares: (keyId) => stagedShares(tables, keyId),
    pairs: (keyId, epoch) => pairs(tables, keyId, epoch),
    stagePair: (renewal, session) => stagePair(tables, schema, renewal, session),
    commitPair: (intentId, certificate) => commitPair(tables, schema, intentId, certificate),
    renewalOfIntent: (intentId) => renewalOfIntent(tables, intentId),
    stagedPairs: () => stagedPairs(tables),
    renewalRuns: (name) => renewalRuns(tables, name),
    clearPair: (name, pairId) => clearPair(tables, schema, name, pairId),
    releaseShare: (claim, release) => releaseShare(tables, schema, partyTable, claim, release),
    keepImportKey: (key, nowMs, max) => keepImportKey(tables, schema, key, nowMs, max),
    importKey: (publicKey) => importKey(tables, publicKey),
    releaseOf: (intentId) => releaseOf(tables, intentId),
    isExported: (keyId) => isExported(tables, keyId),
    keepBackup: (backup) => keepBackup(tables, schema, backup),
    backups: (keyId) => backups(tables, keyId),
    keysToBackUp: (wanted, after, max) => keysToBackUp(tables, wanted, after, max),
    dropOldBackupsExcept: (recipients) => dropOldBackupsExcept(tables, recipients),
    burn: (epoch, burns) => burn(tables, schema, epoch, burns),
    beginCheck: (start) => beginCheck(tables, schema, start),
    endCheck: (end) => endCheck(tables, schema, end),
    moveGeneration: (from) => moveGeneration(tables, from),
    markRestored: (mark) => markRestored(tables, mark),
    prune: (nowMs) => prune(tables, nowMs),
  };
}

function prune(tables: PartyDatabase, nowMs: number): Promise<void> {
  return tables.transaction().execute(async (tx) => {
    await tx.deleteFrom("intents").where("forget_after_ms", "<", String(nowMs)).execute();
    await emptyForgotten(tx);
    await tx.deleteFrom("import_keys").where("expires_at_ms", "<", String(nowMs)).execute();
    await tx.deleteFrom("sessions").where("status", "=", "over").where("expires_at_ms", "<", String(nowMs)).execute();
  });
}
