// A server party as a part of a Node process: packages/party with its store, its stream, its worker
// threads and its master keys.

import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { type IdentityKey, identityKeyFromSeed } from "@covault/channel";
import { same } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { type BackupSettings, type Generation, type Limits, Party, type PartyEvent, type Runner, Vault } from "@covault/party";
import { backupFolder, workerPool } from "@covault/party-node";
import { type BackOffs, RouterStream } from "@covault/router-client";
import type { HealthCheck } from "@covault/service-kit/http";
import { type Logger, type Metrics, noTracing, type OnStep, type Tracing, watched } from "@covault/service-kit/run";
import { type Database, rosterTable } from "@covault/service-kit/sql";
import { type LiveRoster, rosterParty } from "@covault/trust";
import { isPartyId, newId } from "@covault/wire";
import { makeCounters } from "./counters.ts";
import { logEvent } from "./log-events.ts";
import { checkMasterKeys } from "./master-key.ts";
import { openSqlStore, schemaOf } from "./store/sql-store.ts";
import { streamUrl } from "./stream-url.ts";
import { traceAttempts } from "./trace-attempts.ts";

const drainLookMs = 50;

export interface ServerPartyConfig {
  readonly partyId: string;
  /** The seed of the identity key, 32 secret bytes. Either this or `identity` is given. */
  readonly identitySeed?: Uint8Array;
  readonly identity?: IdentityKey;
  /**
   * The address of the router, or the addresses of its replicas, of which one that answers is used.
   * Each is http, https, ws or wss. The stream's path is added when there is none.
   */
  readonly routerUrl: string | readonly string[];
  /** CRYPTO_MASTER_KEY, 32 secret bytes. */
  readonly masterKey: Uint8Array;
  /** CRYPTO_MASTER_KEY_FORMER: the keys that still open what they sealed. */
  readonly formerMasterKeys?: readonly Uint8Array[];
  /**
   * The name of one process of this party. Keep it over restarts when only one process can have it:
   * its sessions then go on at once. Default: a fresh name, or with an embedded database always the
   * same one.
   */
  readonly instanceId?: string;
  /** The number of worker threads. Default: the number of cores, at most 4. */
  readonly workers?: number;
  /** How long the start waits for the stream, which goes on trying afterwards. Default 5 s. */
  readonly openMs?: number;
  readonly backOffs?: Partial<BackOffs>;
  /** How long a stop waits for running attempts, in milliseconds. Default 0. */
  readonly drainMs?: number;
  /** IMPORT_ALLOWED: whether the party deals imported keys. Default: it does not. */
  readonly importAllowed?: boolean;
  /** EXPORT_RECIPIENTS: compressed points of secp256k1. Default: every export is refused. */
  readonly exportRecipients?: readonly Uint8Array[];
  /** Whom the party seals backups of its shares to. Default: nobody. */
  readonly backups?: BackupsConfig;
  readonly limits?: Partial<Limits>;
}

export interface BackupsConfig {
  /** BACKUP_RECIPIENTS: compressed points of secp256k1, at most 8. */
  readonly recipients: readonly Uint8Array[];
  /** BACKUP_DIR, where each document is written as a file too. */
  readonly folder?: string | undefined;
  /** BACKUP_EVERY_DAYS. 0 is for no schedule. */
  readonly everyDays?: number;
}

export interface ServerPartyOptions {
  readonly config: ServerPartyConfig;
  readonly database: Database;
  /** The roster, which may change while the party runs. */
  readonly roster: LiveRoster;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing;
  /**
   * The record outside of the database, `generationFile` or `generationTable`. It is needed where
   * backups exist.
   */
  readonly generation?: Generation;
  /**
   * Worker threads that several parties share. The code that made them closes them. Absent means
   * that the party has its own.
   */
  readonly runner?: Runner;
  /** Gets each step of the party. A test gives it, and nothing that runs in production does. */
  readonly onStep?: OnStep | undefined;
}

export interface ServerParty {
  readonly partyId: string;
  readonly instanceId: string;
  /** Whether the parts work that the party needs, by name. */
  readonly checks: Readonly<Record<"database" | "generation" | "router", HealthCheck>>;
  /**
   * Throws unless the party can work, which means that its database answers and its stream stands.
   */
  readonly check: () => Promise<void>;
  /** Waits `drainMs` for running attempts, and ends the party, its stream and its own threads. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a party, which migrates its schema. Throws trust/unknown-party when the roster does not
 * have the party with this identity key, party/wrong-master-key, party/foreign-store, and
 * config/bad-value for a party id or an identity key that cannot be.
 */
export async function startServerParty(options: ServerPartyOptions): Promise<ServerParty> {
  const { config, database, onStep } = options;
  const { partyId } = config;
  const logger = options.logger.child({ party_id: partyId });
  const identity = identityOf(config);
  const { roster } = options;
  const isListed = () => same(rosterParty(roster.current(), partyId, Date.now())?.idpk ?? new Uint8Array(), identity.publicKey);
  if (!isListed())
    throw new CovaultError("trust/unknown-party", `The roster has no valid entry for ${partyId} with this identity key.`, {
      facts: { party: partyId },
    });
  const { store, tables, standingOn } = await openSqlStore(database, partyId);
  const masters = [config.masterKey, ...(config.formerMasterKeys ?? [])];
  const vault = await Vault.open(partyId, masters);
  await checkMasterKeys(tables, partyId, masters, vault, (await options.generation?.read()) !== undefined);
  // Not before the store is known to be this party's own.
  await roster.keepIn(watched("roster", rosterTable(database, schemaOf(partyId)), onStep));
  // An embedded database belongs to one process, so the instance is the same one after a restart.
  const instanceId = config.instanceId ?? (database.kind === "pglite" ? "embedded" : newId("ins", randomBytes(10), Date.now()));

  const log = logEvent(logger);
  const traced = traceAttempts(options.tracing ?? noTracing, partyId);
  const count =
    options.metrics === undefined
      ? () => {}
      : makeCounters(options.metrics, { running: () => party?.running ?? 0, isOpen: () => stream.isOpen });
  const observe = (event: PartyEvent): void => {
    log(event);
    count(event);
    traced(event);
  };
  const runner = options.runner ?? workerPool(config.workers === undefined ? {} : { workers: config.workers });
  const closeRunner = async (): Promise<void> => {
    if (options.runner === undefined) await runner.close();
  };
  let party: Party | undefined;
  // A server that went away may come back as another one. So the party looks at each new
  // connection, because the first claim after that must not find it out too late.
  const endLooks = database.onConnect(async (query) => party?.checkConnection(() => standingOn(query)));
  const stream = new RouterStream({
    urls: [config.routerUrl].flat().map(streamUrl),
    partyId,
    instanceId,
    identity,
    logger,
    load: () => party?.running ?? 0,
    rosterSerial: () => roster.serial,
    ...(config.backOffs === undefined ? {} : { backOffs: config.backOffs }),
  });
  try {
    party = new Party({
      partyId,
      instanceId,
      identity,
      roster: roster.current,
      vault,
      store: watched("store", store, onStep),
      transport: watched("transport", stream, onStep),
      runner,
      observe,
      ...(options.generation === undefined ? {} : { generation: watched("generation", options.generation, onStep) }),
      importAllowed: config.importAllowed === true,
      ...(config.exportRecipients === undefined ? {} : { exportRecipients: config.exportRecipients }),
      ...(config.backups === undefined ? {} : { backups: backupSettings(config.backups) }),
      ...(config.limits === undefined ? {} : { limits: config.limits }),
    });
    await party.start();
  } catch (error) {
    endLooks();
    await party?.stop();
    await closeRunner();
    throw error;
  }
  const running = party;
  const endFollowing = roster.onChange(({ serial }) => {
    if (!isListed())
      logger.error({ roster_serial: String(serial) }, "the new roster has no valid entry for this party: it takes part in nothing");
  });
  const checks = {
    database: () => database.writes(schemaOf(partyId)),
    /** Looks at the record outside of the database. Without it no restore would be noticed. */
    generation() {
      if (running.restoreFailure !== undefined) throw running.restoreFailure;
    },
    router() {
      if (!stream.isOpen) throw new CovaultError("router/peer-offline", `The router stream of ${partyId} does not stand.`);
    },
  };
  stream.start();
  if (!(await stream.opened(config.openMs ?? 5_000)))
    logger.warn({ router: config.routerUrl }, "the router does not answer yet; trying on");

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const deadline = performance.now() + (config.drainMs ?? 0);
    while (running.running > 0 && performance.now() < deadline) await pause(drainLookMs);
    try {
      await running.stop();
    } finally {
      endFollowing();
      endLooks();
      await stream.stop();
      await closeRunner();
    }
  };
  return {
    partyId,
    instanceId,
    checks,
    async check() {
      await checks.database();
      checks.generation();
      checks.router();
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

function backupSettings({ recipients, folder, everyDays = 0 }: BackupsConfig): BackupSettings {
  return {
    recipients,
    ...(folder === undefined ? {} : { files: backupFolder(folder) }),
    ...(everyDays === 0 ? {} : { everyMs: everyDays * 24 * 3_600_000 }),
  };
}

function identityOf(config: ServerPartyConfig): IdentityKey {
  if (!isPartyId(config.partyId))
    throw new CovaultError("config/bad-value", `PARTY_ID ${JSON.stringify(config.partyId)} is not a party id.`);
  const identity = config.identity ?? (config.identitySeed === undefined ? undefined : identityKeyFromSeed(config.identitySeed));
  if (identity === undefined) throw new CovaultError("config/bad-value", "PARTY_IDENTITY_KEY is not set.");
  return identity;
}
