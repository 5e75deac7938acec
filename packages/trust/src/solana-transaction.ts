// This file says whether bytes could be what the signers of a Solana transaction sign, so that no
// key signs them as a mere message. It is no reader of transactions. It asks of the bytes a part of
// what the network asks, and never more: indices, distinct keys, short encodings of lengths and a
// clean end do not matter here, nor does what follows the keys of version 1. Sources: the legacy
// and version 0 messages of the Solana SDK, and version 1 of SIMD-0385.

/**
 * The most bytes that a transaction has, with its signatures. SIMD-0296 and SIMD-0385 give version
 * 1 that many, and the others have 1232.
 */
const transactionBytesMax = 4096;
const [signatureBytes, keyBytes, blockhashBytes] = [64, 32, 32];
/** What a version is added to in the first byte. A legacy message has no version. */
const versioned = 0x80;

/**
 * Says whether a Solana message of the legacy format, or of version 0 or 1, begins at the first
 * byte and ends within the bytes, whatever follows it. It never throws.
 *
 * Every message of the network is found. A text is not taken for one if its first four bytes are
 * printable ASCII, because a transaction with as many signatures and keys has more than 4096 bytes.
 */
export function couldBeSolanaTransaction(bytes: Uint8Array): boolean {
  const rest = new Rest(bytes);
  const version = rest.peek() - versioned;
  if (version > 1) return false;
  if (version >= 0) rest.skip(1);
  const [signers, readOnlySigners, readOnlyOthers] = [rest.byte(), rest.byte(), rest.byte()];
  if (signers * signatureBytes + bytes.length > transactionBytesMax) return false;
  const keys = version === 1 ? skipKeysOfVersion1(rest) : skipBody(rest, version === 0);
  // The first signer pays, so it can be written to. With that there is at least one.
  return rest.isWithin && readOnlySigners < signers && signers + readOnlyOthers <= keys;
}

/** Skips keys, blockhash, instructions and, for version 0, lookups. Gives the number of keys. */
function skipBody(rest: Rest, hasLookups: boolean): number {
  const keys = rest.length();
  rest.skip(keys * keyBytes + blockhashBytes);
  for (let left = rest.length(); left > 0 && rest.isWithin; left--) {
    // The index of the program is followed by the indices of its accounts, and by its data.
    rest.skip(1);
    rest.skip(rest.length());
    rest.skip(rest.length());
  }
  if (!hasLookups) return keys;
  for (let left = rest.length(); left > 0 && rest.isWithin; left--) {
    rest.skip(keyBytes);
    rest.skip(rest.length());
    rest.skip(rest.length());
  }
  return keys;
}

/** Skips settings, blockhash and keys of version 1. Gives the number of keys. */
function skipKeysOfVersion1(rest: Rest): number {
  // The mask of the settings and the number of instructions stand around the blockhash.
  rest.skip(4 + blockhashBytes + 1);
  const keys = rest.byte();
  rest.skip(keys * keyBytes);
  return keys;
}

/** What is left of some bytes. Behind their end are zeros. */
class Rest {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether nothing has been read behind the end. */
  get isWithin(): boolean {
    return this.#at <= this.#bytes.length;
  }

  peek(): number {
    return this.#bytes[this.#at] ?? 0;
  }

  byte(): number {
    const byte = this.peek();
    this.#at++;
    return byte;
  }

  skip(count: number): void {
    this.#at += count;
  }

  /**
   * Reads a length: seven bits a byte, the lowest first, in at most three bytes ("compact-u16").
   * Encodings that are longer than they need to be are read as well.
   */
  length(): number {
    let length = 0;
    for (let shift = 0; shift < 21; shift += 7) {
      const byte = this.byte();
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return length;
  }
}
