// The cast of a session: root, initiator and parties with real identity keys and a real signing
// key. A party here joins, reports progress, and acknowledges or signs as told. It knows no
// protocol.
import { createHash } from "node:crypto";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type IdentityKey, identityKeyFromSeed, signStatement } from "@covault/channel";
import { type Broker, coordinatorQueue, type Presence, partyQueue, type StopConsuming } from "@covault/service-kit/messages";
import { epochOf, intentIdOf, keyIdOf, LiveRoster, signingTerms, verifyRoster } from "@covault/trust";
import {
  AbandonmentSchema,
  AccusationSchema,
  AckSchema,
  accusationTags,
  BackupReportSchema,
  BackupSchema,
  type Certificate,
  CertificateSchema,
  type Envelope,
  EnvelopeSchema,
  ExportReportSchema,
  HoldingReportSchema,
  HoldingSchema,
  ImportActionSchema,
  ImportRecipientReportSchema,
  ImportRecipientSchema,
  type Intent,
  IntentSchema,
  type Invite,
  JoinStatementSchema,
  type KeygenAction,
  PairAcknowledgedSchema,
  PairAckSchema,
  type PairCertificate,
  PairCertificateSchema,
  ReleaseSchema,
  RosterSchema,
  RoutedMessageSchema,
  SessionResultSchema,
  type SignActionSchema,
  type Signed,
  SignedSchema,
  signatureTags,
} from "@covault/wire";
import { secp256k1 } from "@noble/curves/secp256k1.js";

export type Body = Exclude<Envelope["body"], { case: undefined }>;
export const seed = (byte: number) => new Uint8Array(32).fill(byte);
const root = identityKeyFromSeed(seed(100));
export const initiator = identityKeyFromSeed(seed(101));
export const stranger = identityKeyFromSeed(seed(102));
export const partyIds = ["p1", "p2", "p3"] as const;
const identities: Record<string, IdentityKey> = Object.fromEntries(partyIds.map((id, at) => [id, identityKeyFromSeed(seed(at + 1))]));

const roster = create(RosterSchema, {
  version: 1,
  serial: 1n,
  parties: partyIds.map((partyId) => ({ partyId, idpk: identities[partyId]!.publicKey, role: "persistent" })),
  initiators: [
    { initiatorId: "account", key: initiator.publicKey, tenants: [], kinds: [] },
    { initiatorId: "reader", key: stranger.publicKey, tenants: ["other"], kinds: ["sign"] },
  ],
});
export const trust = {
  signed: toBinary(SignedSchema, signStatement(root, signatureTags.roster, "root", toBinary(RosterSchema, roster))),
  rootKey: root.publicKey,
};
export const liveRoster = () => new LiveRoster(trust.signed, trust.rootKey);
export const verifiedRoster = verifyRoster(trust.signed, trust.rootKey);
/** The next roster, without these parties. */
export const rosterWithout = (...removed: readonly string[]): Uint8Array => {
  const parties = roster.parties.filter(({ partyId }) => !removed.includes(partyId));
  const next = create(RosterSchema, { ...roster, serial: 2n, parties });
  return toBinary(SignedSchema, signStatement(root, signatureTags.roster, "root", toBinary(RosterSchema, next)));
};

/** The secret of the key that the parties "make". */
const secret = seed(7);
export const publicKey = secp256k1.getPublicKey(secret, true);
const chain = seed(8);
const h2 = seed(9);
export const keyId = keyIdOf("ecdsa-secp256k1", publicKey, chain);
/**
 * The sessions that found the key that is signed with. A key is founded once, and any other keygen
 * makes one with another chain code.
 */
const founding = ["the-key", "ses_0"];
function keyOf({ action, sessionId }: Intent) {
  const own = action.case !== "keygen" || founding.includes(sessionId) ? chain : createHash("sha256").update(sessionId).digest();
  return { keyId: keyIdOf("ecdsa-secp256k1", publicKey, own), publicKey, chain: own };
}

/** r || s || recovery id, 65 bytes, by the key's secret plus `tweak`. */
export function ecdsa(digest: Uint8Array, tweak: Uint8Array = new Uint8Array(32)): Uint8Array {
  const { Fn } = secp256k1.Point;
  const child = Fn.toBytes(Fn.add(Fn.fromBytes(secret), Fn.fromBytes(tweak)));
  const [recovery, ...rs] = secp256k1.sign(digest, child, { prehash: false, format: "recovered" });
  return Uint8Array.from([...rs, recovery!]);
}

/** The signature that honest parties make of an intent to sign. */
export function signatureFor({ action }: Intent): Uint8Array {
  if (action.case !== "sign") throw new Error("the intent asks for no signature");
  const { message, tweak } = signingTerms(action.value, { scheme: "ecdsa-secp256k1", publicKey, chain });
  return ecdsa(message, tweak);
}

const members = partyIds.map((partyId, at) => ({ partyId, shareIndex: at + 1, idpk: identities[partyId]!.publicKey, role: "persistent" }));
const frame = (sessionId: string, nowMs: number, lifeMs: number) => ({
  version: 1,
  tenantId: "default",
  initiatorId: "account",
  sessionId,
  issuedAtMs: BigInt(nowMs),
  expiresAtMs: BigInt(nowMs + lifeMs),
  accountId: "acc_1",
});

export function keygenIntent(sessionId: string, nowMs: number, lifeMs = 120_000): Intent {
  const value = { scheme: "ecdsa-secp256k1", threshold: 2, members, initiators: ["account"], custody: "server" };
  return create(IntentSchema, { ...frame(sessionId, nowMs, lifeMs), action: { case: "keygen", value } });
}

/**
 * The share index that a party holds in the epoch that an intent makes. For a dealer that leaves,
 * it is the index that it held before.
 */
function indexIn({ action }: Intent, partyId: string): number {
  const lists =
    action.case === "keygen" ? [action.value.members] : action.case === "refresh" ? [action.value.members, action.value.oldMembers] : [];
  const found = lists.flat().find((member) => member.partyId === partyId);
  return found?.shareIndex ?? partyIds.indexOf(partyId as "p1") + 1;
}

/** The epoch that the acknowledgements of an intent vouch for. */
export const epochOfIntent = (intent: Intent): Uint8Array =>
  epochOf(keyId, intent.action.case === "refresh" ? intentIdOf(toBinary(IntentSchema, intent)) : h2);

interface Continuing {
  /** The intent whose epoch it continues. */
  readonly from: Intent;
  readonly epochNumber: number;
  /**
   * The holders of shares afterwards. Other holders than before make it a reshare, in which all
   * holders before are dealers. Newcomers have the indices after the highest.
   */
  readonly holders?: readonly string[];
  readonly change?: Record<string, unknown>;
}

/** An intent that makes a further epoch of the key. */
export function refreshIntent(sessionId: string, nowMs: number, { from, epochNumber, holders = partyIds, change }: Continuing): Intent {
  const oldMembers = from.action.case === "keygen" || from.action.case === "refresh" ? from.action.value.members : members;
  const stays = oldMembers.filter(({ partyId }) => holders.includes(partyId));
  const comes = members.filter(({ partyId }) => holders.includes(partyId) && stays.every((member) => member.partyId !== partyId));
  const value = {
    kind: stays.length === oldMembers.length && comes.length === 0 ? "refresh" : "reshare",
    keyId,
    scheme: "ecdsa-secp256k1",
    publicKey,
    chain,
    epochNumber,
    oldEpoch: epochOfIntent(from),
    oldThreshold: 2,
    oldMembers,
    oldPublicShares: oldMembers.map((_, at) => secp256k1.getPublicKey(seed(20 + at), true)),
    dealers: oldMembers.map(({ shareIndex }) => shareIndex),
    threshold: 2,
    members: [...stays, ...comes.map((member, at) => ({ ...member, shareIndex: partyIds.length + 1 + at }))],
    ...change,
  };
  return create(IntentSchema, { ...frame(sessionId, nowMs, 120_000), action: { case: "refresh", value } });
}

/** The certificate that its holders and dealers would make of it. */
export function certificateOf(intent: Intent, change: Vouched = {}): Certificate {
  const { action } = intent;
  const holders = action.case === "keygen" || action.case === "refresh" ? action.value.members.map(({ partyId }) => partyId) : [];
  const dealers = action.case === "refresh" ? action.value.dealers : [];
  const before = action.case === "refresh" ? action.value.oldMembers : [];
  const leaving = before.flatMap(({ partyId, shareIndex }) =>
    dealers.includes(shareIndex) && !holders.includes(partyId) ? [partyId] : [],
  );
  const [acks, dealerAcks] = [holders, leaving].map((ids) => ids.map((id) => ack(id, intent, change)));
  return create(CertificateSchema, { intent: signed(intent), acks: acks ?? [], dealerAcks: dealerAcks ?? [] });
}

export const digest = seed(42);
export function signIntent(
  sessionId: string,
  nowMs: number,
  change: MessageInitShape<typeof SignActionSchema> & { lifeMs?: number } = {},
): Intent {
  const { lifeMs = 60_000, ...over } = change;
  const value = { keyId, publicKey, scheme: "ecdsa-secp256k1", message: digest, eligible: [...partyIds], required: [], ...over };
  return create(IntentSchema, { ...frame(sessionId, nowMs, lifeMs), action: { case: "sign", value } });
}
export function signed(intent: Intent, key: IdentityKey = initiator): Signed {
  return signStatement(key, signatureTags.intent, intent.initiatorId, toBinary(IntentSchema, intent));
}
export const text = (statement: Signed): string => Buffer.from(toBinary(SignedSchema, statement)).toString("base64");

export function abandonment(intent: Intent, key: IdentityKey = initiator): Signed {
  const intentId = intentIdOf(toBinary(IntentSchema, intent));
  const body = create(AbandonmentSchema, { sessionId: intent.sessionId, intentId, initiatorId: intent.initiatorId });
  return signStatement(key, signatureTags.abandon, "account", toBinary(AbandonmentSchema, body));
}
/** `key` is what it vouches for, instead of the account's own. */
interface Vouched {
  readonly h2?: Uint8Array | undefined;
  readonly key?: ReturnType<typeof keyOf>;
}
export const theKey = { keyId, publicKey, chain };
export function ack(partyId: string, intent: Intent, change: Vouched = {}): Signed {
  // Every run that makes a further epoch has an h2 of its own.
  const said = change.h2 ?? (intent.action.case === "refresh" ? intentIdOf(toBinary(IntentSchema, intent)) : h2);
  const key = { ...keyOf(intent), ...change.key };
  const body = create(AckSchema, {
    ...key,
    epoch: epochOf(key.keyId, said),
    h2: said,
    shareIndex: indexIn(intent, partyId),
    intentId: intentIdOf(toBinary(IntentSchema, intent)),
    sessionId: intent.sessionId,
    epochNumber: intent.action.case === "refresh" ? intent.action.value.epochNumber : 0,
  });
  return signStatement(identities[partyId]!, signatureTags.ack, partyId, toBinary(AckSchema, body));
}
/** An intent that makes the pair of two holders anew in the epoch that the keygen founds. */
export function renewIntent(sessionId: string, nowMs: number, change: Record<string, unknown> = {}): Intent {
  const of = { keyId, scheme: "ecdsa-secp256k1", epoch: epochOf(keyId, h2), epochNumber: 0 };
  const value = { ...of, shareIndexLo: 1, shareIndexHi: 2, generation: 1, oldPairId: seed(0), ...change };
  return create(IntentSchema, { ...frame(sessionId, nowMs, 60_000), action: { case: "renew", value } });
}
/** An intent that gives p3 its share of that epoch back. */
export function repairIntent(sessionId: string, nowMs: number, change: Record<string, unknown> = {}): Intent {
  const of = { keyId, scheme: "ecdsa-secp256k1", epoch: epochOf(keyId, h2), epochNumber: 0, threshold: 2 };
  const publicShares = partyIds.map((_, at) => secp256k1.getPublicKey(seed(20 + at), true));
  const value = { ...of, helpers: [1, 2], receiver: members[2]!, publicShares, ...change };
  return create(IntentSchema, { ...frame(sessionId, nowMs, 60_000), action: { case: "repair", value } });
}
/** What an end of a pair acknowledges. Each renewal makes another pair. */
export function pairAck(partyId: string, intent: Intent, change: Record<string, unknown> = {}): Signed {
  if (intent.action.case !== "renew") throw new Error("the intent renews no pair");
  const intentId = intentIdOf(toBinary(IntentSchema, intent));
  const { epoch, shareIndexLo, shareIndexHi, generation } = intent.action.value;
  const shareIndex = partyIds.indexOf(partyId as "p1") + 1;
  const said = {
    keyId,
    epoch,
    shareIndexLo,
    shareIndexHi,
    generation,
    pairId: intentId,
    intentId,
    sessionId: intent.sessionId,
    shareIndex,
  };
  const body = toBinary(PairAckSchema, create(PairAckSchema, { ...said, ...change }));
  return signStatement(identities[partyId]!, signatureTags.pairAck, partyId, body);
}
/** The certificate that both ends of a renewal make. */
export function pairCertificateOf(intent: Intent): PairCertificate {
  if (intent.action.case !== "renew") throw new Error("the intent renews no pair");
  const { shareIndexLo, shareIndexHi } = intent.action.value;
  const acks = [shareIndexLo, shareIndexHi].map((index) => pairAck(partyIds[index - 1]!, intent));
  return create(PairCertificateSchema, { intent: signed(intent), acks });
}
/** An intent that exports the key in the epoch that the keygen founds. */
export function exportIntent(sessionId: string, nowMs: number, change: Record<string, unknown> = {}): Intent {
  const of = { keyId, scheme: "ecdsa-secp256k1", epoch: epochOf(keyId, h2), epochNumber: 0 };
  const value = { ...of, recipient: seed(77), reason: "leaving", ...change };
  return create(IntentSchema, { ...frame(sessionId, nowMs, 60_000), action: { case: "export", value } });
}
/** The key that a party gives for an import. */
export function importRecipient(partyId: string, nonce: Uint8Array, change: Record<string, unknown> = {}): Signed {
  const body = create(ImportRecipientSchema, { nonce, partyId, x25519: seed(79), expiresAtMs: BigInt(Date.now() + 60_000), ...change });
  return signStatement(identities[partyId]!, signatureTags.importRecipient, partyId, toBinary(ImportRecipientSchema, body));
}
/** An intent that imports a key, which p1 deals. */
export function importIntent(sessionId: string, nowMs: number, change: Record<string, unknown> = {}): Intent {
  const { action, ...rest } = keygenIntent(sessionId, nowMs);
  const given = { publicKey, chain, importer: 1, recipient: seed(79), sealedKey: new Uint8Array(82), ...change };
  const value = create(ImportActionSchema, { keygen: action.value as KeygenAction, ...given });
  return create(IntentSchema, { ...rest, action: { case: "import", value } });
}
/** What a party answers to an export. */
export function release(partyId: string, intentId: Uint8Array, change: Record<string, unknown> = {}): Signed {
  const body = create(ReleaseSchema, { intentId, keyId, partyId, document: seed(78), ...change });
  return signStatement(identities[partyId]!, signatureTags.release, partyId, toBinary(ReleaseSchema, body));
}
/** What a party says that it holds of the key, in the epoch that the keygen founds. */
export function holding(partyId: string, nonce: Uint8Array, change: Record<string, unknown> = {}): Signed {
  const points = partyIds.map((_, at) => ({ shareIndex: at + 1, point: secp256k1.getPublicKey(seed(20 + at), true) }));
  const shareIndex = partyIds.indexOf(partyId as "p1") + 1;
  const pairs = points
    .filter((point) => point.shareIndex !== shareIndex)
    .map((point) => ({ shareIndex: point.shareIndex, state: "usable", pairId: samePair(shareIndex, point.shareIndex) }));
  const body = create(HoldingSchema, {
    ...{ keyId, nonce, partyId, epoch: epochOf(keyId, h2), epochNumber: 0, highestEpochNumber: 3 },
    ...{ share: "held", shareIndex, publicShares: points, pairs },
    ...change,
  });
  return signStatement(identities[partyId]!, signatureTags.holding, partyId, toBinary(HoldingSchema, body));
}
/** What a party says that it has sealed of the key. */
export function backup(partyId: string, nonce: Uint8Array, change: Record<string, unknown> = {}): Signed {
  const shareIndex = partyIds.indexOf(partyId as "p1") + 1;
  const copies = [{ recipient: seed(70), document: seed(71 + shareIndex), madeAtMs: 1_796_032_800_000n }];
  const body = create(BackupSchema, { keyId, nonce, partyId, epoch: epochOf(keyId, h2), epochNumber: 0, shareIndex, copies, ...change });
  return signStatement(identities[partyId]!, signatureTags.backup, partyId, toBinary(BackupSchema, body));
}
/** Both ends of a pair name it alike. A test may have one of them name another. */
const samePair = (one: number, other: number): Uint8Array => seed(100 + Math.min(one, other) * 10 + Math.max(one, other));
function signingFields(partyId: string, { intent, epoch, epochNumber, signers }: Invite, pairIdOf: typeof samePair) {
  const { action } = fromBinary(IntentSchema, intent!.body);
  if (action.case !== "sign") return {};
  const self = partyIds.indexOf(partyId as "p1") + 1;
  const partners = signers.filter((index) => index !== self);
  const pairs = partners.map((shareIndex) => ({ shareIndex, pairId: pairIdOf(self, shareIndex) }));
  return { keyId: action.value.keyId, epoch, epochNumber, pairs };
}
export function joinOf(partyId: string, instanceId: string, invite: Invite, fresh = 1, pairIdOf = samePair): Signed {
  const body = create(JoinStatementSchema, {
    rid: invite.rid,
    intentId: intentIdOf(invite.intent!.body),
    attempt: invite.attempt,
    partyId,
    instanceId,
    shareIndex: indexIn(fromBinary(IntentSchema, invite.intent!.body), partyId),
    contribution: seed(fresh),
    x25519: seed(fresh + 1),
    signers: invite.signers,
    ...signingFields(partyId, invite, pairIdOf),
  });
  return signStatement(identities[partyId]!, signatureTags.join, partyId, toBinary(JoinStatementSchema, body));
}

/** An accusation for the attempt of an invite or a start. */
export function accusation(
  partyId: string,
  { sessionId, rid }: Pick<Invite, "sessionId" | "rid">,
  culprits: number[],
  consequence: "retry" | "burn" = "burn",
  { code, round, report }: { code: string; round: number; report: keyof typeof accusationTags } = {
    code: "mpc/ot-check-failed",
    round: 0,
    report: "aborted",
  },
): Signed {
  const body = create(AccusationSchema, { sessionId, rid, partyId, code, culprits, consequence, round });
  return signStatement(identities[partyId]!, accusationTags[report], partyId, toBinary(AccusationSchema, body));
}

/** A party's signed word that it waits for these members' messages of `round`. */
export function waitsFor(partyId: string, attempt: Pick<Invite, "sessionId" | "rid" | "attempt">, round: number, culprits: number[]): Body {
  const { sessionId, rid } = attempt;
  const signed = accusation(partyId, attempt, culprits, "retry", { code: "coordinator/no-progress", round, report: "progress" });
  const value = { $typeName: "covault.v1.Progress" as const, sessionId, attempt: attempt.attempt, rid, round, accusation: signed };
  return { case: "progress", value };
}

/** Publishes what a router would publish for a party. */
export async function send(broker: Broker, partyId: string, instanceId: string, body: Body): Promise<void> {
  const payload = toBinary(EnvelopeSchema, create(EnvelopeSchema, { body }));
  const routed = create(RoutedMessageSchema, { from: { partyId, instanceId }, to: { partyId: "coordinator", instanceId: "" }, payload });
  await broker.publish(coordinatorQueue, toBinary(RoutedMessageSchema, routed));
}

export interface ActOptions {
  /** Says another message instead, and returns true if it did. */
  readonly instead?: (body: Body) => Promise<boolean> | boolean;
  readonly instanceId?: string;
  readonly load?: number;
}
export interface Actor {
  /** What it says instead from now on. */
  instead: ActOptions["instead"];
  readonly partyId: string;
  readonly instanceId: string;
  /** Everything it received, oldest first. */
  readonly heard: Body[];
  readonly say: (body: Body) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A party that is connected and plays along. */
export async function actor(broker: Broker, presence: Presence, partyId: string, options: ActOptions = {}): Promise<Actor> {
  const instanceId = options.instanceId ?? `${partyId}-a`;
  const heard: Body[] = [];
  const intents = new Map<string, Intent>();
  const joins = new Map<string, Signed>();
  const say = (body: Body) => send(broker, partyId, instanceId, body);

  async function play(body: Body): Promise<void> {
    if (body.case === "invite") {
      const { sessionId, attempt, joinToken } = body.value;
      intents.set(sessionId, fromBinary(IntentSchema, body.value.intent!.body));
      const join = joins.get(`${sessionId}/${attempt}`) ?? joinOf(partyId, instanceId, body.value);
      joins.set(`${sessionId}/${attempt}`, join);
      await say({ case: "join", value: { $typeName: "covault.v1.Join", sessionId, attempt, joinToken, join } });
    } else if (body.case === "holdingRequest") {
      await say({ case: "holdingReport", value: create(HoldingReportSchema, { holding: holding(partyId, body.value.nonce) }) });
    } else if (body.case === "backupRequest") {
      await say({ case: "backupReport", value: create(BackupReportSchema, { backup: backup(partyId, body.value.nonce) }) });
    } else if (body.case === "importRecipientRequest") {
      const recipient = importRecipient(partyId, body.value.nonce);
      await say({ case: "importRecipientReport", value: create(ImportRecipientReportSchema, { recipient }) });
    } else if (body.case === "exportRequest") {
      const answer = release(partyId, intentIdOf(body.value.intent!.body));
      await say({ case: "exportReport", value: create(ExportReportSchema, { release: answer }) });
    } else if (body.case === "start") {
      const { sessionId, attempt, rid } = body.value;
      const intent = intents.get(sessionId);
      await say({ case: "progress", value: { $typeName: "covault.v1.Progress", sessionId, attempt, rid, round: 1 } });
      await say({ case: "progress", value: { $typeName: "covault.v1.Progress", sessionId, attempt, rid, round: 2 } });
      if (intent?.action.case === "sign") {
        const signature = signatureFor(intent);
        await say({ case: "result", value: create(SessionResultSchema, { sessionId, attempt, rid, signatures: [signature] }) });
      } else if (intent?.action.case === "renew") {
        await say({ case: "pairAcknowledged", value: create(PairAcknowledgedSchema, { sessionId, ack: pairAck(partyId, intent) }) });
      } else if (intent?.action.case === "repair") {
        // The receiver says unasked what it holds.
        if (intent.action.value.receiver?.partyId === partyId)
          await say({ case: "holdingReport", value: create(HoldingReportSchema, { holding: holding(partyId, rid) }) });
      } else if (intent !== undefined) {
        await say({ case: "acknowledged", value: { $typeName: "covault.v1.Acknowledged", sessionId, ack: ack(partyId, intent) } });
      }
    }
  }
  const receive = async (message: { readonly body: Uint8Array }) => {
    const { body } = fromBinary(EnvelopeSchema, fromBinary(RoutedMessageSchema, message.body).payload);
    if (body.case === undefined) return;
    heard.push(body);
    if ((await one.instead?.(body)) !== true) await play(body);
  };
  const entry = { partyId, instanceId, routerId: "r", streamId: "s", connectedAtMs: 0, sessions: options.load ?? 0 };
  await presence.put(entry, 3_600_000);
  const stops: StopConsuming[] = [];
  const one: Actor = {
    instead: options.instead,
    partyId,
    instanceId,
    heard,
    say,
    async stop() {
      await presence.remove(partyId, instanceId);
      for (const stop of stops) await stop();
    },
  };
  stops.push(await broker.consume(partyQueue(partyId), receive), await broker.consume(partyQueue(partyId, instanceId), receive));
  return one;
}
