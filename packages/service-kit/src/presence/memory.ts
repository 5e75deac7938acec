// Presence within one process (embedded mode).
import type { Presence, PresenceEntry } from "./port.ts";

export function memoryPresence(options: { readonly nowMs?: () => number } = {}): Presence {
  const nowMs = options.nowMs ?? Date.now;
  const parties = new Map<string, Map<string, { entry: PresenceEntry; untilMs: number }>>();
  const alive = (instances: Map<string, { entry: PresenceEntry; untilMs: number }> | undefined): PresenceEntry[] => {
    const now = nowMs();
    for (const [instance, held] of instances ?? []) if (held.untilMs <= now) instances?.delete(instance);
    return [...(instances?.values() ?? [])].map((held) => held.entry);
  };
  return {
    async put(entry, ttlMs) {
      const instances = parties.get(entry.partyId) ?? new Map();
      instances.set(entry.instanceId, { entry, untilMs: nowMs() + ttlMs });
      parties.set(entry.partyId, instances);
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
