// The message router as a role: one stream per party, messages that it cannot read.
import { startRouter } from "@covault/router";
import type { Edge, MessageParts, Running } from "./parts.ts";

export type RouterRole = Pick<Edge, "port" | "host"> & Partial<Edge>;

export async function runRouter({ port, host, apiKey, allowedIps }: RouterRole, parts: MessageParts): Promise<Running> {
  const router = await startRouter({
    config: { port, host, ...(apiKey === undefined ? {} : { apiKey, allowedIps: allowedIps ?? [] }) },
    roster: parts.trust,
    broker: parts.broker,
    presence: parts.presence,
    logger: parts.logger,
    ...(parts.metrics === undefined ? {} : { metrics: parts.metrics }),
  });
  parts.shutdown.add("router", router.stop);
  return router;
}
