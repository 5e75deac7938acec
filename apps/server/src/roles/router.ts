// The message router as a role: one stream per party, messages that it cannot read.
import { startRouter } from "@covault/router";
import type { MessageParts, OpenEdge, Running } from "./parts.ts";

export async function runRouter(edge: OpenEdge, parts: MessageParts): Promise<Running> {
  const router = await startRouter({
    config: edge,
    roster: parts.trust,
    broker: parts.broker,
    presence: parts.presence,
    logger: parts.logger,
    ...(parts.metrics === undefined ? {} : { metrics: parts.metrics }),
  });
  parts.shutdown.add("router", router.stop);
  return router;
}
