// The health routes. A service is alive when its process answers, and ready when its named parts
// do. The routes are open to everybody, so they tell names of parts and no details.
import { type Health, healthRoutes } from "@covault/api";
import type { Api } from "./api.ts";
import { type Handler, serveRoutes } from "./serve-routes.ts";

/** Resolves when the part works, throws when it does not. */
export type HealthCheck = () => void | Promise<void>;

/**
 * The roster that the process goes by. Its serial is shown to everybody, as it is no secret, and a
 * rotation of keys waits for it.
 */
export interface RosterInUse {
  readonly serial: bigint;
  /** Why the newest roster that was put in place is not in use. Undefined when it is. */
  readonly refusal: { readonly code: string } | undefined;
  /** Whether nothing is decided by it, because another process has a higher one. */
  readonly isBehind: boolean;
}

const checkTimeoutMs = 2_000;
/** Everybody may ask as often as they like, so the parts are checked once in this time. */
const lookEveryMs = 1_000;

export function serveHealth(
  api: Api,
  service: string,
  version: string,
  checks: Readonly<Record<string, HealthCheck>>,
  isStopping: () => boolean,
  roster?: RosterInUse,
): void {
  const alive = { status: "ok" as const, service, version, checks: {} };
  let looked: Promise<(readonly [string, boolean])[]> = Promise.resolve([]);
  let lookAgainAt = 0;
  const ready = async (): Promise<Health> => {
    // A load balancer reads this, and sends no more requests to a replica that is about to go.
    if (isStopping()) return { status: "unavailable" as const, service, version, checks: { stopping: "failed" as const } };
    if (performance.now() >= lookAgainAt) {
      lookAgainAt = performance.now() + lookEveryMs;
      looked = Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await passes(check)] as const));
    }
    // A replica that decides nothing must get no requests, which another one could answer.
    const results = [...(await looked), ...(roster?.isBehind ? [["roster", false] as const] : [])];
    const ok = results.every(([, passed]) => passed);
    const named = Object.fromEntries(results.map(([name, passed]) => [name, passed ? ("ok" as const) : ("failed" as const)]));
    const used = roster && { serial: String(roster.serial), ...(roster.refusal && { refused: roster.refusal.code }) };
    return { status: ok ? ("ok" as const) : ("unavailable" as const), service, version, checks: named, ...(used && { roster: used }) };
  };
  const readiness: Handler<typeof healthRoutes.getReadiness> = async (_request, reply) => {
    const state = await ready();
    if (state.status !== "ok") reply.code(503);
    return state;
  };
  serveRoutes(api, healthRoutes, { getLiveness: async () => alive, getHealth: readiness, getReadiness: readiness });
}

async function passes(check: HealthCheck): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), checkTimeoutMs);
  });
  try {
    await Promise.race([Promise.resolve().then(check), late]);
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
