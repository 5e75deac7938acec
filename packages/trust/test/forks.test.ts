// These tests make random keys with their runs in doubt, their former holders and their stolen
// keys, and read them in random orders. Two things must hold. Former holders alone move no reader.
// Where everybody is still the party it was, every order ends in the same epoch.
import { create } from "@bufbuild/protobuf";
import { type Ed25519Signer, ed25519Signer, hex, sha256, utf8 } from "@covault/crypto";
import {
  AckSchema,
  type Certificate,
  CertificateSchema,
  IntentSchema,
  type Member,
  type RefreshAction,
  type Roster,
  type SignatureTag,
  type Signed,
  SignedSchema,
  signatureTags,
  signedBytes,
} from "@covault/wire";
import { describe, expect, it } from "vitest";
import {
  compareEpochs,
  continueKey,
  deviceIdOf,
  epochOf,
  intentIdOf,
  judgeChain,
  keyIdOf,
  keysOf,
  openKey,
  type VerifiedKey,
  verifyRoster,
} from "../src/index.ts";
import { refusal } from "./refused.ts";
import { chain, encode, keygenInit, nowMs, publicKeyOf, root, roster, type rosterInit } from "./statements.ts";

const cases = 5;
const publicKey = publicKeyOf(5);
const material = { keyId: keyIdOf("ecdsa-secp256k1", publicKey, chain), publicKey, chain };

/** Gives whole numbers below `n`, which are the same for the same seed. */
function dice(seed: string): (n: number) => number {
  let state = sha256(utf8(seed));
  return (n) => {
    state = sha256(state);
    return new DataView(state.buffer).getUint32(0) % n;
  };
}
const pick = <T>(roll: (n: number) => number, from: readonly T[]): T => from[roll(from.length)] as T;
function some<T>(roll: (n: number) => number, from: readonly T[], count: number): T[] {
  const left = [...from];
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(roll(left.length), 1)[0] as T);
}

interface Holder {
  readonly partyId: string;
  readonly role: string;
  readonly signer: Ed25519Signer;
}
const signers = new Map<string, Ed25519Signer>();
function signerOf(name: string): Ed25519Signer {
  const known = signers.get(name) ?? ed25519Signer(sha256(utf8(name)));
  signers.set(name, known);
  return known;
}
const party = (name: string): Holder => ({ partyId: name, role: "persistent", signer: signerOf(name) });
const device = (name: string): Holder => ({ partyId: deviceIdOf(signerOf(name).publicKey), role: "device", signer: signerOf(name) });

function sign(tag: SignatureTag, signer: string, key: Ed25519Signer, body: Uint8Array): Signed {
  const named = signer.startsWith("dev_") ? { key: key.publicKey } : {};
  return create(SignedSchema, { body, signer, signature: key.sign(signedBytes(tag, body)), ...named });
}

/** A certificate with the key in its epoch. */
interface Made {
  readonly certificate: Certificate;
  readonly key: VerifiedKey;
  readonly before: Made | undefined;
}

/** A key's story: who holds the key, who asks for it, and how its runs are certified. */
class Story {
  readonly roll: (n: number) => number;
  readonly isShared: boolean;
  readonly #holders = new Map<string, Holder>();
  readonly founding: Made;
  #runs = 0;

  constructor(seed: string, isShared: boolean) {
    this.roll = dice(seed);
    this.isShared = isShared;
    const first = isShared ? [party("p1"), device("d1"), device("d2")] : [party("p1"), party("p2"), party("p3")];
    const members = first.map((holder, at) => this.#seat(holder, at + 1));
    const terms = isShared ? { custody: "co-managed", initiators: [], initiatorsRule: "devices" } : {};
    const value = { ...keygenInit.action.value, ...terms, members };
    const body = encode(IntentSchema, { ...keygenInit, action: { case: "keygen", value } });
    const certificate = this.#certified(sign(signatureTags.intent, "account", signerOf("i1"), body), members, [], 0);
    this.founding = {
      certificate,
      key: openKey(certificate, [], { keysOf: keysOf(everything), foundingIntentId: "any" }),
      before: undefined,
    };
  }

  #seat(holder: Holder, shareIndex: number): Member {
    this.#holders.set(holder.partyId, holder);
    const { partyId, role, signer } = holder;
    return { partyId, shareIndex, idpk: signer.publicKey, role } as Member;
  }

  #certified(
    intent: Signed,
    members: readonly Member[],
    leaving: readonly Member[],
    epochNumber: number,
    sessionId = "ses_1",
  ): Certificate {
    const intentId = intentIdOf(intent.body);
    const h2 = sha256(intentId, utf8("h2"));
    const { publicKey, keyId } = material;
    const ackOf = ({ partyId, shareIndex }: Member): Signed => {
      const ack = { keyId, epoch: epochOf(keyId, h2), h2, shareIndex, intentId, publicKey, chain, sessionId, epochNumber };
      return sign(signatureTags.ack, partyId, (this.#holders.get(partyId) as Holder).signer, encode(AckSchema, ack));
    };
    return create(CertificateSchema, { intent, acks: members.map(ackOf), dealerAcks: leaving.map(ackOf) });
  }

  /** Certifies a run on `before`. `dealers` and `stay` are share indices of its holders. */
  run(
    before: Made,
    epochNumber: number,
    dealers: readonly number[],
    stay: readonly number[],
    come: readonly Holder[],
    asks: readonly [string, Ed25519Signer],
  ): Made {
    const { key } = before;
    const oldMembers = [...structuredClone(key.members)] as Member[];
    const members = [
      ...oldMembers.filter(({ shareIndex }) => stay.includes(shareIndex)),
      ...come.map((holder, at) => this.#seat(holder, key.indexMax + 1 + at)),
    ];
    const action = {
      kind: "reshare",
      ...material,
      oldEpoch: key.epoch,
      oldThreshold: key.threshold,
      oldMembers,
      oldPublicShares: oldMembers.map(() => publicKeyOf(6)),
      dealers: [...dealers].sort((a, b) => a - b),
      threshold: 2,
      members,
      scheme: "ecdsa-secp256k1",
      epochNumber,
      policyRoot: new Uint8Array(),
      custody: "",
      amendsRequired: false,
      required: [],
    } as unknown as RefreshAction;
    const [initiatorId, signer] = asks;
    const sessionId = `run_${++this.#runs}`;
    const { action: _keygen, ...head } = keygenInit;
    const body = encode(IntentSchema, { ...head, sessionId, initiatorId, action: { case: "refresh", value: action } });
    const leaving = oldMembers.filter(({ shareIndex }) => dealers.includes(shareIndex) && !stay.includes(shareIndex));
    const certificate = this.#certified(sign(signatureTags.intent, initiatorId, signer, body), members, leaving, epochNumber, sessionId);
    return { certificate, key: continueKey(key, certificate, keysOf(everything)), before };
  }

  holder(partyId: string): Holder {
    return this.#holders.get(partyId) as Holder;
  }
}
const pool = Array.from({ length: 9 }, (_, at) => `p${at + 1}`);
/** The initiator has two keys, and the roster says what became of them. */
const initiatorKeys = ["i1", "i2"] as const;
function rosterWith(change: (init: typeof rosterInit) => unknown): Roster {
  const signed = roster((init) => {
    const [entry] = init.initiators;
    if (entry === undefined) throw new Error("the roster has no initiator");
    const [listed] = init.parties;
    if (listed === undefined) throw new Error("the roster has no party");
    init.parties = pool.map((partyId) => ({ ...listed, partyId, idpk: signerOf(partyId).publicKey }));
    init.initiators = initiatorKeys.map((name) => ({ ...entry, key: signerOf(name).publicKey }));
    change(init);
  });
  return verifyRoster(signed, root.publicKey);
}
const everything = rosterWith(() => undefined);

const chainOf = (made: Made | undefined): Certificate[] => (made === undefined ? [] : [...chainOf(made.before), made.certificate]);
const nameOf = ({ key }: Made): string => hex(key.epoch);
const isHigher = (one: Made, other: Made): boolean => compareEpochs(one.key, other.key) > 0;
const highestOf = (all: readonly Made[]): Made => all.reduce((highest, each) => (isHigher(each, highest) ? each : highest));

/**
 * Gives the runs of honest holders. They are one after the other, or beside each other where one
 * was in doubt.
 */
function honestRuns(story: Story): Made[] {
  const { roll } = story;
  const all = [story.founding];
  let epochNumber = 0;
  for (let run = 0; run < 4; run++) {
    const before = roll(2) === 0 ? pick(roll, all) : (all.at(-1) as Made);
    const { members } = before.key;
    const isMember = (partyId: string): boolean => members.some((member) => member.partyId === partyId);
    const dealers = some(roll, members, 2 + roll(2)).map(({ shareIndex }) => shareIndex);
    const devices = members.filter(({ role }) => role === "device");
    const keep = some(roll, members, roll(members.length + 1)).map(({ shareIndex }) => shareIndex);
    const come = some(
      roll,
      pool.filter((name) => !isMember(name)),
      Math.max(1, 3 - keep.length),
    ).map(party);
    if (story.isShared) come.push(device(`d${run}-${roll(1_000_000)}`));
    epochNumber += 1 + roll(3);
    const asker = pick(roll, devices.length > 0 ? devices : members);
    const asks = story.isShared
      ? ([asker.partyId, story.holder(asker.partyId).signer] as const)
      : (["account", signerOf(pick(roll, initiatorKeys))] as const);
    all.push(story.run(before, epochNumber, dealers, keep, come, asks));
  }
  return all;
}

/**
 * Gives a later roster, in which the parties that are no holders of `top` have left, and lie. Some
 * of them are still in this roster as they were.
 */
function laterRoster(story: Story, top: Made): Roster {
  const { roll } = story;
  const stays = new Set(top.key.members.map(({ partyId }) => partyId));
  return rosterWith((init) => {
    Object.assign(init.initiators[0] as object, { revoked: true });
    init.parties = init.parties.flatMap((entry) => {
      const fate = stays.has(entry.partyId) ? 0 : roll(3);
      if (fate === 0) return [entry];
      return fate === 1 ? [] : [{ ...entry, idpk: signerOf(`${entry.partyId} anew`).publicKey }];
    });
  });
}

/**
 * Gives the certificates that former holders of any epoch but `top` write with a key that was taken
 * from the initiator or from a device that has left.
 */
function forgeries(story: Story, honest: readonly Made[], top: Made, now: Roster): Made[] {
  const { roll } = story;
  const isHonest = (partyId: string): boolean => top.key.members.some((member) => member.partyId === partyId);
  const isValid = (partyId: string): boolean =>
    now.parties.some((entry) => entry.partyId === partyId && hex(entry.idpk) === hex(signerOf(partyId).publicKey));
  const forged: Made[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    const isOnForged = forged.length > 0 && roll(2) === 0;
    const before = isOnForged ? pick(roll, forged) : pick(roll, honest);
    const liars = before.key.members.filter(({ partyId }) => !isHonest(partyId));
    if (before === top || liars.length < 2) continue;
    const devices = liars.filter(({ role }) => role === "device");
    const asker = devices.length > 0 ? pick(roll, devices) : undefined;
    if (story.isShared && asker === undefined) continue;
    const dealers = some(roll, liars, 2 + roll(2));
    // With the key that stands, the forgers are former holders alone only while too few of them are
    // still the parties they were.
    const mayAskNow = isOnForged || dealers.filter(({ partyId }) => isValid(partyId)).length < before.key.threshold;
    const signer = signerOf(mayAskNow && roll(2) === 0 ? "i2" : "i1");
    const asks =
      asker === undefined || !story.isShared
        ? (["account", signer] as const)
        : ([asker.partyId, story.holder(asker.partyId).signer] as const);
    const come = [party(`s${attempt}a`), story.isShared ? device(`s${attempt}b`) : party(`s${attempt}b`)];
    const keep = some(roll, liars, roll(3)).map(({ shareIndex }) => shareIndex);
    const lowest = before.key.epochNumber + 1;
    const epochNumber = Math.min(
      0xffffffff,
      Math.max(lowest, pick(roll, [lowest, top.key.epochNumber, top.key.epochNumber + 1, 0xfffffff0 + attempt])),
    );
    if (epochNumber < lowest) continue;
    forged.push(
      story.run(
        before,
        epochNumber,
        dealers.map(({ shareIndex }) => shareIndex),
        keep,
        come,
        asks,
      ),
    );
  }
  return forged;
}

/**
 * A reader does with certificates what a coordinator does: those that may come are a tree, and the
 * highest of them is the key's.
 */
class Reader {
  readonly #now: Roster;
  readonly #known = new Map<string, Made>();
  held: Made;

  constructor(held: Made, now: Roster) {
    this.#now = now;
    this.held = held;
    for (let at: Made | undefined = held; at !== undefined; at = at.before) this.#known.set(nameOf(at), at);
  }

  /**
   * Takes certificates until nothing new comes of them, since a party that got an answer asks
   * again.
   */
  takeAll(all: readonly Made[]): void {
    for (let before = -1; before < this.#known.size; ) {
      before = this.#known.size;
      for (const made of all) this.#take(made);
    }
  }

  #take(made: Made): void {
    if (made.before === undefined || this.#known.has(nameOf(made)) || !this.#known.has(nameOf(made.before))) return;
    if (this.refusal(made) !== "accepted") return;
    this.#known.set(nameOf(made), made);
    if (isHigher(made, this.held)) this.held = made;
  }

  refusal(made: Made): string {
    return refusal(() => judgeChain(chainOf(this.held), chainOf(made), { roster: this.#now, nowMs }));
  }
}

describe("certificates of one key, in any order", () => {
  it("by former holders alone move nobody from the epoch that is the key's", () => {
    let tried = 0;
    for (let at = 0; at < cases; at++) {
      const story = new Story(`former ${at}`, at % 3 === 0);
      const honest = honestRuns(story);
      const top = highestOf(honest);
      const now = laterRoster(story, top);
      const forged = forgeries(story, honest, top, now);
      tried += forged.length;
      for (let order = 0; order < 3; order++) {
        const reader = new Reader(top, now);
        reader.takeAll(some(story.roll, [...honest, ...forged], honest.length + forged.length));
        expect(nameOf(reader.held), `case ${at}, order ${order}`).toBe(nameOf(top));
        for (const each of forged.filter((made) => isHigher(made, top)))
          expect(reader.refusal(each), `case ${at}, all at once`).toContain("trust/bad-chain");
      }
    }
    expect(tried).toBeGreaterThan(cases);
  });

  it("end everywhere in the highest, while everybody is who they were and their initiator's keys stand", () => {
    let forks = 0;
    for (let at = 0; at < cases; at++) {
      const story = new Story(`honest ${at}`, false);
      const honest = honestRuns(story);
      const top = highestOf(honest);
      forks += chainOf(top).length < honest.length ? 1 : 0;
      for (let order = 0; order < 4; order++) {
        const start = pick(story.roll, honest);
        expect(new Reader(start, everything).refusal(top), `case ${at}, all at once`).toBe("accepted");
        const reader = new Reader(start, everything);
        reader.takeAll(some(story.roll, honest, honest.length));
        expect(nameOf(reader.held), `case ${at}, order ${order}`).toBe(nameOf(top));
      }
    }
    expect(forks).toBeGreaterThan(0);
  });
});
