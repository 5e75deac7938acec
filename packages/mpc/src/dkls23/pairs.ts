// A party stores the OT state of its pairs in this form (dkls23-spec 2.5, 7.1). It names the key,
// the epoch and its owner, and for each partner the generation and the id of the pair. Pairs of
// another run would fail the checks of honest partners, and these would burn them.
import { CovaultError } from "@covault/errors";
import { checkFormat, decode, type KeyRecord } from "../dkg/key-share.ts";
import { constantTimeEqual } from "../kernel/equal.ts";
import { TH, u16, u32 } from "../kernel/hash.ts";
import { type Reader, Writer } from "../protocol/encoding/bytes.ts";
import { borrowed, bytes, fields, index, mapOf, type Read, u32 as readU32 } from "../protocol/encoding/inputs.ts";
import type { Erasable, ShareIndex } from "../protocol/index.ts";
import type { PairState } from "./ot/index.ts";

/**
 * The OT state of the pairs of a party. It is secret, belongs to one epoch, and is never in a
 * backup. Some partners may be missing. A signature needs those of its own signers.
 */
export interface Pairs {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  /** The party that has these pairs. */
  readonly self: ShareIndex;
  readonly partners: ReadonlyMap<ShareIndex, StoredPair>;
}

export interface StoredPair extends PairState {
  /**
   * The pair's generation. A pair that was made with its epoch has 0. A renewal of this pair alone
   * gives it one of 1 to 16.
   */
  readonly generation: number;
  /** The pair's id, the same at both ends, 32 bytes. */
  readonly id: Uint8Array;
}

/** Reads the pairs of a caller. Their secrets stay where they lie. */
export const readPairs: Read<Pairs> = fields<Pairs>({
  keyId: bytes(32),
  epoch: bytes(32),
  self: index,
  partners: mapOf(
    fields<StoredPair>({
      generation: readU32,
      id: bytes(32),
      send: fields<PairState["send"]>({ delta: borrowed(16), seeds: borrowed(2048) }),
      recv: fields<PairState["recv"]>({ pairs: borrowed(4096) }),
      zeroSeed: borrowed(32),
    }),
  ),
});

/** The last generation of a pair. After it the pair needs a new epoch (dkls23-spec 7.1). */
export const LAST_GENERATION = 16;

export type Named = Pick<KeyRecord, "keyId" | "epoch" | "h2" | "self">;

const made = fields<Pick<KeyRecord, "epoch" | "h2">>({ epoch: bytes(32), h2: bytes(32) });

/**
 * Gives the id, 32 bytes, of the pair of `i` and `j` that was made with its epoch (dkls23-spec 7.1,
 * generation 0). Every holder computes the ids of all pairs from its record. Throws
 * `mpc/bad-setup`.
 */
export function firstPairId(record: Pick<KeyRecord, "epoch" | "h2">, i: ShareIndex, j: ShareIndex): Uint8Array {
  const { epoch, h2 } = made(record, "record");
  const [lo, hi] = [index(i, "i"), index(j, "j")].sort((a, b) => a - b) as [ShareIndex, ShareIndex];
  return pairIdOf({ epoch, lo, hi, generation: 0, h2 });
}

interface PairName {
  readonly epoch: Uint8Array;
  readonly lo: ShareIndex;
  readonly hi: ShareIndex;
  readonly generation: number;
  /** The digest of the run that made the pair. */
  readonly h2: Uint8Array;
}

export const pairIdOf = ({ epoch, lo, hi, generation, h2 }: PairName): Uint8Array =>
  TH("pair/id", epoch, u16(lo), u16(hi), u32(generation), h2);

/** Makes the pairs of a new epoch. */
export function firstPairs(record: Named, pairs: ReadonlyMap<ShareIndex, PairState>): Pairs {
  const { keyId, epoch, self } = record;
  const partners = [...pairs].map(([j, pair]) => [j, { ...pair, generation: 0, id: firstPairId(record, self, j) }] as const);
  return { keyId, epoch, self, partners: new Map(partners) };
}

const mismatch = (what: string): CovaultError => new CovaultError("mpc/pairs-mismatch", `The stored pairs are those of ${what}.`);

/** Throws `mpc/pairs-mismatch` unless the pairs are of this key, epoch and party. */
export function checkOwner(of: Pick<Named, "keyId" | "epoch" | "self">, pairs: Pairs): void {
  if (!constantTimeEqual(pairs.keyId, of.keyId)) throw mismatch("another key");
  if (!constantTimeEqual(pairs.epoch, of.epoch)) throw mismatch("another epoch");
  if (pairs.self !== of.self) throw mismatch(`party ${pairs.self}, and the share is that of party ${of.self}`);
}

/** Tells whether an array holds zeros alone. It takes the same time for all others. */
function isErased(secret: Erasable): boolean {
  let bits = 0;
  for (const each of secret) bits |= each;
  return bits === 0;
}

/**
 * Gives the pairs with `peers`. Throws `mpc/pairs-missing` if there is none with one of them, or an
 * erased one, and `mpc/pairs-mismatch` unless they are those of this record. Nothing has been sent
 * by then, so no honest partner's check fails.
 */
export function openPairs(record: Named, pairs: Pairs | undefined, peers: readonly ShareIndex[]): ReadonlyMap<ShareIndex, StoredPair> {
  if (pairs === undefined) throw new CovaultError("mpc/pairs-missing", "This share has no pairs: it was restored from a backup.");
  checkOwner(record, pairs);
  const lost = peers.filter((j) => !pairs.partners.has(j));
  if (lost.length > 0) throw new CovaultError("mpc/pairs-missing", `There is no pair with party ${lost.join(", ")}.`);
  const mine = new Map(peers.map((j) => [j, pairs.partners.get(j) as StoredPair]));
  const gone = peers.filter((j) => pairSecrets(mine.get(j) as StoredPair).some(isErased));
  if (gone.length > 0)
    throw new CovaultError("mpc/pairs-missing", `The pair with party ${gone.join(", ")} was erased, as one that a renewal replaces is.`);
  const strange = peers.filter((j) => {
    const { generation, id } = mine.get(j) as StoredPair;
    // The id of a renewed pair holds the digest of its own run, which no record has. It is never
    // the id of the first pair.
    return generation > LAST_GENERATION || (generation === 0) !== constantTimeEqual(id, firstPairId(record, record.self, j));
  });
  if (strange.length > 0) throw mismatch(`another generation: the pair with party ${strange.join(", ")}`);
  return mine;
}

/**
 * Gives a copy for one session, which erases it. What the caller does with its own bytes must not
 * make a partner's check fail.
 */
export const copyPair = ({ send, recv, zeroSeed, generation, id }: StoredPair): StoredPair => ({
  send: { delta: send.delta.slice(), seeds: send.seeds.slice() },
  recv: { pairs: recv.pairs.slice() },
  zeroSeed: zeroSeed.slice(),
  generation,
  id,
});

/** Gives every array of a pair that an abort overwrites. */
export const pairSecrets = ({ send, recv, zeroSeed }: PairState): readonly Erasable[] => [send.delta, send.seeds, recv.pairs, zeroSeed];

export function writePair(out: Writer, { send, recv, zeroSeed }: PairState): void {
  out.bytes(send.delta).bytes(send.seeds).bytes(recv.pairs).bytes(zeroSeed);
}

export const readPair = (from: Reader): PairState => ({
  send: { delta: from.bytes(16), seeds: from.bytes(2048) },
  recv: { pairs: from.bytes(4096) },
  zeroSeed: from.bytes(32),
});

const format = 1;

/** Encodes the pairs. Throws `mpc/bad-setup`. */
export function encodePairs(pairs: Pairs): Uint8Array {
  const { keyId, epoch, self, partners } = readPairs(pairs, "pairs");
  const out = new Writer().u8(format).bytes(keyId).bytes(epoch).u16(self);
  out.map(partners, (pair) => {
    out.u32(pair.generation).bytes(pair.id);
    writePair(out, pair);
  });
  return out.done();
}

/**
 * Decodes stored pairs. Throws `mpc/bad-setup` for anything but bytes, and `mpc/bad-share-record`
 * for bytes that are none.
 */
export const decodePairs = (stored: Uint8Array): Pairs =>
  decode("pairs", stored, (from) => {
    checkFormat(from, format);
    const [keyId, epoch, self] = [from.bytes(32), from.bytes(32), from.index()];
    const partners = from.map(() => ({ generation: from.u32(), id: from.bytes(32), ...readPair(from) }));
    return { keyId, epoch, self, partners };
  });
