// This file has seeded random numbers, and bytes that are nearly right, as a broken or hostile peer
// sends them.

/** The generator sfc32 from a seed, with the same numbers for the same text. */
export class Dice {
  readonly #state: Uint32Array;

  constructor(seed: string) {
    this.#state = Uint32Array.of(0x9e3779b9, 0x243f6a88, 0xb7e15162, 1);
    for (const letter of seed) {
      this.#state[0]! ^= letter.codePointAt(0) as number;
      this.next();
    }
    for (let k = 0; k < 16; k++) this.next();
  }

  /** Gives a number of 0..2^32-1. */
  next(): number {
    const s = this.#state;
    const sum = (s[0]! + s[1]! + s[3]!) >>> 0;
    s[3]! += 1;
    s[0] = s[1]! ^ (s[1]! >>> 9);
    s[1] = s[2]! + (s[2]! << 3);
    s[2] = ((s[2]! << 21) | (s[2]! >>> 11)) + sum;
    return sum;
  }

  /** Gives a number of 0..n-1. */
  below(n: number): number {
    return this.next() % n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let k = 0; k < length; k++) bytes[k] = this.next();
    return bytes;
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

type Change = (bytes: Uint8Array, dice: Dice, others: readonly Uint8Array[]) => Uint8Array;

/** Gives a stretch of `bytes`, most often short. */
function stretch(bytes: Uint8Array, dice: Dice): [number, number] {
  const at = dice.below(bytes.length + 1);
  const length = dice.pick([1, 2, 4, 16, 32, 33, 64, bytes.length]);
  return [at, Math.min(bytes.length, at + length)];
}

const changes: readonly Change[] = [
  (bytes, dice) => {
    const flipped = bytes.slice();
    for (let k = dice.pick([1, 1, 1, 2, 8]); k > 0 && bytes.length > 0; k--) flipped[dice.below(bytes.length)]! ^= 1 << dice.below(8);
    return flipped;
  },
  (bytes, dice) => bytes.slice().fill(dice.pick([0, 1, 127, 128, 255]), ...stretch(bytes, dice)),
  (bytes, dice) => {
    const [from, to] = stretch(bytes, dice);
    const changed = bytes.slice();
    changed.set(dice.bytes(to - from), from);
    return changed;
  },
  (bytes, dice) => bytes.slice(0, dice.below(bytes.length + 1)),
  (bytes, dice) => join(bytes, dice.bytes(dice.pick([1, 2, 32, 64]))),
  (bytes, dice) => {
    const [from, to] = stretch(bytes, dice);
    return join(bytes.subarray(0, from), bytes.subarray(to));
  },
  (bytes, dice) => {
    const [from, to] = stretch(bytes, dice);
    return join(bytes.subarray(0, to), bytes.subarray(from));
  },
  (bytes, dice, others) => {
    const other = dice.pick(others);
    const at = dice.below(Math.min(bytes.length, other.length) + 1);
    return join(bytes.subarray(0, at), other.subarray(at));
  },
  (bytes, dice) => {
    const swapped = bytes.slice();
    const [a, b] = [dice.below(bytes.length + 1), dice.below(bytes.length + 1)];
    const length = Math.min(32, bytes.length - Math.max(a, b));
    swapped.set(bytes.subarray(a, a + length), b);
    swapped.set(bytes.subarray(b, b + length), a);
    return swapped;
  },
  (_, dice) => dice.bytes(dice.pick([0, 1, 2, 31, 32, 33, 64, 200])),
];

/** Gives `bytes` changed in one way, or maybe not at all. */
export const mutate = (bytes: Uint8Array, dice: Dice, others: readonly Uint8Array[]): Uint8Array => dice.pick(changes)(bytes, dice, others);
/** Gives `bytes` changed, of the same length, so that they get past the first look at a message. */
export function mutateInPlace(bytes: Uint8Array, dice: Dice, others: readonly Uint8Array[]): Uint8Array {
  const fitting = others.filter((other) => other.length === bytes.length);
  const change = dice.pick(fitting.length === 0 ? [0, 1, 2, 8] : [0, 1, 2, 7, 8]);
  return (changes[change] as Change)(bytes, dice, fitting);
}

export const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
