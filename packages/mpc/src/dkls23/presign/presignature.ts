// A presignature (dkls23-spec 6.2) is all of a signature but the message. Single use is absolute,
// since two uses reveal the nonce and the key. The store deletes a presignature in the statement
// that returns it, and never backs it up. Reading its bytes here erases them.
import { CovaultError } from "@covault/errors";
import { TH, u16 } from "../../kernel/hash.ts";
import type { Point } from "../../kernel/point.ts";
import * as point from "../../kernel/point.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { Reader, Writer } from "../../protocol/encoding/bytes.ts";
import { borrowed } from "../../protocol/encoding/inputs.ts";
import { erase, Once, type ShareIndex } from "../../protocol/index.ts";
import type { Combined } from "../sign/combine.ts";

/** A presignature, which is secret: t of them reveal the nonce and the key. */
export interface Presignature {
  /** pid, the same at all signers, 32 bytes. */
  readonly id: Uint8Array;
  readonly epoch: Uint8Array;
  readonly self: ShareIndex;
  /** P, ascending. */
  readonly signers: readonly ShareIndex[];
  /** The ids of every pair of signers, ascending by (lo, hi). */
  readonly pairIds: readonly Uint8Array[];
  /** The tau that is in pk' and v already. */
  readonly tweak: Scalar;
  /** pk' = pk + tau G. */
  readonly publicKey: Point;
  readonly R: Point;
  readonly phi: Scalar;
  readonly u: Scalar;
  readonly v: Scalar;
}

/**
 * Makes a presignature. pid covers what all signers hold alike of rounds 1 and 2: equal pids have
 * equal R, pk', tau, P, epoch and pairs.
 */
export function presignatureOf({ quorum, item, h1, opened, R, phi, u, v }: Combined): Presignature {
  const { epoch, self, signers, pairIds } = quorum;
  const { ssid, tweak, publicKey } = item;
  const shown = [...opened].flatMap(([j, { R: nonce, rho, pk }]) => [u16(j), nonce, rho, pk]);
  return { id: TH("presig/id", ssid, h1, ...shown), epoch, self, signers, pairIds, tweak, publicKey, R, phi, u, v };
}

const format = 1;

/** Gives the secret bytes for the store, which encrypts them. */
export function encodePresignature(presignature: Presignature): Uint8Array {
  const { id, epoch, self, signers, pairIds, tweak, publicKey, R, phi, u, v } = presignature;
  const out = new Writer().u8(format).bytes(id).bytes(epoch).u16(self).indices(signers);
  for (const pairId of pairIds) out.bytes(pairId);
  for (const P of [publicKey, R]) out.bytes(point.encode64(P));
  const plain = [tweak, phi, u, v].map(scalar.toBytes);
  for (const each of plain) out.bytes(each);
  const bytes = out.done();
  erase(...plain);
  return bytes;
}

/**
 * Reads and erases the bytes. Throws `mpc/bad-setup` for anything but bytes,
 * `mpc/presignature-used` for erased ones, and `mpc/bad-state` for others that cannot be read.
 */
export function takePresignature(given: Uint8Array): Once<Presignature> {
  const bytes = borrowed()(given, "presignature");
  const copy = new Uint8Array(bytes);
  bytes.fill(0);
  if (copy.every((byte) => byte === 0)) throw new CovaultError("mpc/presignature-used", "This presignature has been used already.");
  const from = new Reader(copy);
  const opened: Scalar[] = [];
  try {
    if (from.u8() !== format) throw new RangeError("the format is unknown");
    const [id, epoch, self, signers] = [from.bytes(32), from.bytes(32), from.index(), from.indices()];
    const pairIds = Array.from({ length: (signers.length * (signers.length - 1)) / 2 }, () => from.bytes(32));
    const read = <T>(value: T | undefined): T => {
      if (value === undefined) throw new RangeError("a value is out of range");
      return value;
    };
    const [publicKey, R] = [read(point.decode64(from.bytes(64))), read(point.decode64(from.bytes(64)))];
    while (opened.length < 4) opened.push(read(scalar.fromBytes(from.bytes(32))));
    const [tweak, phi, u, v] = opened as [Scalar, Scalar, Scalar, Scalar];
    from.end();
    const open = { id: id.slice(), epoch: epoch.slice(), pairIds: pairIds.map((each) => each.slice()) };
    return new Once<Presignature>({ ...open, self, signers, tweak, publicKey, R, phi, u, v }, [phi, u, v]);
  } catch (cause) {
    erase(...opened);
    throw new CovaultError("mpc/bad-state", "The stored presignature cannot be read.", { cause });
  } finally {
    from.erase();
    copy.fill(0);
  }
}
