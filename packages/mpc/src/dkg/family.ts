// DKLs23 and FROST as key generation and succession know them: their suites, the first bytes of what they store, and how the keys of callers are read.
import type { Read } from "../protocol/encoding/inputs.ts";
import type { Predecessor, Share } from "./key-share.ts";
import type { DkgSuite } from "./suite.ts";

/** How a protocol stores what it makes. */
export interface Stored {
  readonly suites: readonly DkgSuite[];
  readonly formats: {
    /** What stands before the suite's code and the exposure in a stored record. */
    readonly record: readonly number[];
    readonly secret: number;
    readonly round: number;
    /** Whether a stored round names its suite. */
    readonly roundNamesSuite: boolean;
    /** Whether stored round 3 repeats the threshold and the holders' indices, which its context has as well. */
    readonly roundRepeatsRoles: boolean;
  };
}

/** What makes keys those of one protocol: DKLs23 or FROST. */
export interface Family<Made extends Share = Share> extends Stored {
  /** `key` as it was read. */
  suiteOf(key: Predecessor): DkgSuite;
  readonly readKey: Read<Predecessor<Made["record"]>>;
  readonly readRecord: Read<Made["record"]>;
  readonly readShare: Read<Made>;
}

/** Throws `RangeError`; readers of stored bytes turn it into their own error. */
export function suiteOfCode({ suites }: Stored, code: number): DkgSuite {
  const suite = suites.find((each) => each.code === code);
  if (suite === undefined) throw new RangeError(`suite ${code} is unknown`);
  return suite;
}
