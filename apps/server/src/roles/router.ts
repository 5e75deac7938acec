// This file runs the message router as a role. It has one stream per party, and carries messages
// that it cannot read.
import { startRouter } from "@covault/router";
import type { MessageParts, OpenEdge, Running } from "./parts.ts";

/**
 * The router's edge. `devicesMax` is the most connected devices, where 0 allows none.
 * `trustedProxies` are the proxies that say where a stream comes from.
 */
export type RouterRole = OpenEdge & { readonly devicesMax: number; readonly trustedProxies?: readonly string[] };

export async function runRouter({ devicesMax, ...edge }: RouterRole, parts: MessageParts): Promise<Running> {
  const router = await startRouter({
    config: { ...edge, bounds: { devicesMax } },
    roster: parts.roster,
    broker: parts.broker,
    presence: parts.presence,
    logger: parts.logger,
    onStep: parts.onStep,
    ...(parts.metrics === undefined ? {} : { metrics: parts.metrics }),
  });
  parts.shutdown.add("router", router.stop);
  return router;
}
