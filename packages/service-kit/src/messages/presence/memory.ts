// Presence in the memory of one process, for embedded mode.
import type { Presence, PresenceEntry } from "./port.ts";

export function memoryPresence(options: { readonly monotonicMs?: () => number } = {}): Presence {
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const parties = new Map<string, Map<string, { entry: PresenceEntry; untilMs: number }>>();
  const alive = (instances: Map<string, { entry: PresenceEntry; untilMs: number }> | undefined): PresenceEntry[] => {
    const now = monotonicMs();
    for (const [instance, held] of instances ?? []) if (held.untilMs <= now) instances?.delete(instance);
    return [...(instances?.values() ?? [])].map((held) => held.entry);
  };
  return {
    async put(entry, ttlMs, { takeOver = false } = {}) {
      const instances = parties.get(entry.partyId) ?? new Map();
      const held = alive(instances).find(({ instanceId }) => instanceId === entry.instanceId);
      if (!takeOver && held !== undefined && held.streamId !== entry.streamId) return false;
      instances.set(entry.instanceId, { entry, untilMs: monotonicMs() + ttlMs });
      parties.set(entry.partyId, instances);
      return true;
    },
    async remove(partyId, instanceId, streamId) {
      const instances = parties.get(partyId);
      const held = instances?.get(instanceId);
      if (held === undefined || (streamId !== undefined && held.entry.streamId !== streamId)) return;
      instances?.delete(instanceId);
      if (instances?.size === 0) parties.delete(partyId);
    },
    find: async (partyId) => alive(parties.get(partyId)),
    list: async () => [...parties.values()].flatMap(alive),
    ping: async () => {},
    close: async () => parties.clear(),
  };
}
