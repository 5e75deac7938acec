// A family describes DKLs23 or FROST to key generation and succession: its suites, the first bytes
// of what it stores, and how it reads the keys of callers.
import type { Read } from "../protocol/encoding/inputs.ts";
import type { Predecessor, Share } from "./key-share.ts";
import type { DkgSuite } from "./suite.ts";

/** How a protocol stores what it makes. */
export interface Stored {
  readonly suites: readonly DkgSuite[];
  readonly formats: {
    /** The bytes before the suite's code and the exposure in a stored record. */
    readonly record: readonly number[];
    readonly secret: number;
    readonly round: number;
    /** Whether a stored round names its suite. */
    readonly roundNamesSuite: boolean;
    /**
     * Whether stored round 3 repeats the threshold and the holders' indices, which its context has
     * as well.
     */
    readonly roundRepeatsRoles: boolean;
  };
}

/** The part of a protocol, DKLs23 or FROST, that makes a key one of its own. */
export interface Family<Made extends Share = Share> extends Stored {
  /** Gives the suite of a key that was read. */
  suiteOf(key: Predecessor): DkgSuite;
  readonly readKey: Read<Predecessor<Made["record"]>>;
  readonly readRecord: Read<Made["record"]>;
  readonly readShare: Read<Made>;
}

/**
 * Gives the suite with this code. Throws `RangeError`, which readers of stored bytes turn into
 * their own error.
 */
export function suiteOfCode({ suites }: Stored, code: number): DkgSuite {
  const suite = suites.find((each) => each.code === code);
  if (suite === undefined) throw new RangeError(`suite ${code} is unknown`);
  return suite;
}
