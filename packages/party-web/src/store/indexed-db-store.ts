// The Store port over IndexedDB. One method is one transaction, which counts as written only when
// the browser says that it is on the disk.
import type { Store } from "@covault/party";
import { backups, dropOldBackupsExcept, keepBackup, keysToBackUp } from "./backups.ts";
import { beginCheck, burn, endCheck } from "./burns.ts";
import { Database } from "./database.ts";
import { importKey, keepImportKey } from "./import-keys.ts";
import { claimIntent, finishIntent, peekIntent } from "./intents.ts";
import { dropLease, leases, takeLease } from "./leases.ts";
import { clearPair, commitPair, pairs, renewalOfIntent, stagedPairs, stagePair } from "./pairs.ts";
import { isExported, releaseOf, releaseShare } from "./releases.ts";
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
  shareOfIntent,
  sharesOfSession,
  stagedShares,
  stageShare,
} from "./shares.ts";
import { beginStanding, markRestored, moveGeneration, prune, standing } from "./standing.ts";

export interface IndexedDbStore {
  readonly store: Store;
  /** Lets go of the database. The store cannot be used any more. */
  readonly close: () => void;
}

/**
 * Opens the party's store in this browser profile, and makes it when there is none. Several tabs
 * and workers of one party may have it open at once. Throws party/store-unavailable.
 */
export async function openIndexedDbStore(partyId: string): Promise<IndexedDbStore> {
  const database = await Database.open(`covault-party-${partyId}`, beginStanding);
  return { store: storeOver(database), close: () => database.close() };
}

function storeOver(database: Database): Store {
  return {
    takeLease: (name, owner, seen) => database.write((tables) => takeLease(tables, name, owner, seen)),
    dropLease: (name, seen) => database.write((tables) => dropLease(tables, name, seen)),
    leases: (prefix) => database.read((tables) => leases(tables, prefix)),
    claimIntent: (claim) => database.write((tables) => claimIntent(tables, claim)),
    peekIntent: (claim) => database.read((tables) => peekIntent(tables, claim)),
    finishIntent: (intentId, signed) => database.write((tables) => finishIntent(tables, intentId, signed)),
    openSession: (session, tenure) => database.write((tables) => openSession(tables, session, tenure)),
    claimSession: (rid, tenure, seen) => database.write((tables) => claimSession(tables, rid, tenure, seen)),
    saveRound: (rid, fence, round, state, entries) => database.write((tables) => saveRound(tables, rid, fence, round, state, entries)),
    fixInputs: (rid, fence, round, inputs) => database.write((tables) => fixInputs(tables, rid, fence, round, inputs)),
    abortSession: (rid, fence) => database.write((tables) => abortSession(tables, rid, fence)),
    outbox: (rid, round, to) => database.read((tables) => outbox(tables, rid, round, to)),
    runningSessions: () => database.read(runningSessions),
    stageShare: (share, sealed, session) => database.write((tables) => stageShare(tables, share, sealed, session)),
    commitShare: (share, chain, judged) => database.write((tables) => commitShare(tables, share, chain, judged)),
    leaveEpoch: (left, chain, judged) => database.write((tables) => leaveEpoch(tables, left, chain, judged)),
    keepRepaired: (share, chain, judged) => database.write((tables) => keepRepaired(tables, share, chain, judged)),
    lastCertificate: (keyId) => database.read((tables) => lastCertificate(tables, keyId)),
    certificates: (keyId) => database.read((tables) => certificates(tables, keyId)),
    abandonIntent: (intentId) => database.write((tables) => abandonIntent(tables, intentId)),
    share: (keyId, epoch) => database.read((tables) => tables.shares.get([keyId, epoch])),
    committedShare: (keyId) => database.read((tables) => committedShare(tables, keyId)),
    shareOfIntent: (intentId) => database.read((tables) => shareOfIntent(tables, intentId)),
    sharesOfSession: (sessionId) => database.read((tables) => sharesOfSession(tables, sessionId)),
    heldKeys: (after, max) => database.read((tables) => heldKeys(tables, after, max)),
    stagedShares: (keyId) => database.read((tables) => stagedShares(tables, keyId)),
    pairs: (keyId, epoch) => database.read((tables) => pairs(tables, keyId, epoch)),
    stagePair: (renewal, session) => database.write((tables) => stagePair(tables, renewal, session)),
    commitPair: (intentId, certificate) => database.write((tables) => commitPair(tables, intentId, certificate)),
    renewalOfIntent: (intentId) => database.read((tables) => renewalOfIntent(tables, intentId)),
    stagedPairs: () => database.read(stagedPairs),
    renewalRuns: (name) => database.read((tables) => renewalRuns(tables, name)),
    clearPair: (name, pairId) => database.write((tables) => clearPair(tables, name, pairId)),
    releaseShare: (claim, release) => database.write((tables) => releaseShare(tables, claim, release)),
    keepImportKey: (key, nowMs, max) => database.write((tables) => keepImportKey(tables, key, nowMs, max)),
    importKey: (publicKey) => database.read((tables) => importKey(tables, publicKey)),
    releaseOf: (intentId) => database.read((tables) => releaseOf(tables, intentId)),
    isExported: (keyId) => database.read((tables) => isExported(tables, keyId)),
    keepBackup: (backup) => database.write((tables) => keepBackup(tables, backup)),
    backups: (keyId) => database.read((tables) => backups(tables, keyId)),
    keysToBackUp: (wanted, after, max) => database.read((tables) => keysToBackUp(tables, wanted, after, max)),
    dropOldBackupsExcept: (recipients) => database.write((tables) => dropOldBackupsExcept(tables, recipients)),
    burn: (epoch, burns) => database.write((tables) => burn(tables, epoch, burns)),
    beginCheck: (check) => database.write((tables) => beginCheck(tables, check)),
    endCheck: (check) => database.write((tables) => endCheck(tables, check)),
    standing: () => database.read(standing),
    moveGeneration: (from) => database.write((tables) => moveGeneration(tables, from)),
    markRestored: (mark) => database.write((tables) => markRestored(tables, mark)),
    prune: (nowMs) => database.write((tables) => prune(tables, nowMs)),
  };
}
