// The secret side of one attempt: join key, channels, machine, plain share, sealing at rest. It
// runs inside a worker, or in the caller's thread where there are no workers (some browsers,
// tests).
import { deriveChannel, makeJoinKeys, type PairChannel } from "@covault/channel";
import { asCovaultError, CovaultError, type ErrorCode } from "@covault/errors";
import { sealShare, verifySealedShare } from "@covault/mpc/backup";
import { type Machine, protocolCodes, type ShareIndex, type Turn, type Verdict } from "@covault/mpc/protocol";
import { decodeHeader, encodeHeader } from "@covault/wire";
import { openKey, type PrivateKey } from "../import/sealed-key.ts";
import type { Entropy } from "../ports/entropy.ts";
import type { NewPair } from "../ports/pairs.ts";
import type { Outcome, PlainPair, Protocol, Protocols, ShareFacts, SharePlain } from "../protocols/protocol.ts";
import { shareCodecOf } from "../protocols/registry.ts";
import { eraseKeys, type KeyRing, openBlob, sealBlob } from "../vault/blob.ts";
import { pairAad, roundAad } from "../vault/vault.ts";
import {
  type AttemptSecrets,
  eraseSecrets,
  type ImportedKey,
  type Job,
  type RecipientJob,
  type SealedMessage,
  type SealedShare,
  type Sealing,
  type Shape,
  type ShareAtRest,
  type Turned,
} from "./runner.ts";

interface Running {
  readonly job: Job;
  readonly protocol: Protocol;
  readonly machine: Machine<unknown>;
  readonly channels: Map<number, PairChannel>;
}

export class AttemptCore implements AttemptSecrets {
  readonly #protocols: Protocols;
  readonly #entropy: Entropy;
  #privateKey: Uint8Array | undefined;
  #running: Running | undefined;
  #made: Extract<Outcome, { kind: "share" | "pair" }> | undefined;
  /** The secret of a share that was made again. */
  #repaired: Uint8Array | undefined;
  /** Plain secrets to overwrite at the end. */
  readonly #secrets: Uint8Array[] = [];

  constructor(protocols: Protocols, entropy: Entropy) {
    this.#protocols = protocols;
    this.#entropy = entropy;
  }

  async joinKey(): Promise<Uint8Array> {
    const seed = this.#entropy.bytes(32);
    const keys = makeJoinKeys(seed);
    seed.fill(0);
    this.#privateKey = this.#keep(keys.privateKey);
    return keys.publicKey;
  }

  async start(job: Job): Promise<{ shape: Shape; turned: Turned }> {
    try {
      const privateKey = this.#privateKey;
      if (privateKey === undefined || this.#running !== undefined)
        throw new CovaultError("party/bad-order", "A session starts once, after its join.");
      const protocol = this.#protocol(job);
      const share = job.share === undefined ? undefined : await this.#openShare(job.share, job.partyId);
      const own = job.own === undefined ? undefined : this.#keep(job.own);
      const imported = job.imported === undefined ? undefined : await this.#openImported(job.imported);
      const machine = protocol.make(job.setup, share && { ...share, keep: (secret) => this.#keep(secret) }, own, imported);
      const shape = this.#run(job, protocol, machine, privateKey);
      return { shape, turned: await this.#turned(machine.start(this.#draw())) };
    } finally {
      // In a worker they are copies of its own.
      eraseSecrets(job);
    }
  }

  async restore(job: Job, round: number, state: Uint8Array): Promise<Shape> {
    try {
      if (job.stateKeys === undefined) throw new CovaultError("party/bad-order", "This protocol's rounds are not stored.");
      const plain = this.#keep(await openBlob(job.stateKeys, roundAad(job.partyId, job.rid, job.intentId, round), state));
      const privateKey = this.#keep(plain.slice(0, 32));
      this.#privateKey = privateKey;
      const protocol = this.#protocol(job);
      return this.#run(job, protocol, protocol.restore(job.setup, this.#keep(plain.slice(32))), privateKey);
    } finally {
      eraseSecrets(job);
    }
  }

  async deliver(messages: readonly SealedMessage[]): Promise<Turned> {
    const { channels, machine } = this.#session();
    const inbox = new Map<ShareIndex, Uint8Array>();
    const unreadable: number[] = [];
    for (const { peer, header, sealed } of messages) {
      const decoded = decodeHeader(header);
      const body = decoded === undefined ? undefined : channels.get(peer)?.open(decoded, sealed);
      if (body === undefined) unreadable.push(peer);
      else inbox.set(peer as ShareIndex, this.#keep(body));
    }
    // The driver has verified the sender's signature, and all members agree on the header and the
    // join keys. A message that does not open is the sender's doing.
    if (unreadable.length > 0)
      throw new CovaultError("mpc/bad-message", `Party ${unreadable.join(", ")} signed a message that does not open.`, {
        culprits: unreadable,
      });
    return this.#turned(machine.deliver(inbox, this.#draw()));
  }

  async check(): Promise<Verdict> {
    return this.#session().machine.check();
  }

  async resume(): Promise<Turned> {
    return this.#turned(this.#session().machine.resume(this.#draw()));
  }

  async opens({ secretKeys, secretAad, secret }: ShareAtRest): Promise<boolean> {
    try {
      this.#keep(await openBlob(secretKeys, secretAad, secret)).fill(0);
      return true;
    } catch (error) {
      if (asCovaultError(error)?.code === ("party/unreadable-secret" satisfies ErrorCode)) return false;
      throw error;
    } finally {
      eraseKeys(secretKeys);
    }
  }

  async sealShare(secret: Sealing, pairKeys: KeyRing): Promise<{ secret: Uint8Array; pairs: readonly NewPair[] }> {
    try {
      const made = this.#made;
      if (made?.kind !== "share") throw new CovaultError("party/bad-order", "There is no share to seal.");
      const sealed = await sealBlob(secret.keys, secret.aad, made.share.secret, this.#entropy.bytes(12));
      const pairs: NewPair[] = [];
      for (const pair of made.share.pairs) pairs.push(await this.#sealed(pairKeys, made.facts, pair));
      return { secret: sealed, pairs };
    } finally {
      eraseKeys(secret.keys, pairKeys);
    }
  }

  async sealSecret({ keys, aad }: Sealing): Promise<Uint8Array> {
    try {
      if (this.#repaired === undefined) throw new CovaultError("party/bad-order", "There is no secret to seal.");
      return await sealBlob(keys, aad, this.#repaired, this.#entropy.bytes(12));
    } finally {
      eraseKeys(keys);
    }
  }

  async sealPair(pairKeys: KeyRing): Promise<NewPair> {
    try {
      const made = this.#made;
      if (made?.kind !== "pair") throw new CovaultError("party/bad-order", "There is no pair to seal.");
      return await this.#sealed(pairKeys, made.facts, made.pair);
    } finally {
      eraseKeys(pairKeys);
    }
  }

  async #sealed(keys: KeyRing, { keyId, epoch }: Pick<ShareFacts, "keyId" | "epoch">, pair: PlainPair): Promise<NewPair> {
    const { partner, pairId } = pair;
    const aad = pairAad(this.#session().job.partyId, { keyId, epoch, partner }, pair);
    return { partner, pairId, state: await sealBlob(keys, aad, pair.state, this.#entropy.bytes(12)) };
  }

  async sealTo({ share, scheme, statement }: RecipientJob): Promise<Uint8Array> {
    try {
      const stored = this.#keep(await openBlob(share.secretKeys, share.secretAad, share.secret));
      const sealed = sealShare(statement, this.#keep(shareCodecOf(scheme).secret(stored)), this.#draw());
      // A backup that does not open is found when it is made, and not when it is needed.
      verifySealedShare(statement, sealed);
      return sealed;
    } finally {
      eraseKeys(share.secretKeys);
    }
  }

  end(): void {
    this.#running?.machine.wipe();
    for (const channel of this.#running?.channels.values() ?? []) channel.wipe();
    for (const secret of this.#secrets) secret.fill(0);
    this.#secrets.length = 0;
    this.#privateKey = undefined;
    this.#running = undefined;
    this.#made = undefined;
    this.#repaired = undefined;
  }

  /**
   * Makes the channels. Whatever fails from here on, `end` wipes the machine and the channels that
   * there are.
   */
  #run(job: Job, protocol: Protocol, machine: Machine<unknown>, privateKey: Uint8Array): Shape {
    const stateKeys = job.stateKeys?.map(({ masterId, key }) => ({ masterId, key: this.#keep(new Uint8Array(key)) }));
    const channels = new Map<number, PairChannel>();
    this.#running = { job: { ...job, stateKeys }, protocol, machine, channels };
    for (const peer of machine.peers) channels.set(peer, openChannel(job, peer, privateKey));
    return shapeOf(machine);
  }

  async #turned(turn: Turn<unknown>): Promise<Turned> {
    const { job, protocol, channels, machine } = this.#session();
    if (turn.kind === "guard") return { kind: "guard", partners: [...turn.partners] };
    if (turn.kind === "done") {
      const outcome = protocol.outcome(turn.output, job.self);
      if (outcome.kind === "repaired") {
        this.#repaired = outcome.share && this.#keep(outcome.share.secret);
        return { kind: "repaired", record: outcome.share?.record };
      }
      if (outcome.kind !== "share" && outcome.kind !== "pair") return outcome;
      this.#made = outcome;
      if (outcome.kind === "pair") {
        this.#keep(outcome.pair.state);
        return { kind: "pair", facts: outcome.facts };
      }
      this.#keep(outcome.share.secret);
      for (const { state } of outcome.share.pairs) this.#keep(state);
      return { kind: "share", facts: outcome.facts, record: outcome.share.record };
    }
    const messages = [...turn.outbox].map(([peer, body]): SealedMessage => {
      const header = {
        protocol: protocolCodes[machine.protocol],
        round: turn.round,
        from: job.self,
        to: peer,
        rid: job.rid,
        sid: machine.sid,
      };
      const sealed = (channels.get(peer) as PairChannel).seal(header, body);
      this.#keep(body);
      return { peer, header: encodeHeader(header), sealed };
    });
    return {
      kind: "exchange",
      round: turn.round,
      messages,
      state: job.stateKeys === undefined ? undefined : await this.#sealState(turn.round),
    };
  }

  async #sealState(round: number): Promise<Uint8Array> {
    const { job, machine } = this.#session();
    const snapshot = this.#keep(machine.snapshot());
    const plain = this.#keep(new Uint8Array(32 + snapshot.length));
    plain.set(this.#privateKey as Uint8Array);
    plain.set(snapshot, 32);
    const aad = roundAad(job.partyId, job.rid, job.intentId, round);
    return sealBlob(job.stateKeys ?? [], aad, plain, this.#entropy.bytes(12));
  }

  async #openShare(sealed: SealedShare, partyId: string): Promise<SharePlain> {
    const { record, keyId, epoch } = sealed;
    const secret = this.#keep(await openBlob(sealed.secretKeys, sealed.secretAad, sealed.secret));
    const pairs: PlainPair[] = [];
    for (const pair of sealed.pairs) {
      const aad = pairAad(partyId, { keyId, epoch, partner: pair.partner }, pair);
      pairs.push({ ...pair, state: this.#keep(await openBlob(sealed.pairKeys, aad, pair.state)) });
    }
    return { record, secret, pairs };
  }

  async #openImported({ terms, sealedKey, privateKey, privateKeys, privateAad }: ImportedKey): Promise<PrivateKey> {
    const opened = openKey(terms, sealedKey, this.#keep(await openBlob(privateKeys, privateAad, privateKey)));
    this.#keep(opened.bytes);
    return opened;
  }

  #protocol(job: Job): Protocol {
    const protocol = this.#protocols.find(({ name, scheme }) => name === job.protocol && scheme === job.scheme);
    if (protocol === undefined)
      throw new CovaultError("party/unknown-protocol", `This party does not run ${job.protocol} for ${job.scheme}.`);
    return protocol;
  }
  #session(): Running {
    if (this.#running === undefined) throw new CovaultError("party/bad-order", "The session has not started, or it has ended.");
    return this.#running;
  }
  #draw(): Uint8Array {
    return this.#keep(this.#entropy.bytes(32));
  }
  #keep<B extends Uint8Array>(secret: B): B {
    this.#secrets.push(secret);
    return secret;
  }
}

function openChannel({ rid, intentId, joinsDigest, self, joinKeys }: Job, peer: number, privateKey: Uint8Array): PairChannel {
  const peerPublicKey = joinKeys.get(peer);
  if (peerPublicKey === undefined) throw new CovaultError("party/bad-order", `There is no join of party ${peer}.`);
  return deriveChannel({ privateKey, peerPublicKey, rid, intentId, joinsDigest, self, peer });
}

function shapeOf(machine: Machine<unknown>): Shape {
  const { sid, peers, rounds } = machine;
  const bodyBytes = Array.from(
    { length: rounds },
    (_, k) => new Map(peers.map((peer) => [peer as number, machine.bodyBytes(k + 1, peer)])),
  );
  return { sid, peers: [...peers], rounds, bodyBytes };
}
