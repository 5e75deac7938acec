// A coordinator in memory, reduced to what parties see of one: it invites, collects joins, starts,
// and remembers what is reported. A test may make it lie. It has no key, and only those intents of
// the initiator that it was given.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Address, Transport } from "@covault/party";
import { foundingOf } from "@covault/trust";
import {
  type Aborted,
  AccusationSchema,
  AckSchema,
  BackupRequestSchema,
  CancelSchema,
  type Certificate,
  CertificateSchema,
  CommittedSchema,
  type Decline,
  type Envelope,
  EnvelopeSchema,
  ExportRequestSchema,
  HoldingRequestSchema,
  ImportRecipientRequestSchema,
  IntentSchema,
  InviteSchema,
  type Join,
  PairAcknowledgedSchema,
  type PairCertificate,
  PairCertificateSchema,
  PairCommittedSchema,
  type Signed,
  StartSchema,
} from "@covault/wire";
import type { Seeded } from "./seeded.ts";

export interface TestSession {
  readonly sessionId: string;
  readonly intent: Signed;
  attempt: number;
  rid: Uint8Array;
  signers: readonly number[];
  /** The joins of the current attempt, by share index. */
  joins: Map<number, Join>;
  started: boolean;
  readonly declines: (Decline & Held)[];
  readonly aborts: (Aborted & Held)[];
  readonly signatures: Uint8Array[];
  readonly acks: Map<string, Signed>;
  certificate: Certificate | undefined;
  /** The acknowledgements of a pair, by party id, and the certificate of both. */
  readonly pairAcks: Map<string, Signed>;
  pairCertificate: PairCertificate | undefined;
}

/** What a report holds against others, as its accusation says. It is not verified here. */
interface Held {
  readonly culprits: readonly number[];
  readonly consequence: string;
}

interface SigningEpoch {
  readonly epoch: Uint8Array;
  readonly epochNumber: number;
  /**
   * The chain, with the founding certificate first. When it is left out, invites carry no
   * certificates, which does for the epoch that a party has committed.
   */
  readonly certificates?: readonly Certificate[];
}

/** The party ids by share index, of all parties that may be invited. */
export type Seats = ReadonlyMap<number, string>;

export class TestCoordinator {
  readonly sessions = new Map<string, TestSession>();
  readonly #transport: Transport;
  readonly #entropy: Seeded;
  readonly #seats: Seats;
  /** The most certificates of an invite, and of one answer. */
  shownMax = Number.POSITIVE_INFINITY;
  pageMax = 32;
  /** What parties said that they hold of a key. */
  readonly holdings: Signed[] = [];
  /** The keys for imports that parties gave. */
  readonly importRecipients: Signed[] = [];
  /** What parties answered to exports. */
  readonly releases: Signed[] = [];
  /** What parties said that they have sealed of a key. */
  readonly backups: Signed[] = [];
  /** The epoch that signs and that is continued, by key id. */
  readonly #epochs = new Map<string, SigningEpoch>();
  /** Replaces the joins that Start carries. `to` is the share index of the receiver. */
  alterStart: (joins: readonly Signed[], to: number) => readonly Signed[] = (joins) => joins;

  constructor(transport: Transport, entropy: Seeded, seats: Seats) {
    this.#transport = transport;
    this.#entropy = entropy;
    this.#seats = seats;
    transport.onEnvelope(async (from, bytes) => this.#receive(from, fromBinary(EnvelopeSchema, bytes)));
  }

  open(intent: Signed, signers: readonly number[]): TestSession {
    const { sessionId } = fromBinary(IntentSchema, intent.body);
    const session: TestSession = {
      sessionId,
      intent,
      attempt: 0,
      rid: new Uint8Array(32),
      signers,
      joins: new Map(),
      started: false,
      declines: [],
      aborts: [],
      signatures: [],
      acks: new Map(),
      certificate: undefined,
      pairAcks: new Map(),
      pairCertificate: undefined,
    };
    this.sessions.set(sessionId, session);
    this.attempt(session, signers);
    return session;
  }

  /**
   * Begins the next attempt with the signers that the test chooses. The former attempt is
   * cancelled.
   */
  attempt(session: TestSession, signers: readonly number[]): void {
    if (session.attempt > 0) this.cancel(session);
    session.attempt += 1;
    session.rid = this.#entropy.bytes(32);
    session.signers = signers;
    session.joins = new Map();
    session.started = false;
    for (const index of signers) this.invite(session, index);
  }

  /** Sets the epoch of a key for which its signatures and the runs that continue it are invited. */
  learn(keyId: Uint8Array, epoch: SigningEpoch): void {
    this.#epochs.set(String(keyId), epoch);
  }

  invite(session: TestSession, index: number): void {
    const { sessionId, attempt, rid, intent, signers } = session;
    const epoch = this.#epochOf(intent);
    const certificates = (epoch?.certificates ?? []).slice(Number.isFinite(this.shownMax) ? -this.shownMax : 0);
    const invite = create(InviteSchema, {
      sessionId,
      attempt,
      rid,
      intent,
      signers: [...signers],
      joinToken: "token",
      ...epoch,
      certificates,
    });
    this.say(index, { case: "invite", value: invite });
  }

  /** Asks a party what it holds of a key. */
  askHolding(index: number, keyId: Uint8Array, nonce: Uint8Array): void {
    this.say(index, { case: "holdingRequest", value: create(HoldingRequestSchema, { keyId, nonce }) });
  }

  /** Asks a party for a key that an import can be sealed to. */
  askImportRecipient(index: number, nonce: Uint8Array): void {
    this.say(index, { case: "importRecipientRequest", value: create(ImportRecipientRequestSchema, { nonce }) });
  }

  /** Asks a party for an export. */
  askExport(index: number, intent: Signed): void {
    this.say(index, { case: "exportRequest", value: create(ExportRequestSchema, { intent }) });
  }

  /** Asks a party to seal what is missing of a key. */
  askBackup(index: number, keyId: Uint8Array, nonce: Uint8Array): void {
    this.say(index, { case: "backupRequest", value: create(BackupRequestSchema, { keyId, nonce }) });
  }

  /** Sends Start with the joins of all signers. It may be sent again. */
  start(session: TestSession, signer: number): void {
    const { sessionId, attempt, rid, signers } = session;
    const joins = signers.map((each) => session.joins.get(each)?.join as Signed);
    const start = create(StartSchema, { sessionId, attempt, rid, joins: [...this.alterStart(joins, signer)] });
    this.say(signer, { case: "start", value: start });
  }

  cancel({ sessionId, attempt, rid, signers }: TestSession): void {
    for (const index of signers)
      this.say(index, { case: "cancel", value: create(CancelSchema, { sessionId, attempt, rid, code: "party/cancelled" }) });
  }

  say(index: number, body: Envelope["body"], instanceId = ""): void {
    const to: Address = { partyId: this.#seats.get(index) ?? "", instanceId };
    this.#transport.send(to, toBinary(EnvelopeSchema, create(EnvelopeSchema, { body })), { ttlMs: 0 }).catch(() => {});
  }

  #receive(from: Address, { body }: Envelope): void {
    if (body.case === "holdingReport" && body.value.holding !== undefined) this.holdings.push(body.value.holding);
    if (body.case === "importRecipientReport" && body.value.recipient !== undefined) this.importRecipients.push(body.value.recipient);
    if (body.case === "exportReport" && body.value.release !== undefined) this.releases.push(body.value.release);
    if (body.case === "backupReport" && body.value.backup !== undefined) this.backups.push(body.value.backup);
    const session = "sessionId" in (body.value ?? {}) ? this.sessions.get((body.value as { sessionId: string }).sessionId) : undefined;
    if (session === undefined) return;
    if (body.case === "join") this.#join(session, from, body.value);
    else if (body.case === "decline") session.declines.push({ ...body.value, ...heldIn(body.value) });
    else if (body.case === "aborted") session.aborts.push({ ...body.value, ...heldIn(body.value) });
    else if (body.case === "result") session.signatures.push(...body.value.signatures);
    else if (body.case === "acknowledged" && body.value.ack !== undefined) this.#acknowledge(session, from, body.value.ack);
    else if (body.case === "committed") session.certificate ??= body.value.certificate;
    else if (body.case === "certificateRequest") this.#show(session, from, body.value.epoch);
    else if (body.case === "pairAcknowledged" && body.value.ack !== undefined) this.#acknowledgePair(session, from, body.value.ack);
    else if (body.case === "pairCommitted") session.pairCertificate ??= body.value.certificate;
    else if (body.case === "pairRequest") this.#answerPair(session, from);
  }

  /**
   * Shows the certificates of the session's key that follow an epoch, at most a page of them. Where
   * those between are not known here, it shows the session's own.
   */
  #show({ sessionId, certificate, intent }: TestSession, to: Address, epoch: Uint8Array): void {
    const own = certificate === undefined ? [] : [certificate];
    const chain = this.#epochOf(intent)?.certificates ?? [];
    const at = chain.findIndex((each) => epochIn(each) === String(epoch));
    const isWhole = at >= 0 || (epoch.length === 0 && chain[0] !== undefined && founds(chain[0]));
    const following = [...(isWhole ? chain.slice(at + 1) : []), ...own.filter((each) => !isWhole || !chain.includes(each))].slice(
      0,
      this.pageMax,
    );
    const last = following.at(-1);
    if (last === undefined) return;
    const committed = create(CommittedSchema, { sessionId, certificate: last, earlier: following.slice(0, -1) });
    const bytes = toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: { case: "committed", value: committed } }));
    this.#transport.send(to, bytes, { ttlMs: 0 }).catch(() => {});
  }

  /** Answers an end of a pair with the certificate, or else with what the other end has said. */
  #answerPair({ sessionId, pairCertificate, pairAcks }: TestSession, to: Address): void {
    const index = [...this.#seats].find(([, partyId]) => partyId === to.partyId)?.[0] ?? 0;
    const [ack] = [...pairAcks].flatMap(([partyId, signed]) => (partyId === to.partyId ? [] : [signed]));
    if (pairCertificate !== undefined)
      this.say(index, { case: "pairCommitted", value: create(PairCommittedSchema, { sessionId, certificate: pairCertificate }) });
    else if (ack !== undefined) this.say(index, { case: "pairAcknowledged", value: create(PairAcknowledgedSchema, { sessionId, ack }) });
  }

  #epochOf(intent: Signed): SigningEpoch | undefined {
    const { action } = fromBinary(IntentSchema, intent.body);
    return action.value !== undefined && "keyId" in action.value ? this.#epochs.get(String(action.value.keyId)) : undefined;
  }

  #join(session: TestSession, from: Address, join: Join): void {
    if (join.attempt !== session.attempt || session.started) return;
    const index = [...this.#seats].find(([, partyId]) => partyId === from.partyId)?.[0];
    if (index === undefined || !session.signers.includes(index)) return;
    session.joins.set(index, join);
    if (session.joins.size < session.signers.length) return;
    session.started = true;
    for (const signer of session.signers) this.start(session, signer);
  }

  /** Makes the certificate of a pair once both ends have acknowledged it. */
  #acknowledgePair(session: TestSession, from: Address, ack: Signed): void {
    const { action } = fromBinary(IntentSchema, session.intent.body);
    if (action.case !== "renew") return;
    session.pairAcks.set(from.partyId, ack);
    const acks = [action.value.shareIndexLo, action.value.shareIndexHi].map((index) => session.pairAcks.get(this.#seats.get(index) ?? ""));
    if (acks.every((each): each is Signed => each !== undefined))
      session.pairCertificate ??= create(PairCertificateSchema, { intent: session.intent, acks });
  }

  /** Makes the certificate once all acknowledgements are there. */
  #acknowledge(session: TestSession, from: Address, ack: Signed): void {
    session.acks.set(from.partyId, ack);
    const { action } = fromBinary(IntentSchema, session.intent.body);
    const terms = foundingOf({ action }) ?? (action.case === "refresh" ? action.value : undefined);
    if (terms === undefined || session.certificate !== undefined) return;
    const { members } = terms;
    const { oldMembers = [], dealers = [] } = action.case === "refresh" ? action.value : {};
    const leaving = oldMembers.filter(
      ({ shareIndex }) => dealers.includes(shareIndex) && !members.some((member) => member.shareIndex === shareIndex),
    );
    const acks = [...members, ...leaving].map((member) => session.acks.get(member.partyId));
    if (acks.every((each): each is Signed => each !== undefined))
      session.certificate = create(CertificateSchema, {
        intent: session.intent,
        acks: acks.slice(0, members.length),
        dealerAcks: acks.slice(members.length),
      });
  }
}

const founds = ({ intent }: Certificate): boolean => foundingOf(fromBinary(IntentSchema, intent?.body ?? new Uint8Array())) !== undefined;
const epochIn = ({ acks: [ack] }: Certificate): string => String(fromBinary(AckSchema, ack?.body ?? new Uint8Array()).epoch);

function heldIn({ accusation }: Aborted | Decline): Held {
  if (accusation === undefined) return { culprits: [], consequence: "retry" };
  const { culprits, consequence } = fromBinary(AccusationSchema, accusation.body);
  return { culprits, consequence };
}
