// Preprocessed nonces (dkls23-spec 6.5) are one item of a pool: this party's two nonces, and what
// all members showed of theirs. Single use is absolute: answers to two messages, or twice to one,
// are equations in the nonces and the share. The store deletes an item in the statement that
// returns it, and never backs it up. Reading its bytes here erases them.
import { CovaultError } from "@covault/errors";
import { Reader, Writer } from "../../protocol/encoding/bytes.ts";
import { borrowed } from "../../protocol/encoding/inputs.ts";
import { erase, Once, type ShareIndex } from "../../protocol/index.ts";
import { type Scalar, type Suite, suites } from "../suite/index.ts";
import type { PoolItem } from "./rounds.ts";

/** An item of a pool, which is secret. */
export interface Preprocessed extends PoolItem {
  readonly suite: Suite;
  readonly epoch: Uint8Array;
  readonly self: ShareIndex;
}

// The formats of records and secrets of FROST are 0x41 and 0x42.
const format = 0x43;

/** Gives the secret bytes for the store, which encrypts them. */
export function encodePreprocessed({ suite, id, epoch, self, list, nonces }: Preprocessed): Uint8Array {
  const out = new Writer().u8(format).u8(suite.code).bytes(id).bytes(epoch).u16(self);
  out.map(list, ({ hiding, binding }) => out.bytes(hiding).bytes(binding));
  return out.bytes(nonces.hiding).bytes(nonces.binding).done();
}

/**
 * Reads and erases the bytes. Throws `mpc/bad-setup` for anything but bytes,
 * `mpc/presignature-used` for erased ones, and `mpc/bad-state` for others that cannot be read.
 */
export function takePreprocessed(given: Uint8Array): Once<Preprocessed> {
  const bytes = borrowed()(given, "preprocessed");
  const copy = new Uint8Array(bytes);
  bytes.fill(0);
  if (copy.every((byte) => byte === 0)) throw new CovaultError("mpc/presignature-used", "These nonces have been used already.");
  const from = new Reader(copy);
  const opened: Scalar[] = [];
  try {
    if (from.u8() !== format) throw new RangeError("the format is unknown");
    const code = from.u8();
    const suite = Object.values(suites).find((each) => each.code === code);
    if (suite === undefined) throw new RangeError("the suite is unknown");
    const { group } = suite;
    const [id, epoch, self] = [from.bytes(32), from.bytes(32), from.index()];
    const list = from.map(() => ({ hiding: from.bytes(group.wireBytes), binding: from.bytes(group.wireBytes) }));
    while (opened.length < 2) {
      const value = group.scalar(from.bytes(32));
      if (value === undefined || group.isZero(value)) throw new RangeError("a nonce is out of range");
      opened.push(value);
    }
    const [hiding, binding] = opened as [Scalar, Scalar];
    const nonces = { hiding, binding };
    from.end();
    const open = {
      id: id.slice(),
      epoch: epoch.slice(),
      list: new Map([...list].map(([j, sent]) => [j, { hiding: sent.hiding.slice(), binding: sent.binding.slice() }])),
    };
    return new Once<Preprocessed>({ suite, self, ...open, nonces }, [nonces.hiding, nonces.binding]);
  } catch (cause) {
    erase(...opened);
    throw new CovaultError("mpc/bad-state", "The stored nonces cannot be read.", { cause });
  } finally {
    from.erase();
    copy.fill(0);
  }
}
