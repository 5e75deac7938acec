// What every part of a party's runtime shares: who the party is, its ports, its counters.
import type { IdentityKey } from "@covault/channel";
import type { ErrorCode } from "@covault/errors";
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

/** The ports and counters of one process of a party. */
export interface PartyDeps {
  readonly partyId: string;
  readonly instanceId: string;
  /** This process among those of the party. Attempts and checks are held under it. */
  readonly instance: Instance;
  readonly identity: IdentityKey;
  /** Gives the newest verified roster. */
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
  /** Whether this party deals imported keys. */
  readonly importAllowed: boolean;
  readonly restores: Restores;
  /** Aborted when the party stops. */
  readonly stopping: AbortSignal;
  /**
   * How many burns and strikes of a pair, by its id as hex, are on their way to a failing store.
   * The pair is refused meanwhile.
   */
  readonly burning: Map<string, number>;
  /** The burned pairs, by their ids as hex, that this process has told its operator of, and why. */
  readonly burnsReported: Map<string, ErrorCode>;
  /** Notes of checks that are being taken back. A stop waits for the last try. */
  readonly clearing: Set<Promise<void>>;
  /** The pairs whose strikes this process has looked at, by their ids as hex. */
  readonly strikesSeen: Set<string>;
}

/** What one process of a party may cost, and its times. Times are in milliseconds. */
export interface Limits {
  /** The most attempts that run at once. */
  readonly sessionsMax: number;
  /** The most bytes of one envelope. A longer one is dropped. */
  readonly envelopeBytesMax: number;
  /**
   * How often one sender may make this party look into its store in a second. What is over that is
   * dropped, and its sender asks again.
   */
  readonly looksPerSecond: number;
  /**
   * The first time without progress after which missing messages are asked for again, in
   * milliseconds. It doubles up to `resendMsMax`.
   */
  readonly resendMs: number;
  /** The longest time without progress between two such questions, in milliseconds. */
  readonly resendMsMax: number;
  /**
   * For how long an instance keeps its stored attempts without a sign of life, in milliseconds.
   * With the sweep, another instance has them before the attempt's 20 s are over.
   */
  readonly leaseMs: number;
  /**
   * For how long an instance may be without a sign of life before it is gone and its open checks
   * are strikes, in milliseconds. This is longer than a machine stands still that comes back.
   */
  readonly goneMs: number;
  /**
   * For how long the bytes that a finished signing attempt has sent stay at hand for peers that
   * missed them, in milliseconds.
   */
  readonly lingerMs: number;
  /**
   * How often the store is compared with the record outside of its backups, and the counter moves,
   * in milliseconds.
   */
  readonly generationMs: number;
  /**
   * How often the certificate of a staged share is asked for, in milliseconds. It doubles up to ten
   * times as much.
   */
  readonly certificateMs: number;
}

/** The limits of a party that is given no others. */
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
