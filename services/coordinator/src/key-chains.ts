// Keys as this coordinator knows them: by their certificates alone, each of which it has verified as the continuation of the ones before.
import { fromHex, hex } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import { keysOf, type VerifiedKey } from "@covault/trust";
import type { Certificate, Roster } from "@covault/wire";
import type { World } from "./session/commands.ts";
import type { CommittedEpoch } from "./session/events.ts";
import { chainTo, continuedKey, keyOf, verifiedEpoch } from "./session/known-key.ts";
import type { Plan, PlanKey } from "./session/plan.ts";
import { keyTerms, storedIntent } from "./session/plan-of-intent.ts";
import type { EventStore } from "./store/event-store.ts";

export interface KeyChains {
  /** The key in its highest epoch. Undefined: unknown here. Throws trust/bad-chain. */
  current(keyId: Uint8Array): Promise<VerifiedKey | undefined>;
  /** What an invite to sign shows: the founding certificate and every later one up to the epoch. */
  leadingTo(key: Pick<PlanKey, "keyId" | "epoch">): Promise<readonly Uint8Array[]>;
  /** Whether the key of a session is in a higher epoch than the session was planned for. `intent`: as in SessionOpened. */
  newer(plan: Plan, intent: string): Promise<World["newer"]>;
  /** Throws trust/bad-chain for a certificate that continues no chain that is known here, or is not that of this intent (32 bytes). */
  verified(certificate: Certificate, intentId: Uint8Array): Promise<CommittedEpoch>;
  /** Keeps the certificate of a session that is none of this coordinator's: it was lost here, or another one ran it. Throws trust/bad-chain, also for one that founds a key. */
  take(certificate: Certificate): Promise<void>;
}

const keptMax = 1_024;

export function keyChains(store: EventStore, roster: Roster, nowMs: () => number): KeyChains {
  const initiatorKeys = keysOf(roster);
  /** By key and epoch: a chain never changes. */
  const kept = new Map<string, readonly Uint8Array[]>();
  const current = async (keyId: Uint8Array) => keyOf(await store.certificatesOf(hex(keyId)), keyId, initiatorKeys);
  async function opened(certificate: Certificate) {
    const continued = continuedKey(certificate);
    const stored = continued === undefined ? [] : await store.certificatesOf(hex(continued.keyId));
    return verifiedEpoch(certificate, stored, initiatorKeys);
  }
  return {
    current,
    async leadingTo({ keyId, epoch }) {
      const name = `${keyId}/${epoch}`;
      const chain = kept.get(name) ?? chainTo(await store.certificatesOf(keyId), epoch) ?? [];
      kept.delete(name);
      if (chain.length > 0) kept.set(name, chain);
      const oldest = kept.size > keptMax ? kept.keys().next().value : undefined;
      if (oldest !== undefined) kept.delete(oldest);
      return chain;
    },
    async newer({ key }, intent) {
      if (key === undefined) return undefined;
      const epoch = await store.epochOf(key.keyId);
      if (epoch === undefined || epoch === key.epoch) return undefined;
      const known = await current(fromHex(key.keyId));
      if (known === undefined) return undefined;
      try {
        return { terms: keyTerms(storedIntent(intent), known) };
      } catch (error) {
        const refusal = asCovaultError(error);
        if (refusal === undefined) throw error;
        return { code: refusal.code, message: refusal.message };
      }
    },
    async verified(certificate, intentId) {
      const { committed, ...key } = await opened(certificate);
      if (hex(key.intentId) !== hex(intentId))
        throw new CovaultError("trust/bad-chain", "The certificate answers another intent than the session's.");
      return committed;
    },
    async take(certificate) {
      // Whoever founds a key here asked for it here: else anybody with a key of any initiator could found another's under members of his own.
      if (continuedKey(certificate) === undefined)
        throw new CovaultError("trust/bad-chain", "The certificate founds a key in a session that is not known here.");
      const { committed, charter, sessionId } = await opened(certificate);
      await store.keep(charter.tenantId, sessionId, committed, nowMs());
    },
  };
}
