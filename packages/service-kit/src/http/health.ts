// The health routes. A service is alive when its process answers, and ready when its named parts
// do. The routes are open to everybody, so they tell names of parts and no details.
import { z } from "zod";
import type { Api } from "./api.ts";

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
}

const checkTimeoutMs = 2_000;
/** Everybody may ask as often as they like, so the parts are checked once in this time. */
const lookEveryMs = 1_000;
const answer = z.object({
  status: z.enum(["ok", "unavailable"]),
  service: z.string(),
  version: z.string(),
  checks: z.record(z.string(), z.enum(["ok", "failed"])),
  roster: z
    .object({
      serial: z.string(),
      refused: z.string().optional().describe("Why the newest roster that was put in place is not in use: the code of an error"),
    })
    .optional(),
});

export function healthRoutes(
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
  const ready = async () => {
    // A load balancer reads this, and sends no more requests to a replica that is about to go.
    if (isStopping()) return { status: "unavailable" as const, service, version, checks: { stopping: "failed" as const } };
    if (performance.now() >= lookAgainAt) {
      lookAgainAt = performance.now() + lookEveryMs;
      looked = Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await passes(check)] as const));
    }
    const results = await looked;
    const ok = results.every(([, passed]) => passed);
    const named = Object.fromEntries(results.map(([name, passed]) => [name, passed ? ("ok" as const) : ("failed" as const)]));
    const used = roster && { serial: String(roster.serial), ...(roster.refusal && { refused: roster.refusal.code }) };
    return { status: ok ? ("ok" as const) : ("unavailable" as const), service, version, checks: named, ...(used && { roster: used }) };
  };
  const tags = ["health"];
  api.get(
    "/health/live",
    { schema: { tags, security: [], summary: "The process answers", response: { 200: answer.describe("It does") } } },
    async () => alive,
  );
  for (const url of ["/health", "/health/ready"])
    api.get(
      url,
      {
        schema: {
          tags,
          security: [],
          summary: "Its parts answer",
          response: { 200: answer.describe("All do"), 503: answer.describe("Not ready: a part failed, or it stops") },
        },
      },
      async (_request, reply) => {
        const state = await ready();
        return reply.code(state.status === "ok" ? 200 : 503).send(state);
      },
    );
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
