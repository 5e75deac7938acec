// Parties, a router, a coordinator and an initiator in one process, all from one seed.

import type { MessageInitShape } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import { type IdentityKey, identityKeyFromSeed, signStatement } from "@covault/channel";
import { CovaultError } from "@covault/errors";
import {
  type BackupSettings,
  type Generation,
  inThreadRunner,
  Party,
  type PartyEvent,
  type Protocols,
  protocols,
  type Runner,
  type Store,
  Vault,
} from "@covault/party";
import {
  AbandonedSchema,
  type Abandonment,
  AbandonmentSchema,
  type Certificate,
  coordinatorAddress,
  type Intent,
  IntentSchema,
  KeygenActionSchema,
  type Member,
  MemberSchema,
  type Roster,
  RosterInitiatorSchema,
  RosterPartySchema,
  RosterSchema,
  SignActionSchema,
  type Signed,
  signatureTags,
} from "@covault/wire";
import { CrashPoint } from "./crash.ts";
import { FakeClock } from "./fake-clock.ts";
import { Hub } from "./hub.ts";
import { type CopyableStore, memoryStore } from "./memory-store.ts";
import { type Seeded, seeded } from "./seeded.ts";
import { TestCoordinator } from "./test-coordinator.ts";

export interface WorldOptions {
  readonly seed: string;
  /**
   * The share indices of the parties. The party with the index k is `party-k`. Default: 1, 2 and 3.
   */
  readonly indices?: readonly number[];
  /** The protocols that a party runs, for liars and toys. Default: the real ones. */
  readonly protocolsOf?: (index: number) => Protocols;
  /** The stores that parties begin with, by share index. Default: empty ones. */
  readonly stores?: ReadonlyMap<number, CopyableStore>;
  /** Whom a party seals its shares to. Default: nobody. */
  readonly backupsOf?: (index: number) => BackupSettings | undefined;
  /** The public keys that a party exports to. Default: none. */
  readonly exportRecipientsOf?: (index: number) => readonly Uint8Array[];
  /** Whether a party deals imported keys. Default: none does. */
  readonly importAllowedFor?: (index: number) => boolean;
  /** The runner of a party. When it is left out, the party computes in this thread. */
  readonly runnerOf?: (index: number, protocols: Protocols, entropy: Seeded) => Runner;
}

/** In what a process differs from the one before. */
export interface BootOptions {
  readonly instanceId?: string;
  readonly store?: Store;
  readonly runner?: Runner;
  readonly generation?: Generation;
  readonly backups?: BackupSettings;
  readonly exportRecipients?: readonly Uint8Array[];
  /** A clock of its own, for a process that stands still while the others go on. */
  readonly clock?: FakeClock;
}

export interface Actor {
  readonly index: number;
  readonly partyId: string;
  readonly identity: IdentityKey;
  readonly store: CopyableStore;
  readonly vault: Vault;
  readonly events: PartyEvent[];
  party: Party;
  crash: CrashPoint;
}

const tenantId = "default";
const initiatorId = "account";
const accountId = "acc_test";

export class World {
  readonly clock = new FakeClock();
  readonly hub: Hub;
  readonly actors = new Map<number, Actor>();
  readonly coordinator: TestCoordinator;
  readonly initiator: IdentityKey;
  readonly roster: Roster;
  /** Whether the parties' roster is behind, so that asking for it throws. */
  isBehind = false;
  readonly #options: WorldOptions;
  readonly #seeded: Seeded;
  #sessions = 0;

  private constructor(options: WorldOptions) {
    this.#options = options;
    this.#seeded = seeded(options.seed);
    this.hub = new Hub(this.#seeded.fork("order"));
    this.initiator = identityKeyFromSeed(seeded("initiator").bytes(32));
    const indices = options.indices ?? [1, 2, 3];
    const seats = new Map(indices.map((index) => [index, `party-${index}`]));
    const transport = this.hub.connect({ partyId: coordinatorAddress, instanceId: "c" }, async () => {});
    this.coordinator = new TestCoordinator(transport, this.#seeded.fork("coordinator"), seats);
    this.roster = create(RosterSchema, {
      version: 1,
      serial: 1n,
      parties: indices.map((index) =>
        create(RosterPartySchema, { partyId: `party-${index}`, idpk: identityOf(index).publicKey, role: "persistent" }),
      ),
      initiators: [create(RosterInitiatorSchema, { initiatorId, key: this.initiator.publicKey })],
    });
  }

  static async create(options: WorldOptions): Promise<World> {
    const world = new World(options);
    for (const index of options.indices ?? [1, 2, 3]) {
      const store = options.stores?.get(index) ?? memoryStore();
      const vault = await Vault.open(`party-${index}`, [seeded(`master-${index}`).bytes(32)]);
      const identity = identityOf(index);
      const actor = {
        index,
        partyId: `party-${index}`,
        identity,
        store,
        vault,
        events: [],
        party: undefined as unknown as Party,
        crash: new CrashPoint(0, "before"),
      };
      world.actors.set(index, actor);
      await world.boot(index);
    }
    return world;
  }

  /**
   * Starts a new process of a party on its store. The process before is gone, unless this is
   * another instance. `crash` says where the new one will die.
   */
  async boot(index: number, crash = new CrashPoint(0, "before"), over: BootOptions = {}): Promise<void> {
    const actor = this.actor(index);
    const self = { partyId: actor.partyId, instanceId: over.instanceId ?? "i1" };
    const entropy = this.#seeded.fork(`entropy-${index}-${this.hub.delivered}`);
    const run = this.#options.protocolsOf?.(index) ?? protocols;
    const transport = this.hub.connect(self, () => Promise.race([actor.party.idle(), crash.death]));
    const runner = over.runner ?? this.#options.runnerOf?.(index, run, entropy) ?? inThreadRunner(run, entropy);
    const backups = over.backups ?? this.#options.backupsOf?.(index);
    if (over.instanceId === undefined) actor.crash.kill();
    actor.crash = crash;
    actor.party = new Party({
      ...self,
      identity: actor.identity,
      roster: () => {
        if (this.isBehind) throw new CovaultError("trust/roster-behind", "The roster is behind.");
        return this.roster;
      },
      vault: actor.vault,
      store: crash.store(over.store ?? actor.store),
      transport: crash.transport(transport),
      runner,
      entropy,
      clock: over.clock ?? this.clock,
      protocols: run,
      ...(over.generation === undefined ? {} : { generation: over.generation }),
      ...(backups === undefined ? {} : { backups }),
      importAllowed: this.#options.importAllowedFor?.(index) === true,
      exportRecipients: over.exportRecipients ?? this.#options.exportRecipientsOf?.(index) ?? [],
      observe: (event) => actor.events.push(event),
    });
    await Promise.race([actor.party.start(), crash.death]);
  }

  actor(index: number): Actor {
    const actor = this.actors.get(index);
    if (actor === undefined) throw new RangeError(`there is no party ${index}`);
    return actor;
  }

  /** Gives how often a party dropped a message for this reason. */
  dropped(index: number, reason: string): number {
    return [...this.actor(index).party.dropped].find(([name]) => name === reason)?.[1] ?? 0;
  }

  members(): readonly Member[] {
    return [...this.actors.values()].map(({ index, partyId, identity }) =>
      create(MemberSchema, { partyId, shareIndex: index, idpk: identity.publicKey, role: "persistent" }),
    );
  }

  keygenIntent(threshold: number, scheme = "ecdsa-secp256k1"): Signed {
    const keygen = create(KeygenActionSchema, {
      scheme,
      threshold,
      members: [...this.members()],
      initiators: [initiatorId],
      custody: "server",
    });
    return this.sign(this.intent({ action: { case: "keygen", value: keygen } }));
  }

  signIntent(
    key: { keyId: Uint8Array; epoch: Uint8Array; epochNumber?: number; publicKey: Uint8Array; certificates?: readonly Certificate[] },
    digest: Uint8Array,
    over: MessageInitShape<typeof SignActionSchema> = {},
  ): Signed {
    const { keyId, epoch, epochNumber = 0, publicKey, certificates = [] } = key;
    this.coordinator.learn(keyId, { epoch, epochNumber, certificates });
    const eligible = [...this.actors.values()].map(({ partyId }) => partyId);
    const value = create(SignActionSchema, {
      keyId,
      publicKey,
      scheme: "ecdsa-secp256k1",
      message: digest,
      eligible,
      ...over,
    });
    return this.sign(this.intent({ action: { case: "sign", value } }));
  }

  intent(over: MessageInitShape<typeof IntentSchema>): Intent {
    const nowMs = BigInt(this.clock.nowMs());
    const sessionId = `ses_${++this.#sessions}_${this.#options.seed.replaceAll(/[^a-z0-9]/gi, "-")}`;
    const expiresAtMs = nowMs + 120_000n;
    return create(IntentSchema, { version: 1, tenantId, initiatorId, sessionId, issuedAtMs: nowMs, expiresAtMs, accountId, ...over });
  }

  sign(intent: Intent, key: IdentityKey = this.initiator): Signed {
    return signStatement(key, signatureTags.intent, intent.initiatorId, toBinary(IntentSchema, intent));
  }

  /** Lets the initiator give a key generation up. All parties hear of it. */
  abandon(sessionId: string, intentId: Uint8Array): void {
    const statement: Abandonment = create(AbandonmentSchema, { sessionId, intentId, initiatorId });
    const abandonment = signStatement(this.initiator, signatureTags.abandon, initiatorId, toBinary(AbandonmentSchema, statement));
    for (const index of this.actors.keys())
      this.coordinator.say(index, { case: "abandoned", value: create(AbandonedSchema, { sessionId, abandonment }) });
  }

  /** Lets `totalMs` pass and messages flow, in steps of `stepMs`. */
  async pass(totalMs: number, stepMs = 1_000): Promise<void> {
    await this.hub.settle();
    for (let passed = 0; passed < totalMs; passed += stepMs) {
      this.clock.advance(stepMs);
      await this.hub.settle();
    }
  }
}

const identityOf = (index: number): IdentityKey => identityKeyFromSeed(seeded(`identity-${index}`).bytes(32));
