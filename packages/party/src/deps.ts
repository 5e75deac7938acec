// What every part of a party's runtime shares: who it is, its ports, its counters.
import type { IdentityKey } from "@covault/channel";
import type { Roster } from "@covault/wire";
import type { PartyEvent } from "./events.ts";
import type { Instance } from "./instance.ts";
import type { Keys } from "./keys.ts";
import type { Clock } from "./ports/clock.ts";
import type { Entropy } from "./ports/entropy.ts";
import type { Store } from "./ports/store.ts";
import type { Transport } from "./ports/transport.ts";
import type { Protocols } from "./protocols/protocol.ts";
import type { Restores } from "./restored.ts";
import type { Runner } from "./run/runner.ts";
import type { Vault } from "./vault/vault.ts";

export interface PartyDeps {
  readonly partyId: string;
  readonly instanceId: string;
  /** This process among those of the party: what it holds its sessions and checks under. */
  readonly instance: Instance;
  readonly identity: IdentityKey;
  /** The verified roster, the newest one. */
  readonly roster: () => Roster;
  readonly keys: Keys;
  readonly vault: Vault;
  readonly store: Store;
  readonly transport: Transport;
  readonly entropy: Entropy;
  readonly clock: Clock;
  readonly runner: Runner;
  readonly protocols: Protocols;
  readonly observe: (event: PartyEvent) => void;
  readonly limits: Limits;
  readonly restores: Restores;
  /** Aborted when the party stops. */
  readonly stopping: AbortSignal;
  /** How many burns and strikes of a pair, "epoch/partner", are on their way to a failing store: it is refused meanwhile. */
  readonly burning: Map<string, number>;
  /** Burned pairs, "epoch/partner", that this process has told its operator of. */
  readonly burnsReported: Set<string>;
  /** Notes of checks that are being taken back: a stop waits for the last try. */
  readonly clearing: Set<Promise<void>>;
  /** Epochs whose strikes this process has looked at, as hex. */
  readonly strikesSeen: Set<string>;
}

export interface Limits {
  /** Attempts that run at once. */
  readonly sessionsMax: number;
  /** Bytes of one envelope; anything longer is dropped. */
  readonly envelopeBytesMax: number;
  /** How often one sender may make this party look into its store in a second; what is over is dropped, and asked again. */
  readonly looksPerSecond: number;
  /** First time without progress after which missing messages are asked for again; doubles up to `resendMsMax`. */
  readonly resendMs: number;
  readonly resendMsMax: number;
  /** How long an instance keeps its stored sessions without a sign of life: with the sweep, another one has them before the attempt's 20 s are over. */
  readonly leaseMs: number;
  /** How long an instance may be without a sign of life before it is gone and its open checks are strikes. Longer than a machine stands still that comes back. */
  readonly goneMs: number;
  /** How long sent bytes of a finished signing attempt stay at hand for peers that missed them. */
  readonly lingerMs: number;
  /** How often the store is compared with the record outside of its backups, and the counter moves. */
  readonly generationMs: number;
  /** While a share is staged: how often the certificate is asked for; doubles up to ten times as much. */
  readonly certificateMs: number;
}

export const defaultLimits: Limits = {
  sessionsMax: 256,
  envelopeBytesMax: 1 << 20,
  looksPerSecond: 256,
  resendMs: 1_500,
  resendMsMax: 12_000,
  leaseMs: 6_000,
  goneMs: 60_000,
  lingerMs: 15_000,
  generationMs: 5_000,
  certificateMs: 5_000,
};
