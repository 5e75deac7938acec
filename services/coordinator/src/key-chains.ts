// The keys that this coordinator knows. It knows them by their certificates alone, each of which it
// has verified as the continuation of the ones before.
import { toBinary } from "@bufbuild/protobuf";
import { base64, fromHex, hex } from "@covault/crypto";
import { asCovaultError, CovaultError, type ErrorCode } from "@covault/errors";
import {
  asOfNow,
  type HolderKeys,
  holderKeysOf,
  judgeChain,
  keysOf,
  parseExact,
  type VerifiedKey,
  verifyPairCertificate,
} from "@covault/trust";
import { type Certificate, CertificateSchema, IntentSchema, type PairCertificate, PairCertificateSchema, type Roster } from "@covault/wire";
import type { World } from "./session/commands.ts";
import { type CommittedEpoch, type CommittedPair, type Pair, pairOf } from "./session/events.ts";
import { chainTo, checkFounding, continuedKey, keyAt, noChain, verifiedEpoch } from "./session/known-key.ts";
import type { Plan, PlanKey } from "./session/plan.ts";
import { keyTerms, storedIntent } from "./session/plan-of-intent.ts";
import type { EventStore } from "./store/event-store.ts";

export interface KeyChains {
  /** The keys under which a holder may have acknowledged a pair, by the roster of the moment. */
  holderKeys(): HolderKeys;
  /** Gives the key in an epoch (hex) that need not be its highest. Throws trust/bad-chain. */
  at(keyId: Uint8Array, epoch: string): Promise<VerifiedKey>;
  /**
   * Gives the key in its highest epoch, or undefined when it is unknown here. Throws
   * trust/bad-chain.
   */
  current(keyId: Uint8Array): Promise<VerifiedKey | undefined>;
  /**
   * Gives the founding certificate and every later one up to the epoch. Empty when the epoch is not
   * known here.
   */
  leadingTo(key: Pick<PlanKey, "keyId" | "epoch">): Promise<readonly Uint8Array[]>;
  /**
   * Gives the part of that chain that follows the epoch `from` (hex), or all of it when `from` is
   * not in it. Where nothing follows, it gives what leads on to the highest epoch of the key. A
   * party asks in the name of the session that it knows, which need not be the last one.
   */
  leadingOn(key: Pick<PlanKey, "keyId" | "epoch">, from: string): Promise<readonly Uint8Array[]>;
  /**
   * Says what is known of the session's key in a higher epoch than the session was planned for.
   * `intent` is the statement of SessionOpened.
   */
  newer(plan: Plan, intent: string): Promise<World["newer"]>;
  /**
   * Verifies a certificate that ends the session of this intent (32 bytes). Throws trust/bad-chain
   * for one that continues no chain that is known here, forks from the chain of the key's epoch and
   * may not (docs/decisions/0049), or is not that of this intent. Throws
   * coordinator/key-founded for one that founds a key which another intent has founded.
   */
  verified(certificate: Certificate, intentId: Uint8Array): Promise<CommittedEpoch>;
  /**
   * Keeps the certificate of a session that this coordinator may not have. It was lost here, or
   * another coordinator ran it. Gives the session's id and what was kept. Throws trust/bad-chain,
   * also for a certificate that founds a key.
   */
  take(certificate: Certificate): Promise<{ readonly sessionId: string; readonly committed: CommittedEpoch }>;
  /**
   * Verifies a pair certificate that answers this intent (32 bytes). Throws
   * trust/bad-pair-certificate, and trust/bad-chain for an epoch that is not known here.
   */
  verifiedPair(certificate: PairCertificate, intentId: Uint8Array): Promise<CommittedPair>;
  /**
   * Keeps the pair certificate of a session that this coordinator may not have. Throws as
   * `verifiedPair` does.
   */
  takePair(certificate: PairCertificate): Promise<void>;
  /** Gives the newest pair certificate of two holders, encoded, and the session that made it. */
  newestPair(key: Pick<PlanKey, "keyId" | "epoch">, pair: Pair): ReturnType<EventStore["newestPair"]>;
}

const keptMax = 1_024;

export function keyChains(store: EventStore, roster: () => Roster, nowMs: () => number): KeyChains {
  /** Chains by key and epoch. A chain never changes. */
  const chains = kept<readonly Uint8Array[]>();
  let opened = kept<VerifiedKey>();
  let openedFor = roster();

  async function leadingTo({ keyId, epoch }: Pick<PlanKey, "keyId" | "epoch">): Promise<readonly Uint8Array[]> {
    const name = `${keyId}/${epoch}`;
    const chain = chains.get(name) ?? chainTo(await store.certificatesOf(keyId), epoch) ?? [];
    return chain.length === 0 ? chain : chains.keep(name, chain);
  }
  /**
   * The key in an epoch (hex). Opening it costs a signature check for each holder of each epoch, so
   * it is done once for a roster.
   */
  async function at(keyId: Uint8Array, epoch: string): Promise<VerifiedKey> {
    const name = `${hex(keyId)}/${epoch}`;
    const verifiedBy = roster();
    if (verifiedBy !== openedFor) opened = kept();
    openedFor = verifiedBy;
    const known = opened.get(name);
    if (known !== undefined) return opened.keep(name, known);
    const key = keyAt(await store.certificatesOf(hex(keyId)), epoch, keyId, keysOf(verifiedBy));
    return openedFor === verifiedBy ? opened.keep(name, key) : key;
  }
  async function current(keyId: Uint8Array): Promise<VerifiedKey | undefined> {
    const epoch = await store.epochOf(hex(keyId));
    return epoch === undefined ? undefined : at(keyId, epoch);
  }
  async function verify(certificate: Certificate, intentId?: Uint8Array) {
    const continued = continuedKey(certificate);
    const before = continued && (await at(continued.keyId, hex(continued.oldEpoch)));
    const verified = verifiedEpoch(certificate, before, keysOf(roster()), intentId);
    if (continued !== undefined) await judge(certificate, hex(continued.keyId), hex(continued.oldEpoch));
    return verified;
  }
  /**
   * Refuses a certificate that leaves the chain of the key's epoch below its end and may not. It is
   * refused when it is lower than that epoch as well, because a higher one may continue it.
   */
  async function judge(certificate: Certificate, keyId: string, oldEpoch: string): Promise<void> {
    const epoch = await store.epochOf(keyId);
    if (epoch === undefined) return;
    const [held, before] = await Promise.all([leadingTo({ keyId, epoch }), leadingTo({ keyId, epoch: oldEpoch })]);
    if (held.length === 0) throw noChain(epoch);
    judgeChain(held, [...before, toBinary(CertificateSchema, certificate)], { roster: roster(), nowMs: nowMs() });
  }
  async function between({ keyId, epoch }: Pick<PlanKey, "keyId" | "epoch">, from: string): Promise<readonly Uint8Array[]> {
    const [chain, known] = await Promise.all([leadingTo({ keyId, epoch }), from === "" ? [] : leadingTo({ keyId, epoch: from })]);
    // An epoch that was passed by is not in this chain. What leads on begins where the two chains
    // part.
    const parts = chain.findIndex((certificate, place) => hex(certificate) !== hex(known[place] ?? new Uint8Array()));
    return parts < 0 ? [] : chain.slice(parts);
  }
  async function verifyPair(certificate: PairCertificate, intentId: Uint8Array | "any") {
    const action = certificate.intent && parseExact(IntentSchema, certificate.intent.body)?.action;
    if (action?.case !== "renew") throw new CovaultError("trust/bad-pair-certificate", "The pair certificate is of no renewal.");
    const key = await at(action.value.keyId, hex(action.value.epoch));
    const verified = verifyPairCertificate(certificate, { key, keysOf: keysOf(roster()), holderKeys: holderKeysOf(roster()), intentId });
    const [lo, hi] = verified.ends;
    const committed: CommittedPair = {
      certificate: base64(toBinary(PairCertificateSchema, verified.certificate)),
      keyId: hex(verified.keyId),
      epoch: hex(verified.epoch),
      pair: pairOf(lo.shareIndex, hi.shareIndex),
      generation: verified.generation,
      pairId: hex(verified.pairId),
    };
    return { committed, tenantId: verified.intent.tenantId, sessionId: verified.sessionId };
  }
  return {
    at,
    holderKeys: () => holderKeysOf(roster()),
    current,
    leadingTo,
    async leadingOn(key, from) {
      const asked = await between(key, from);
      const epoch = asked.length > 0 ? undefined : await store.epochOf(key.keyId);
      return epoch === undefined ? asked : between({ keyId: key.keyId, epoch }, from);
    },
    async newer(plan, intent) {
      const { key } = plan;
      const changed = plan.continues ?? plan.within;
      if (changed !== undefined) {
        const superseded = (message: string) => ({ code: "coordinator/superseded" satisfies ErrorCode, message });
        const epoch = await store.epochOf(changed.keyId);
        if (epoch !== undefined && epoch !== changed.epoch)
          return superseded(`The key has got a higher epoch than ${changed.epochNumber}, the one that this session is about.`);
        const { generation, ackers } = plan;
        if (generation === undefined) return undefined;
        const ends = ackers.join("-");
        const isHigher = (await store.pairsOf(changed.keyId, changed.epoch)).some(
          (known) => known.pair.join("-") === ends && known.generation >= generation,
        );
        return isHigher
          ? superseded(`The pair ${ends} has got a generation that is not below ${generation} from another session.`)
          : undefined;
      }
      if (key === undefined) return undefined;
      const epoch = await store.epochOf(key.keyId);
      if (epoch === undefined || epoch === key.epoch) return undefined;
      const known = await at(fromHex(key.keyId), epoch);
      try {
        return { terms: keyTerms(storedIntent(intent), asOfNow(known, roster(), nowMs()), "since opened") };
      } catch (error) {
        const refusal = asCovaultError(error);
        if (refusal === undefined) throw error;
        return { code: refusal.code, message: refusal.message };
      }
    },
    async verified(certificate, intentId) {
      const { committed } = await verify(certificate, intentId);
      if (committed.oldEpoch === null) checkFounding(committed.keyId, intentId, await store.certificatesOf(committed.keyId));
      return committed;
    },
    async take(certificate) {
      const { committed, charter, sessionId } = await verify(certificate);
      await store.keep(charter.tenantId, sessionId, committed, nowMs());
      return { sessionId, committed };
    },
    newestPair: (key, pair) => store.newestPair(key.keyId, key.epoch, pair),
    verifiedPair: async (certificate, intentId) => (await verifyPair(certificate, intentId)).committed,
    async takePair(certificate) {
      const { committed, tenantId, sessionId } = await verifyPair(certificate, "any");
      await store.keepPair(tenantId, sessionId, committed, nowMs());
    },
  };
}

/** Keeps a bounded number of values. The value that was used longest ago goes first. */
function kept<T>(): { get(name: string): T | undefined; keep(name: string, value: T): T } {
  const values = new Map<string, T>();
  return {
    get: (name) => values.get(name),
    keep(name, value) {
      values.delete(name);
      values.set(name, value);
      const oldest = values.size > keptMax ? values.keys().next().value : undefined;
      if (oldest !== undefined) values.delete(oldest);
      return value;
    },
  };
}
