// A key id is made of a public key and a chain code, which are no secrets, so that liars can found
// another key with the same id. Its certificates move no key that a party has something of.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed, signStatement } from "@covault/channel";
import type { TestSession } from "@covault/testkit";
import { epochOf, intentIdOf, type VerifiedKey } from "@covault/trust";
import {
  AckSchema,
  type Certificate,
  CertificateSchema,
  type Intent,
  IntentSchema,
  KeygenActionSchema,
  type Member,
  RefreshActionSchema,
  type Signed,
  signatureTags,
} from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { opened } from "./epochs.ts";
import { digest } from "./fixture.ts";
import { type Held, holdKey, Lifecycle, said } from "./lifecycle.ts";

let held: Held;
beforeAll(async () => {
  held = await holdKey("eddsa-ed25519");
}, 120_000);

const thief = identityKeyFromSeed(digest(8));

/** The parties 3 and 5 lie. In their own key, 5 has the index 1. */
const liars = [
  [1, 5],
  [3, 3],
] as const;

/** A key of liars that has the id of the real one, and what they sign for it. */
class Twin {
  readonly certificates: Certificate[] = [];
  readonly #life: Lifecycle;

  constructor(life: Lifecycle) {
    this.#life = life;
    const { roster } = life.world;
    const [known] = roster.initiators;
    if (known === undefined) throw new Error("nobody may ask");
    roster.initiators.push({ ...known, initiatorId: "thief", key: thief.publicKey });
    const { scheme } = life.key.charter;
    const value = create(KeygenActionSchema, { scheme, threshold: 2, members: this.members(), initiators: ["thief"], custody: "server" });
    this.#certify(this.#sign({ case: "keygen", value }), 0);
  }

  get key(): VerifiedKey {
    return opened(this.#life.world, this.certificates);
  }
  members(): Member[] {
    return liars.map(([shareIndex, party]) => ({ ...this.#life.seat(party), shareIndex }));
  }

  /** A further epoch. Nobody but the liars has to sign for it, unless there are newcomers. */
  intent(epochNumber: number, newcomers: readonly number[] = []): Signed {
    const { key } = this;
    const { keyId, publicKey, chain, scheme } = key.charter;
    const members = [...this.members(), ...newcomers.map((index) => this.#life.seat(index))];
    const terms = { kind: "reshare", keyId, publicKey, chain, scheme, epochNumber, threshold: 2, members };
    const before = { oldEpoch: key.epoch, oldThreshold: 2, oldMembers: this.members(), dealers: [1, 3] };
    const value = create(RefreshActionSchema, { ...terms, ...before, oldPublicShares: [publicKey, publicKey] });
    return this.#sign({ case: "refresh", value });
  }

  goOn(epochNumber: number): void {
    this.#certify(this.intent(epochNumber), epochNumber);
  }

  #sign(action: Intent["action"]): Signed {
    const { world } = this.#life;
    return world.sign(world.intent({ action, initiatorId: "thief", accountId: "acc_thief" }), thief);
  }

  #certify(intent: Signed, epochNumber: number): void {
    const { world, key } = this.#life;
    const { keyId, publicKey, chain } = key.charter;
    const h2 = intentIdOf(intent.body);
    const { sessionId } = fromBinary(IntentSchema, intent.body);
    const facts = { keyId, h2, publicKey, chain, intentId: h2, sessionId, epoch: epochOf(keyId, h2), epochNumber };
    const acks = liars.map(([shareIndex, party]) => {
      const { identity, partyId } = world.actor(party);
      return signStatement(identity, signatureTags.ack, partyId, toBinary(AckSchema, create(AckSchema, { ...facts, shareIndex })));
    });
    this.certificates.push(create(CertificateSchema, { intent, acks }));
  }

  /** Invites the parties 1, 3 and 4 to continue the liars' key. */
  async invite(): Promise<TestSession> {
    const { coordinator, hub } = this.#life.world;
    const { epoch, epochNumber, charter } = this.key;
    coordinator.learn(charter.keyId, { epoch, epochNumber, certificates: this.certificates });
    const session = coordinator.open(this.intent(epochNumber + 1, [4]), [1, 3, 4]);
    await hub.settle();
    return session;
  }
}

/** A reshare that gives party 4 a share. Party 4 hears of nothing after its own acknowledgement. */
async function comes(seed: string) {
  const life = await Lifecycle.of(held, seed);
  const { world } = life;
  world.hub.intercept = (flight, { body }) =>
    (body.case === "committed" && isLast(body.value.certificate)) || body.case === "acknowledged"
      ? flight.to.partyId === "party-4"
        ? []
        : [flight]
      : [flight];
  const made = await life.asked((action) => {
    action.kind = "reshare";
    action.members = [...action.members.slice(0, 2), life.seat(4)];
  });
  return { life, world, made };
}
const isLast = (certificate?: Certificate): boolean =>
  fromBinary(IntentSchema, certificate?.intent?.body ?? new Uint8Array()).action.case === "refresh";

describe("a key of liars with the id of another", () => {
  it("erases no share that a newcomer of the real one has acknowledged", async () => {
    const { life, world, made } = await comes("twin-erases");
    const session = life.open(made);
    await world.hub.settle();
    expect([session.certificate?.acks.length, session.certificate?.dealerAcks.length]).toEqual([3, 1]);
    expect(await life.statuses([1, 2, 3, 4], made)).toEqual(["committed", "committed", "left", "staged"]);
    await world.boot(4);
    const twin = new Twin(life);
    twin.goOn(9);
    const attack = await twin.invite();
    expect(await life.statuses([4], made)).toEqual(["staged"]);
    expect(attack.certificate).toBeUndefined();
    world.hub.intercept = (flight) => [flight];
    life.commit(session);
    world.coordinator.learn(life.key.charter.keyId, { ...life.key, certificates: life.certificates });
    await world.pass(60_000, 10_000);
    await life.isWhole([1, 2, 4]);
  });

  it("keeps no party from learning the real one", async () => {
    const { life, world, made } = await comes("twin-learnt");
    const twin = new Twin(life);
    twin.goOn(9);
    expect(said(await twin.invite())).not.toContain("party/chain-missing");
    world.hub.intercept = (flight) => [flight];
    const session = life.open(made);
    world.coordinator.learn(life.key.charter.keyId, { ...life.key, certificates: life.certificates });
    await world.hub.settle();
    if (session.certificate === undefined) {
      world.coordinator.attempt(session, session.signers);
      await world.hub.settle();
    }
    life.commit(session);
    await life.isWhole([1, 2, 4]);
  });

  it("keeps no share from its certificate that is staged", async () => {
    const { life, world, made } = await comes("twin-staged");
    const session = life.open(made);
    await world.hub.settle();
    const twin = new Twin(life);
    twin.goOn(9);
    await world.boot(4);
    await twin.invite();
    world.hub.intercept = (flight) => [flight];
    life.commit(session);
    world.coordinator.learn(life.key.charter.keyId, { ...life.key, certificates: life.certificates });
    await world.pass(60_000, 10_000);
    await life.isWhole([1, 2, 4]);
  });
});
