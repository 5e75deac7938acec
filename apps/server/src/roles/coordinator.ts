// The session coordinator as a role: opens sessions, chooses quorums, decides when an attempt is over.
import { startCoordinator } from "@covault/coordinator";
import type { Revocation } from "@covault/service-kit/messages";
import type { DatabaseParts, Edge, MessageParts, RateParts, Running } from "./parts.ts";

export interface CoordinatorRole extends Edge {
  /** The same for all replicas, 32 characters or more. */
  readonly jwtSecret: string;
}

interface RevocationParts {
  readonly revocation?: Revocation;
}

export async function runCoordinator(
  role: CoordinatorRole,
  parts: DatabaseParts & MessageParts & RateParts & RevocationParts,
): Promise<Running> {
  const coordinator = await startCoordinator({
    config: role,
    database: parts.database,
    roster: parts.trust,
    broker: parts.broker,
    presence: parts.presence,
    logger: parts.logger,
    ...(parts.metrics === undefined ? {} : { metrics: parts.metrics }),
    ...(parts.tracing === undefined ? {} : { tracing: parts.tracing }),
    ...(parts.revocation === undefined ? {} : { revocation: parts.revocation }),
    ...(parts.rate === undefined ? {} : { rate: parts.rate }),
  });
  parts.shutdown.add("coordinator", coordinator.stop);
  return coordinator;
}
