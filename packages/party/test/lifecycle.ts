// Real runs that continue a fixture's key, with what the account service and the coordinator would
// know about them.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type PairName, protocols, type StoredShare } from "@covault/party";
import { type CopyableStore, type TestSession, World, type WorldOptions } from "@covault/testkit";
import type { VerifiedKey } from "@covault/trust";
import { type Certificate, CertificateSchema, type RefreshAction } from "@covault/wire";
import { expect } from "vitest";
import { chainOf, opened, type Run, run } from "./epochs.ts";
import { digest } from "./fixture.ts";

/** A key that three of up to five parties hold, two of whom sign, and its stores. */
export interface Held {
  readonly scheme: string;
  readonly stores: ReadonlyMap<number, CopyableStore>;
  readonly certificate: Certificate;
}

const indices = [1, 2, 3, 4, 5];
type Options = Omit<WorldOptions, "stores" | "seed" | "indices">;

/** Makes a key of the parties 1, 2 and 3. The parties 4 and 5 have nothing of it. */
export async function holdKey(scheme: string): Promise<Held> {
  const world = await World.create({ seed: `lifecycle-${scheme}`, indices: [1, 2, 3] });
  const session = world.coordinator.open(world.keygenIntent(2, scheme), [1, 2, 3]);
  await world.hub.settle();
  if (session.certificate === undefined) throw new Error(`keygen failed: ${said(session).join()}`);
  return { scheme, stores: new Map([...world.actors].map(([index, { store }]) => [index, store])), certificate: session.certificate };
}

const textOf = (certificate: Certificate): string => Buffer.from(toBinary(CertificateSchema, certificate)).toString("base64");
export const said = ({ declines, aborts }: TestSession): readonly string[] => [...declines, ...aborts].map(({ code }) => code);

/** A key in a world of five parties, as the coordinator knows it. */
export class Lifecycle {
  readonly world: World;
  readonly scheme: string;
  certificates: readonly Certificate[];
  /** The key of these certificates, because to verify them takes long. */
  #opened: { readonly of: readonly Certificate[]; readonly key: VerifiedKey } | undefined;

  /** A key that the world's own parties hold. */
  constructor(world: World, { scheme, certificate }: Pick<Held, "scheme" | "certificate">) {
    this.world = world;
    this.scheme = scheme;
    this.certificates = [certificate];
  }

  static async of(held: Held, seed: string, options: Options = {}): Promise<Lifecycle> {
    const stores = new Map([...held.stores].map(([index, store]) => [index, store.copy()]));
    return new Lifecycle(await World.create({ ...options, seed, indices, stores }), held);
  }

  get key(): VerifiedKey {
    if (this.#opened?.of !== this.certificates) this.#opened = { of: this.certificates, key: opened(this.world, this.certificates) };
    return this.#opened.key;
  }

  /** The names by which a store has the key's pairs. */
  get ofEpoch(): Pick<PairName, "keyId" | "epoch"> {
    const { charter, epoch } = this.key;
    return { keyId: charter.keyId, epoch };
  }

  /** Gives a party's share of the key's epoch, whatever its status. */
  share(index: number, { epoch } = this.key): Promise<StoredShare | undefined> {
    return this.world.actor(index).store.share(this.key.charter.keyId, epoch);
  }
  async statuses(of: readonly number[], made: Pick<Run, "sessionId">): Promise<readonly (string | undefined)[]> {
    const shares = of.map((index) => this.world.actor(index).store.sharesOfSession(made.sessionId));
    return (await Promise.all(shares)).map(([share]) => share?.status);
  }

  /** The public shares of the epoch, as a holder's record has them. */
  async publicShares(): Promise<readonly Uint8Array[]> {
    const { members, charter } = this.key;
    const read = protocols.find(({ scheme, publicRecord }) => scheme === charter.scheme && publicRecord !== undefined)?.publicRecord;
    for (const { shareIndex } of members) {
      const share = await this.share(shareIndex);
      if (share?.status === "committed") return read?.(share.record).holders.map(({ publicShare }) => publicShare) ?? [];
    }
    throw new Error("nobody has a record of the epoch");
  }

  /** The intent of a further epoch. Unless `change` says otherwise it is an honest refresh. */
  async asked(change: (action: RefreshAction) => void = () => {}): Promise<Run> {
    const { key, world } = this;
    const oldPublicShares = [...(await this.publicShares())];
    return run(world, key, (action) => {
      action.oldPublicShares = oldPublicShares;
      change(action);
    });
  }

  /** Opens the session of an intent with everybody who takes part, as the coordinator plans it. */
  open({ intent, action }: Run, certificates = this.certificates): TestSession {
    const { epoch, epochNumber, charter } = this.key;
    this.world.coordinator.learn(charter.keyId, { epoch, epochNumber, certificates });
    if (this.world.coordinator.shownMax > 4) this.world.coordinator.shownMax = 4;
    const signers = new Set([...action.members.map(({ shareIndex }) => shareIndex), ...action.dealers]);
    return this.world.coordinator.open(
      intent,
      [...signers].sort((a, b) => a - b),
    );
  }

  /** Runs an honest run to its commit everywhere. */
  async go(change: (action: RefreshAction) => void = () => {}): Promise<Run> {
    const made = await this.asked(change);
    const session = this.open(made);
    await this.world.hub.settle();
    // A newcomer may have asked for certificates first.
    if (said(session).includes("party/chain-missing")) {
      this.world.coordinator.attempt(session, session.signers);
      await this.world.hub.settle();
    }
    if (session.certificate === undefined) throw new Error(`no certificate: ${said(session).join()}`);
    this.commit(session);
    return made;
  }

  commit({ certificate }: Pick<TestSession, "certificate">): void {
    this.certificates = [...this.certificates, certificate as Certificate];
  }

  /** Signs with these parties in the key's epoch, as the certificates say it. */
  async signs(signers: readonly number[], byte = 1): Promise<TestSession> {
    const { charter, epoch, epochNumber } = this.key;
    const { keyId, publicKey } = charter;
    const of = { keyId, publicKey, epoch, epochNumber, certificates: this.certificates };
    const eligible = this.key.members.map(({ partyId }) => partyId);
    const session = this.world.coordinator.open(this.world.signIntent(of, digest(byte), { scheme: this.scheme, eligible }), [...signers]);
    await this.world.hub.settle();
    return session;
  }

  /** Every holder has the epoch committed with its chain, and any two of them sign. */
  async isWhole(holders: readonly number[]): Promise<void> {
    const { keyId } = this.key.charter;
    for (const index of holders) {
      expect((await this.share(index))?.status, `party ${index}`).toBe("committed");
      const chain = await chainOf(this.world, index, { keyId });
      expect(chain.map((each) => textOf(fromBinary(CertificateSchema, each)))).toEqual(this.certificates.map(textOf));
    }
    const session = await this.signs(holders.slice(-2));
    expect([said(session), session.signatures.length]).toEqual([[], 2]);
  }

  /** Gives what one member would be in a list of members. */
  seat(index: number): RefreshAction["members"][number] {
    const { partyId, identity } = this.world.actor(index);
    return { ...(this.key.members[0] as RefreshAction["members"][number]), partyId, shareIndex: index, idpk: identity.publicKey };
  }
}
