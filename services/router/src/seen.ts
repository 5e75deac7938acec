// Message ids seen lately, per party: the last so many, for so long. One party's flood does not push out another's. Of devices, which
// anybody can be, fewer ids are kept, and only of so many.
import { isDeviceId } from "@covault/trust";

const perPartyMax = 4_096;
/** As many as may be under way to one stream. */
const perDeviceMax = 64;
const devicesMax = 1_024;
const keepMs = 10 * 60_000;

export interface Seen {
  has(partyId: string, id: string): boolean;
  add(partyId: string, id: string): void;
  /** Forgets parties that were quiet for the time to keep. */
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
      // At the end again: the longest quiet one is the first.
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
