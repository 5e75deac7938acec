// What a party is made of.
import type { IdentityKey } from "@covault/channel";
import type { Roster } from "@covault/wire";
import { defaultLimits, type Limits, type PartyDeps } from "./deps.ts";
import type { PartyEvent } from "./events.ts";
import { Instance } from "./instance.ts";
import { Keys } from "./keys.ts";
import type { BackupSettings } from "./ports/backups.ts";
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
  /**
   * The name of one process of this party, which two never have at once. It should be stable over
   * restarts: the same instance takes its own attempts back at once.
   */
  readonly instanceId: string;
  readonly identity: IdentityKey;
  /**
   * Gives the verified roster (packages/trust). It is asked anew each time, and throws while
   * another process goes by a newer one.
   */
  readonly roster: () => Roster;
  readonly vault: Vault;
  readonly store: Store;
  readonly transport: Transport;
  /**
   * `workerPool()` of party-node, `webWorkers()` of party-web, or `inThreadRunner(protocols,
   * platformEntropy)`. The caller closes it.
   */
  readonly runner: Runner;
  /** Called with everything that counters and logs are made of. Default: nothing is called. */
  readonly observe?: (event: PartyEvent) => void;
  /**
   * The record outside of the store's backups, which tells a restored store from the live one.
   * Default: the two are not told apart.
   */
  readonly generation?: Generation;
  /** The recipients of sealed backups. Default: there are none, and nothing is sealed. */
  readonly backups?: BackupSettings;
  /**
   * The public keys that this party exports to: compressed points of secp256k1, 33 bytes each.
   * Default: there are none, and every export is refused.
   */
  readonly exportRecipients?: readonly Uint8Array[];
  /** Whether this party deals imported keys. Default: it does not. */
  readonly importAllowed?: boolean;
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
    importAllowed: options.importAllowed === true,
    restores: generation === undefined ? neverRestored : new RestoreWatch({ store, clock }, generation, restored),
    strikesSeen,
    burning: new Map(),
    burnsReported: new Map(),
    clearing: new Set(),
    stopping,
    observe,
  };
}
