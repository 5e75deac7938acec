// Message ids seen lately, per party: the last so many, for so long. One party's flood does not push out another's.

const perPartyMax = 4_096;
const keepMs = 10 * 60_000;

export interface Seen {
  has(partyId: string, id: string): boolean;
  add(partyId: string, id: string): void;
  /** Forgets parties that were quiet for the time to keep. */
  sweep(): void;
}

export function makeSeen(nowMs: () => number): Seen {
  const parties = new Map<string, { readonly ids: Set<string>; lastMs: number }>();
  return {
    has: (partyId, id) => parties.get(partyId)?.ids.has(id) ?? false,
    add(partyId, id) {
      const party = parties.get(partyId) ?? { ids: new Set<string>(), lastMs: 0 };
      parties.set(partyId, party);
      party.lastMs = nowMs();
      party.ids.add(id);
      if (party.ids.size > perPartyMax) for (const oldest of party.ids) return void party.ids.delete(oldest);
    },
    sweep() {
      for (const [partyId, party] of parties) if (party.lastMs + keepMs < nowMs()) parties.delete(partyId);
    },
  };
}
