// A writer and a reader turn plain data into bytes and back, for what a party stores. Fields have a
// fixed length and a fixed order, and integers are big-endian.
import { erase } from "../erase.ts";
import { type ShareIndex, shareIndex } from "../share-index.ts";

export class Writer {
  readonly #parts: Uint8Array[] = [];

  u8(value: number): this {
    return this.bytes(Uint8Array.of(value));
  }
  u16(value: number): this {
    return this.bytes(Uint8Array.of(value >> 8, value & 255));
  }
  u32(value: number): this {
    return this.bytes(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));
  }
  /** Writes the bytes alone. The reader has to know their number. */
  bytes(value: Uint8Array): this {
    this.#parts.push(value);
    return this;
  }
  /** Writes the length as u32, then the bytes. */
  field(value: Uint8Array): this {
    return this.u32(value.length).bytes(value);
  }
  indices(values: readonly ShareIndex[]): this {
    this.u16(values.length);
    for (const value of values) this.u16(value);
    return this;
  }
  map<V>(values: ReadonlyMap<ShareIndex, V>, each: (value: V) => void): this {
    this.u16(values.size);
    for (const [index, value] of values) {
      this.u16(index);
      each(value);
    }
    return this;
  }
  done(): Uint8Array {
    return concat(this.#parts);
  }
}

/**
 * Reads what `Writer` wrote. Throws `RangeError` on anything else, which callers turn into their
 * own error.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #given: Uint8Array[] = [];
  #at = 0;

  constructor(bytes: Uint8Array) {
    // A Buffer's slice would be a view of memory that is not ours.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  bytes(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new RangeError(`expected ${length} more bytes`);
    const value = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    this.#given.push(value);
    return value;
  }
  /**
   * Overwrites everything that was read so far, once it has served or has turned out to be wrong.
   */
  erase(): void {
    erase(...this.#given);
  }
  u8(): number {
    return this.bytes(1)[0] as number;
  }
  u16(): number {
    return this.u8() * 256 + this.u8();
  }
  u32(): number {
    return this.u16() * 65536 + this.u16();
  }
  /** Reads a byte that is 0 or 1. */
  flag(): boolean {
    const value = this.u8();
    if (value > 1) throw new RangeError(`expected 0 or 1, got ${value}`);
    return value === 1;
  }
  field(): Uint8Array {
    return this.bytes(this.u32());
  }
  index(): ShareIndex {
    return shareIndex(this.u16());
  }
  indices(): ShareIndex[] {
    const list = Array.from({ length: this.u16() }, () => this.index());
    if (new Set(list).size !== list.length) throw new RangeError("a share index stands twice");
    return list;
  }
  map<V>(each: () => V): Map<ShareIndex, V> {
    const size = this.u16();
    const values = new Map<ShareIndex, V>();
    for (let k = 0; k < size; k++) values.set(this.index(), each());
    if (values.size !== size) throw new RangeError("a share index stands twice");
    return values;
  }
  end(): void {
    if (this.#at !== this.#bytes.length) throw new RangeError(`${this.#bytes.length - this.#at} bytes too many`);
  }
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
