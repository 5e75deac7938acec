// This file checks a sealed share, which anybody can do, and opens it, which its recipient can do.
import { CovaultError } from "@covault/errors";
import type { Scalar } from "../frost/suite/index.ts";
import { constantTimeEqual } from "../kernel/equal.ts";
import * as point from "../kernel/point.ts";
import * as scalar from "../kernel/scalar.ts";
import { Reader } from "../protocol/encoding/bytes.ts";
import { borrowed } from "../protocol/encoding/inputs.ts";
import { type Cover, challengeOf, masked, runOf, SEED_BYTES } from "./runs.ts";
import { format } from "./seal.ts";
import { type BackupStatement, CLOSED, closedRuns, labelOf, openStatement, RUNS, readStatement } from "./statement.ts";

/** The number of bytes of a sealed share. */
export const SEALED_BYTES: number = 1 + 32 + 32 + (RUNS - CLOSED) * SEED_BYTES + CLOSED * (32 + 33 + 32);

interface Closed {
  readonly k: number;
  /** The scalar r + s. */
  readonly z: Scalar;
  readonly E: Uint8Array;
  readonly c: Uint8Array;
}

const bad = (why: string): CovaultError => new CovaultError("mpc/bad-backup", `This sealed share is not what it should be: ${why}.`);

/**
 * Checks that the recipient's key opens `sealed` to the share of `statement.publicShare`. Anybody
 * can check it. A sealed share that does not hold the share passes with probability 2^-129 per
 * attempt of its maker. Throws `mpc/bad-backup`, and `mpc/bad-setup` for a statement that is none.
 */
export function verifySealedShare(statement: BackupStatement, sealed: Uint8Array): void {
  read(readStatement(statement, "statement"), sealed);
}

/**
 * Gives the share, 32 bytes, after a check against the public share. `secretKey` is the
 * recipient's, as 32 big-endian bytes. Throws as `verifySealedShare` does, and `mpc/bad-setup` for
 * a key that is not the recipient's.
 */
export function openSealedShare(given: BackupStatement, sealed: Uint8Array, secretKey: Uint8Array): Uint8Array {
  const statement = readStatement(given, "statement");
  const { group, Q, P } = openStatement(statement);
  const key = scalar.fromBytes(borrowed(32)(secretKey, "secretKey"));
  if (key === undefined || !point.equal(point.mulBase(key), P))
    throw new CovaultError("mpc/bad-setup", "secretKey: it is not that of the recipient");
  const { label, closed } = read(statement, sealed);
  for (const { k, z, E, c } of closed) {
    const shared = point.mul(point.decode33(E) as point.Point, key);
    const r = group.scalar(masked(label, k, E, shared, c));
    const share = r && group.add(z, group.negate(r));
    if (share !== undefined && group.same(group.mulBase(share), Q)) return share;
  }
  throw bad("none of its runs opens to the share");
}

/** Reads and checks a sealed share. `statement` is one that was read. */
function read(statement: BackupStatement, sealed: Uint8Array): { readonly label: Uint8Array; readonly closed: readonly Closed[] } {
  const opened = openStatement(statement);
  const { group, Q } = opened;
  const given = borrowed()(sealed, "sealed");
  if (given.length !== SEALED_BYTES) throw bad(`expected ${SEALED_BYTES} bytes, got ${given.length}`);
  const from = new Reader(given);
  if (from.u8() !== format) throw bad("the format is unknown");
  const [salt, challenge] = [from.bytes(32), from.bytes(32)];
  const label = labelOf(statement, salt);
  const staysClosed = closedRuns(challenge);
  const closed: Closed[] = [];
  const covers: Cover[] = [];
  for (let k = 0; k < RUNS; k++) {
    if (!staysClosed.has(k)) {
      covers.push(runOf(opened, label, k, from.bytes(SEED_BYTES)));
      continue;
    }
    const [z, E, c] = [group.scalar(from.bytes(32)), from.bytes(33), from.bytes(32)];
    if (z === undefined) throw bad("a sum is not below the group order");
    if (point.decode33(E) === undefined) throw bad("an ephemeral key is no point");
    // The element R is z B - Q. If the run was made right, its r opens z to the share.
    const R = group.plus(group.mulBase(z), group.opposite(Q));
    if (group.isIdentity(R)) throw bad("a run has no nonce");
    closed.push({ k, z, E, c });
    covers.push({ R, E, c });
  }
  if (!constantTimeEqual(challengeOf(opened, label, covers), challenge)) throw bad("its runs do not give its challenge");
  return { label, closed };
}
