// A statement says what a sealed share claims. Its hashes and its proof are bound to the names in
// this file (docs/protocols/backup.md).
import { CovaultError } from "@covault/errors";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Element, type Group, suites } from "../frost/suite/index.ts";
import { ascii, u16, u32 } from "../kernel/bytes.ts";
import * as point from "../kernel/point.ts";
import { bytes, fields, oneOf, type Read } from "../protocol/encoding/inputs.ts";

export type BackupCurve = "secp256k1" | "ed25519";

/**
 * What a sealed share claims. All of it is public. The party that checks a sealed share has its
 * statement from elsewhere, never from the sealed share.
 */
export interface BackupStatement {
  /** The curve of the share: secp256k1 for DKLs23 and BIP-340, ed25519 for FROST's Ed25519. */
  readonly curve: BackupCurve;
  /** X_i of the key's record: 33 bytes, or 32 on ed25519. */
  readonly publicShare: Uint8Array;
  /**
   * The public key of the party that may open: a compressed point of secp256k1, 33 bytes, whatever
   * the curve of the share.
   */
  readonly recipient: Uint8Array;
  /**
   * What else the backup is for, such as the key's record. A share that is sealed for one context
   * fits no other.
   */
  readonly context: Uint8Array;
}

/**
 * The number of runs, and how many of them stay closed. The binary logarithm of 160 over 42 is 129.
 */
export const RUNS = 160;
export const CLOSED = 42;

/** The points of a statement, after they were read. */
export interface Opened {
  readonly group: Group;
  /** The element X_i. */
  readonly Q: Element;
  readonly P: point.Point;
}

const tags = ["label", "nonce/0", "nonce/1", "ephemeral", "mask", "run", "challenge", "closed"] as const;

/** The hash of dkls23-spec 0.3 under a prefix of its own. */
export function TH(tag: (typeof tags)[number], ...fields: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create();
  for (const field of [ascii(`backup/v1/${tag}`), ...fields]) hash.update(u32(field.length)).update(field);
  return hash.digest();
}

/** Takes a caller's statement into memory of its own. Throws `mpc/bad-setup`. */
export const readStatement: Read<BackupStatement> = fields<BackupStatement>({
  curve: oneOf<BackupCurve>("secp256k1", "ed25519"),
  publicShare: bytes(32, 33),
  recipient: bytes(33),
  context: bytes(),
});

/** Decodes the points of a statement that was read. Throws `mpc/bad-setup`. */
export function openStatement({ curve, publicShare, recipient }: BackupStatement): Opened {
  const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);
  const group = groups[curve];
  const Q = group.decode(publicShare);
  if (Q === undefined) throw bad(`publicShare: expected an element of ${curve}, ${group.elementBytes} bytes`);
  const P = point.decode33(recipient);
  if (P === undefined) throw bad("recipient: expected a compressed point of secp256k1, 33 bytes");
  return { group, Q, P };
}

const groups: Readonly<Record<BackupCurve, Group>> = { secp256k1: suites["schnorr-bip340"].group, ed25519: suites["eddsa-ed25519"].group };

/** The fields of a statement and a salt, as the label and the tape of a sealing take them. */
export const labelFields = ({ curve, publicShare, recipient, context }: BackupStatement, salt: Uint8Array): readonly Uint8Array[] => [
  ascii(curve),
  publicShare,
  recipient,
  context,
  salt,
];

/**
 * Gives the label, which binds every hash to the statement. `salt` binds it to this one sealing of
 * the statement.
 */
export const labelOf = (statement: BackupStatement, salt: Uint8Array): Uint8Array => TH("label", ...labelFields(statement, salt));

/** Gives the runs that stay closed: `CLOSED` of `RUNS`, uniform in the challenge (Fisher-Yates). */
export function closedRuns(challenge: Uint8Array): ReadonlySet<number> {
  const order = Array.from({ length: RUNS }, (_, k) => k);
  let drawn = 0;
  /** Gives a number below n, without bias. */
  const below = (n: number): number => {
    for (;;) {
      const [high, low] = TH("closed", challenge, u16(drawn++)) as unknown as [number, number];
      const value = high * 256 + low;
      if (value < 65_536 - (65_536 % n)) return value % n;
    }
  };
  for (let k = 0; k < CLOSED; k++) {
    const other = k + below(RUNS - k);
    [order[k], order[other]] = [order[other] as number, order[k] as number];
  }
  return new Set(order.slice(0, CLOSED));
}
