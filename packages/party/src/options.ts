// What a party is made of.
import type { IdentityKey } from "@covault/channel";
import type { Roster } from "@covault/wire";
import { defaultLimits, type Limits, type PartyDeps } from "./deps.ts";
import type { PartyEvent } from "./events.ts";
import { Instance } from "./instance.ts";
import { Keys } from "./keys.ts";
import { type Clock, platformClock } from "./ports/clock.ts";
import { type Entropy, platformEntropy } from "./ports/entropy.ts";
import type { Generation } from "./ports/generation.ts";
import type { Store } from "./ports/store.ts";
import type { Transport } from "./ports/transport.ts";
import type { Protocols } from "./protocols/protocol.ts";
import { protocols } from "./protocols/registry.ts";
import { neverRestored, RestoreWatch } from "./restored.ts";
import type { Runner } from "./run/runner.ts";
import type { Vault } from "./vault/vault.ts";

export interface PartyOptions {
  readonly partyId: string;
  /** One process of this party, and never two at once. Stable over restarts if it can be: the same instance takes its own sessions back at once. */
  readonly instanceId: string;
  readonly identity: IdentityKey;
  /** The verified roster (packages/trust), asked anew each time. */
  readonly roster: () => Roster;
  readonly vault: Vault;
  readonly store: Store;
  readonly transport: Transport;
  /** `workerPool()` of party-node, `webWorkers()` of party-web, or `inThreadRunner(protocols, platformEntropy)`. The caller closes it. */
  readonly runner: Runner;
  /** Counters and logs. */
  readonly observe?: (event: PartyEvent) => void;
  /** Where backups exist: tells a restored store from the live one. */
  readonly generation?: Generation;
  readonly entropy?: Entropy;
  readonly clock?: Clock;
  readonly protocols?: Protocols;
  readonly limits?: Partial<Limits>;
}

interface OfParty extends Pick<PartyDeps, "stopping" | "observe"> {
  readonly restored: () => void;
}

export function depsOf(options: PartyOptions, { stopping, observe, restored }: OfParty): PartyDeps {
  const { partyId, instanceId, identity, roster, vault, store, transport, runner, generation } = options;
  const { entropy = platformEntropy, clock = platformClock } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const strikesSeen = new Set<string>();
  const failed = (error: unknown): void => observe({ kind: "failed", error });
  return {
    partyId,
    instanceId,
    instance: new Instance({ instanceId, store, clock, entropy, limits, failed, gone: () => strikesSeen.clear() }),
    identity,
    roster,
    keys: new Keys(roster),
    vault,
    store,
    transport,
    runner,
    entropy,
    clock,
    protocols: options.protocols ?? protocols,
    limits,
    restores: generation === undefined ? neverRestored : new RestoreWatch({ store, clock }, generation, restored),
    strikesSeen,
    burning: new Map(),
    burnsReported: new Set(),
    clearing: new Set(),
    stopping,
    observe,
  };
}
