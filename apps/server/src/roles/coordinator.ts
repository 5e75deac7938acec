// This file runs the session coordinator as a role. It opens sessions, chooses quorums, and decides
// when an attempt is over.
import { startCoordinator } from "@covault/coordinator";
import type { DatabaseParts, Edge, MessageParts, RateParts, Running } from "./parts.ts";

export interface CoordinatorRole extends Edge {
  /** The JWT secret, which is the same for all replicas and has 32 characters or more. */
  readonly jwtSecret: string;
}

export async function runCoordinator(role: CoordinatorRole, parts: DatabaseParts & MessageParts & RateParts): Promise<Running> {
  const coordinator = await startCoordinator({
    config: role,
    database: parts.database,
    roster: parts.roster,
    broker: parts.broker,
    presence: parts.presence,
    logger: parts.logger,
    onStep: parts.onStep,
    ...(parts.metrics === undefined ? {} : { metrics: parts.metrics }),
    ...(parts.tracing === undefined ? {} : { tracing: parts.tracing }),
    ...(parts.rate === undefined ? {} : { rate: parts.rate }),
  });
  parts.shutdown.add("coordinator", coordinator.stop);
  return coordinator;
}
