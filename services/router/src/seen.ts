// The message ids that were seen lately, by party. Each party has its own bound, so that a flood of
// one does not push out the ids of another. Anybody can be a device, so of devices fewer ids are
// kept, and only of so many devices.
import { isDeviceId } from "@covault/trust";

const perPartyMax = 4_096;
/** As many messages may be under way to the stream of a device. */
const perDeviceMax = 64;
const devicesMax = 1_024;
const keepMs = 10 * 60_000;

export interface Seen {
  has(partyId: string, id: string): boolean;
  add(partyId: string, id: string): void;
  /** Forgets the parties that were quiet for 10 minutes. */
  sweep(): void;
}

interface Ids {
  readonly ids: Set<string>;
  lastMs: number;
}

export function makeSeen(monotonicMs: () => number): Seen {
  const parties = new Map<string, Ids>();
  const devices = new Map<string, Ids>();
  const of = (partyId: string) => (isDeviceId(partyId) ? devices : parties);
  return {
    has: (partyId, id) => of(partyId).get(partyId)?.ids.has(id) ?? false,
    add(partyId, id) {
      const all = of(partyId);
      const one = all.get(partyId) ?? { ids: new Set<string>(), lastMs: 0 };
      // The party goes to the end, so that the one that was quiet for longest is the first.
      all.delete(partyId);
      all.set(partyId, one);
      one.lastMs = monotonicMs();
      one.ids.add(id);
      if (one.ids.size > (all === devices ? perDeviceMax : perPartyMax)) one.ids.delete(first(one.ids));
      if (devices.size > devicesMax) devices.delete(first(devices));
    },
    sweep() {
      for (const all of [parties, devices]) for (const [partyId, one] of all) if (one.lastMs + keepMs < monotonicMs()) all.delete(partyId);
    },
  };
}

function first(all: Map<string, unknown> | Set<string>): string {
  for (const name of all.keys()) return name;
  return "";
}
