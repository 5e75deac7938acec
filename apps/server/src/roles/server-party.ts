// This file runs a server party as a role. It holds shares, and joins sessions that it has checked
// itself. With a port, it shows its health and metrics there.
import {
  generationFile,
  generationTable,
  type ServerParty,
  type ServerPartyConfig,
  type ServerPartyOptions,
  startServerParty,
} from "@covault/server-party";
import { buildServer, type HttpServer } from "@covault/service-kit/http";
import { makeMetrics } from "@covault/service-kit/run";
import type { Database } from "@covault/service-kit/sql";
import type { RoleSettings } from "../settings/role-settings.ts";
import type { DatabaseParts, OpenEdge } from "./parts.ts";

export interface ServerPartyRole {
  readonly partyId: string;
  /** The seed of the identity key, 32 secret bytes. */
  readonly identitySeed: Uint8Array;
  readonly routerUrls: readonly string[];
  readonly masterKey: Uint8Array;
  readonly formerMasterKeys?: readonly Uint8Array[];
  readonly instanceId?: string;
  /** The number of worker threads. */
  readonly workers?: number;
  /**
   * The place of the generation, outside of what is backed up with the store, and the same for all
   * replicas. It is a file, or a database of its own.
   */
  readonly generation?: { readonly file: string } | { readonly database: Database };
  /** Whether the party deals imported keys. */
  readonly importAllowed?: boolean;
  /** The public keys that the party exports to, 33 bytes each. */
  readonly exportRecipients?: readonly Uint8Array[];
  readonly backups?: NonNullable<ServerPartyConfig["backups"]>;
  readonly drainMs?: number;
  /** The address where health and metrics are served, if anywhere. */
  readonly health?: OpenEdge;
}

/** Gives whom a party seals backups to, by its settings. */
export const backupsOf = ({
  BACKUP_RECIPIENTS: recipients,
  BACKUP_DIR: folder,
  BACKUP_EVERY_DAYS: everyDays,
}: Pick<RoleSettings<"server-party">, "BACKUP_RECIPIENTS" | "BACKUP_DIR" | "BACKUP_EVERY_DAYS">): NonNullable<
  ServerPartyRole["backups"]
> => ({ recipients, folder, everyDays });

/** Runs the party. `runner` holds worker threads that several parties share. */
export async function runServerParty(
  role: ServerPartyRole,
  parts: DatabaseParts & Pick<ServerPartyOptions, "runner">,
): Promise<ServerParty & { readonly url?: string }> {
  const { health, generation, routerUrls, ...config } = role;
  const metrics = parts.metrics ?? makeMetrics(role.partyId);
  const party = await startServerParty({
    config: { ...config, routerUrl: routerUrls },
    database: parts.database,
    roster: parts.roster,
    logger: parts.logger,
    onStep: parts.onStep,
    metrics,
    ...(parts.tracing === undefined ? {} : { tracing: parts.tracing }),
    ...(parts.runner === undefined ? {} : { runner: parts.runner }),
    ...(generation === undefined ? {} : { generation: await generationOf(generation, role.partyId) }),
  });
  let server: HttpServer | undefined;
  // The party adds itself before its port opens. Where the port fails, the party must not go on
  // alone.
  parts.shutdown.add(role.partyId, async () => {
    // While the party finishes what runs, its health says that it is going.
    await server?.drain(0);
    await party.stop();
    await server?.close();
  });
  if (health === undefined) return party;
  server = await buildServer({
    name: role.partyId,
    logger: parts.logger,
    metrics,
    checks: party.checks,
    metricsAccess: health.metricsAccess,
    roster: parts.roster,
  });
  const { url } = await server.listen({ port: health.port, host: health.host, setting: "PARTY_HEALTH_PORT" });
  return { ...party, url };
}

async function generationOf(generation: NonNullable<ServerPartyRole["generation"]>, partyId: string) {
  return "file" in generation ? generationFile(generation.file, partyId) : generationTable(generation.database, partyId);
}
