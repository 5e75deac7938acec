// Sealing: the share under every closed run, so that whoever opens needs one of them to be right, and the proof that at least one is.
import { CovaultError } from "@covault/errors";
import { checkEntropy, withTape } from "../kernel/random.ts";
import { Writer } from "../protocol/encoding/bytes.ts";
import { borrowed } from "../protocol/encoding/inputs.ts";
import { erase } from "../protocol/index.ts";
import { challengeOf, type Run, runOf, SEED_BYTES } from "./runs.ts";
import { type BackupStatement, closedRuns, labelFields, labelOf, openStatement, RUNS, readStatement } from "./statement.ts";

export const format = 1;

/**
 * Seals `secret` (s_i: 32 bytes, as the key share has it) to the recipient: 6,027 bytes that show nothing of it and that anybody can check.
 * `entropy`: 32 fresh random bytes, not all zero. Throws `mpc/bad-setup`, also if the secret is not that of the public share.
 */
export function sealShare(given: BackupStatement, secret: Uint8Array, entropy: Uint8Array): Uint8Array {
  checkEntropy(entropy);
  const statement = readStatement(given, "statement");
  const opened = openStatement(statement);
  const share = opened.group.scalar(borrowed(32)(secret, "secret"));
  if (share === undefined || !opened.group.same(opened.group.mulBase(share), opened.Q))
    throw new CovaultError("mpc/bad-setup", "secret: it is not that of the public share");
  // Bound to the whole statement: two challenges over the runs of one tape would open every run to whoever has both sealed shares.
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

/** The last step of `sealShare`, apart for the tests of those who lie in a run. */
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
