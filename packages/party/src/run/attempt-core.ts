// The secret side of one attempt: join key, channels, machine, plain share, sealing at rest. It
// runs inside a worker, or in the caller's thread where there are no workers (some browsers,
// tests).
import { deriveChannel, makeJoinKeys, type PairChannel } from "@covault/channel";
import { CovaultError } from "@covault/errors";
import { sealShare, verifySealedShare } from "@covault/mpc/backup";
import { type Machine, protocolCodes, type ShareIndex, type Turn, type Verdict } from "@covault/mpc/protocol";
import { decodeHeader, encodeHeader } from "@covault/wire";
import { openKey, type PrivateKey } from "../import/sealed-key.ts";
import type { Entropy } from "../ports/entropy.ts";
import type { Protocol, Protocols, SharePlain } from "../protocols/protocol.ts";
import { shareCodecOf } from "../protocols/registry.ts";
import { eraseKeys, openBlob, sealBlob } from "../vault/blob.ts";
import { roundAad } from "../vault/vault.ts";
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
  #made: SharePlain | undefined;
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
      const share = job.share === undefined ? undefined : await this.#openShare(job.share);
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

  async sealShare(secret: Sealing, pairs: Sealing): Promise<{ secret: Uint8Array; pairs: Uint8Array }> {
    try {
      const made = this.#made;
      if (made === undefined) throw new CovaultError("party/bad-order", "There is no share to seal.");
      return {
        secret: await sealBlob(secret.keys, secret.aad, made.secret, this.#entropy.bytes(12)),
        pairs: await sealBlob(pairs.keys, pairs.aad, made.pairs ?? new Uint8Array(0), this.#entropy.bytes(12)),
      };
    } finally {
      eraseKeys(secret.keys, pairs.keys);
    }
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
      if (outcome.kind !== "share") return outcome;
      this.#made = outcome.share;
      this.#keep(outcome.share.secret);
      if (outcome.share.pairs !== undefined) this.#keep(outcome.share.pairs);
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

  async #openShare(sealed: SealedShare): Promise<SharePlain> {
    const secret = this.#keep(await openBlob(sealed.secretKeys, sealed.secretAad, sealed.secret));
    const pairs = sealed.pairs === undefined ? undefined : this.#keep(await openBlob(sealed.pairKeys, sealed.pairsAad, sealed.pairs));
    return { record: sealed.record, secret, pairs };
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
