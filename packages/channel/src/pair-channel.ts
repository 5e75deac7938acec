// The sealed channel between two members of one attempt. Each direction has one key:
// HKDF-SHA256(secret = X25519 of the two join keys, salt = SHA-256 of the attempt's joins,
// info = label, rid, intent, from, to, both keys).
// The cipher is the AEAD ChaCha20-Poly1305, with the round number as nonce and the header as
// associated data. The joins carry the X25519 keys under identity signatures, so the peer is
// authenticated. Keys and attempt are fresh, so nothing that was sealed for another attempt,
// direction or round opens here. A nonce serves one message, of one (round, from, to). Sealed bytes
// are sent again as they are (dkls23-spec 0.6).
import {
  aeadOpen,
  aeadSeal,
  concat,
  hkdfSha256,
  isBytes,
  lengthPrefixed,
  randomBytes,
  same,
  sha256,
  utf8,
  x25519,
  x25519PublicKey,
} from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { encodeHeader, type MessageHeader, type Signed } from "@covault/wire";

/**
 * X25519 keys that are fresh for every attempt. The private key stays in memory for signing.
 * Otherwise it is stored sealed, with the rounds.
 */
export interface JoinKeys {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** `seed` is 32 fresh random bytes. Default: the platform's own. */
export function makeJoinKeys(seed: Uint8Array = randomBytes(32)): JoinKeys {
  checkKey("seed", seed);
  // The slice of a Buffer would be a view of memory that is the caller's, here and below.
  const privateKey = new Uint8Array(seed);
  return { privateKey, publicKey: x25519PublicKey(privateKey) };
}

/**
 * SHA-256 over all members' signed joins, ascending by share index. All members agree on it before
 * the first round.
 */
export function joinsDigest(joins: readonly Signed[]): Uint8Array {
  return sha256(lengthPrefixed(...joins.map((join) => join.body)));
}

export interface ChannelSetup {
  /** This member's X25519 private key, 32 bytes. */
  readonly privateKey: Uint8Array;
  /**
   * Its public half. It is computed when it is absent, which takes four times as long as the rest.
   */
  readonly publicKey?: Uint8Array;
  /** The peer's X25519 key from its verified join, 32 bytes. */
  readonly peerPublicKey: Uint8Array;
  /** The routing id of the attempt, 32 bytes. */
  readonly rid: Uint8Array;
  /** The intent's id, 32 bytes. */
  readonly intentId: Uint8Array;
  /** The `joinsDigest` of the attempt, 32 bytes. */
  readonly joinsDigest: Uint8Array;
  /** The share indices of the two members, 1..65535. */
  readonly self: number;
  readonly peer: number;
}

export interface PairChannel {
  /**
   * Seals a body. Throws `channel/round-reused` for other bytes in a round that was sealed already,
   * because a nonce serves one message.
   */
  readonly seal: (header: MessageHeader, body: Uint8Array) => Uint8Array;
  /**
   * Gives the body, or undefined when it is not authentic for this attempt, direction, round and
   * header. The caller then drops and counts the message.
   */
  readonly open: (header: MessageHeader, sealed: Uint8Array) => Uint8Array | undefined;
  /**
   * Overwrites the keys at the end of the attempt. From then on `seal` throws
   * `channel/bad-context`, and `open` opens nothing.
   */
  readonly wipe: () => void;
}

export function deriveChannel(setup: ChannelSetup): PairChannel {
  checkSetup(setup);
  const mine = setup.publicKey ?? x25519PublicKey(setup.privateKey);
  const shared = x25519(setup.privateKey, mine, setup.peerPublicKey);
  if (shared === undefined) throw new CovaultError("channel/bad-key", `The join key of party ${setup.peer} is a weak point.`);
  const sealKey = directionKey(shared, setup, setup.self, setup.peer, mine, setup.peerPublicKey);
  const openKey = directionKey(shared, setup, setup.peer, setup.self, setup.peerPublicKey, mine);
  shared.fill(0);
  const sealed = new Map<number, string>();
  const rid = new Uint8Array(setup.rid);
  let wiped = false;
  const fits = (header: MessageHeader, from: number, to: number): boolean =>
    header.from === from && header.to === to && inRange(header.round, 255) && same(header.rid, rid) && header.sid.length === 32;
  return Object.freeze({
    seal(header: MessageHeader, body: Uint8Array): Uint8Array {
      // Under keys of zeros anybody could read it.
      if (wiped) throw new CovaultError("channel/bad-context", `The channel to party ${setup.peer} has ended.`);
      if (!fits(header, setup.self, setup.peer))
        throw new CovaultError(
          "channel/bad-context",
          `A message ${header.from} -> ${header.to} does not belong to the channel ${setup.self} -> ${setup.peer}.`,
        );
      const associated = encodeHeader(header);
      const digest = String.fromCharCode(...sha256(associated, body));
      const before = sealed.get(header.round);
      if (before !== undefined && before !== digest)
        throw new CovaultError("channel/round-reused", `Round ${header.round} for party ${setup.peer} was sealed before with other bytes.`);
      sealed.set(header.round, digest);
      return aeadSeal(sealKey, nonce(header.round), associated, body);
    },
    open(header: MessageHeader, bytes: Uint8Array): Uint8Array | undefined {
      if (wiped || !fits(header, setup.peer, setup.self)) return undefined;
      return aeadOpen(openKey, nonce(header.round), encodeHeader(header), bytes);
    },
    wipe(): void {
      wiped = true;
      sealKey.fill(0);
      openKey.fill(0);
      sealed.clear();
    },
  });
}

function checkKey(name: string, key: unknown): void {
  if (isBytes(key, 32)) return;
  const got = isBytes(key) ? `${key.length}` : "none";
  throw new CovaultError("channel/bad-key", `${name}: expected 32 bytes, got ${got}.`);
}

function checkSetup(setup: ChannelSetup): void {
  if (setup.publicKey !== undefined) checkKey("publicKey", setup.publicKey);
  for (const name of ["privateKey", "peerPublicKey", "rid", "intentId", "joinsDigest"] as const) checkKey(name, setup[name]);
  if (!inRange(setup.self, 65535) || !inRange(setup.peer, 65535) || setup.self === setup.peer)
    throw new CovaultError(
      "channel/bad-context",
      `A channel joins two different share indices of 1..65535, not ${setup.self} and ${setup.peer}.`,
    );
}

function directionKey(
  secret: Uint8Array,
  setup: ChannelSetup,
  from: number,
  to: number,
  fromKey: Uint8Array,
  toKey: Uint8Array,
): Uint8Array {
  // Every field has a fixed length, so the concatenation has one reading.
  const indices = Uint8Array.of(from >> 8, from & 255, to >> 8, to & 255);
  return hkdfSha256(secret, setup.joinsDigest, concat(utf8("covault/channel/v1"), setup.rid, setup.intentId, indices, fromKey, toKey));
}

function nonce(round: number): Uint8Array {
  const bytes = new Uint8Array(12);
  bytes[11] = round;
  return bytes;
}

const inRange = (value: number, max: number): boolean => Number.isInteger(value) && value >= 1 && value <= max;
