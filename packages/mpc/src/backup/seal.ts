// Sealing puts the share under every closed run, so that one right run is enough to open it, and
// proves that at least one run is right.
import { CovaultError } from "@covault/errors";
import { checkEntropy, withTape } from "../kernel/random.ts";
import { Writer } from "../protocol/encoding/bytes.ts";
import { borrowed } from "../protocol/encoding/inputs.ts";
import { erase } from "../protocol/index.ts";
import { challengeOf, type Run, runOf, SEED_BYTES } from "./runs.ts";
import { type BackupStatement, closedRuns, labelFields, labelOf, openStatement, RUNS, readStatement } from "./statement.ts";

export const format = 1;

/**
 * Seals `secret` to the recipient. The 6,027 bytes that it gives show nothing of the secret, and
 * anybody can check them. `secret` is s_i, 32 bytes, as the key share has it. `entropy` is 32 fresh
 * random bytes, not all zero. Throws `mpc/bad-setup`, also if the secret is not that of the public
 * share.
 */
export function sealShare(given: BackupStatement, secret: Uint8Array, entropy: Uint8Array): Uint8Array {
  checkEntropy(entropy);
  const statement = readStatement(given, "statement");
  const opened = openStatement(statement);
  const share = opened.group.scalar(borrowed(32)(secret, "secret"));
  if (share === undefined || !opened.group.same(opened.group.mulBase(share), opened.Q))
    throw new CovaultError("mpc/bad-setup", "secret: it is not that of the public share");
  // The tape is bound to the whole statement. Two challenges over the runs of one tape would open
  // every run to an owner of both sealed shares.
  const tape = { entropy, secret: share, bound: labelFields(statement, new Uint8Array(32)), label: "backup" };
  const made = withTape(tape, (drawn) => {
    const salt = drawn.bytes(32);
    const label = labelOf(statement, salt);
    return { salt, runs: Array.from({ length: RUNS }, (_, k) => runOf(opened, label, k, drawn.bytes(SEED_BYTES))) };
  });
  try {
    return answer(statement, share, made.salt, made.runs);
  } finally {
    for (const { seed, r } of made.runs) erase(seed, r);
    erase(share);
  }
}

/** The last step of `sealShare`. It stands apart for the tests, in which a maker lies in a run. */
export function answer(statement: BackupStatement, secret: Uint8Array, salt: Uint8Array, runs: readonly Run[]): Uint8Array {
  const opened = openStatement(statement);
  const { group } = opened;
  const share = group.scalar(secret);
  if (share === undefined) throw new CovaultError("mpc/bad-setup", "secret: it is no scalar of its curve");
  const challenge = challengeOf(opened, labelOf(statement, salt), runs);
  const closed = closedRuns(challenge);
  const out = new Writer().u8(format).bytes(salt).bytes(challenge);
  for (const [k, { seed, r, E, c }] of runs.entries())
    if (closed.has(k)) out.bytes(group.add(r, share)).bytes(E).bytes(c);
    else out.bytes(seed);
  return out.done();
}
