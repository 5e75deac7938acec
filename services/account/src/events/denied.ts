// This file writes refused callers into the event log. They are strangers, and could fill it. So
// they are counted in memory by network and minute, a bounded number of networks by name and the
// rest together. What was counted is appended once a minute. A process that is killed loses its
// last minute.
import { asCovaultError } from "@covault/errors";
import { networkOf } from "@covault/service-kit/http";
import type { Log } from "../context.ts";
import type { AccountStore } from "../store/account-store.ts";
import { event } from "./event.ts";

/** The most networks that are counted by name, for one tenant in one minute. */
const networksMax = 20;
const others = "others";

/** Why a caller was refused: a code of http/…. Denials that are alike are counted together. */
export interface Denial {
  readonly tenant: string;
  readonly code: string;
  readonly address: string;
}

export interface DeniedAccess {
  readonly count: (denial: Denial) => void;
  /**
   * Appends what was counted. It never throws. What cannot be written now is kept for the next
   * time.
   */
  readonly flush: () => Promise<void>;
}

interface Counted extends Denial {
  times: number;
}

export function deniedAccess(store: Pick<AccountStore, "events">, nowMs: () => number, logger: Log): DeniedAccess {
  /** The counts by tenant, and then by code and network. */
  const tenants = new Map<string, Map<string, Counted>>();
  function count({ tenant, code, address }: Denial, times = 1): void {
    const counts = tenants.get(tenant) ?? new Map<string, Counted>();
    tenants.set(tenant, counts);
    const name = `${code} ${address}`;
    const known = counts.get(name);
    if (known !== undefined) known.times += times;
    else if (counts.size < networksMax || address === others) counts.set(name, { tenant, code, address, times });
    else count({ tenant, code, address: others }, times);
  }
  return {
    count: ({ address, ...denial }) => count({ ...denial, address: networkOf(address) }),
    async flush() {
      const counted = [...tenants.values()].flatMap((counts) => [...counts.values()]);
      tenants.clear();
      for (const [at, { tenant, code, address, times }] of counted.entries()) {
        const frame = { tenant, actor: { kind: "stranger", ip: address }, now: new Date(nowMs()) } as const;
        try {
          await store.events.append(event(frame, "access.denied", {}, { code, times }));
        } catch (error) {
          logger.warn({ code: asCovaultError(error)?.code }, "refused callers are not in the event log yet");
          for (const rest of counted.slice(at)) count(rest, rest.times);
          return;
        }
      }
    },
  };
}
