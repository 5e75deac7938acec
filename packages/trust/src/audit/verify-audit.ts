// This file verifies an export of an event log, offline. Checkpoints are signed, and each entry
// names the hash of the one before. So walking back from a checkpoint gives the hash of every entry
// below it. The first row that is not what it should be is named.
import { type Checkpoint, looksLikeCheckpoint, openCheckpoint } from "./checkpoint.ts";
import { emptyHead, entryHash, placeOf } from "./entry.ts";

export interface AuditExpectation {
  /** The public audit keys, 32 bytes each: the current one and those of older checkpoints. */
  readonly keys: readonly Uint8Array[];
  /**
   * Lines of checkpoints that were kept elsewhere. The entries that they cover can be neither cut
   * off nor written anew.
   */
  readonly heads?: readonly string[];
  /**
   * The number of the first entry that the export should have. Default 1, which is the whole log.
   */
  readonly first?: number;
}

export interface AuditFault {
  /**
   * The kind of fault. `forked`: two signed checkpoints of one log do not belong to one history.
   * `bad-checkpoint`: no key signed the checkpoint, or it is of another log. `no-checkpoint`:
   * nothing in the export is signed.
   */
  readonly kind: "removed" | "changed" | "added" | "moved" | "forked" | "bad-checkpoint" | "no-checkpoint";
  /** The number of the entry. */
  readonly seq?: number;
  /** The line of the export where the fault is seen. The first line is 1. */
  readonly line?: number;
}

export interface AuditReport {
  readonly tenant: string | undefined;
  /** The number of entries that the export has. */
  readonly entries: number;
  /**
   * The last checkpoint whose signature is good. The entries after it are not signed, and nobody
   * can say whether any were cut off there. It is undefined when nothing is signed.
   */
  readonly covered: Checkpoint | undefined;
  /**
   * The first row that is not what it should be. It is undefined when everything is as it was
   * signed.
   */
  readonly fault: AuditFault | undefined;
}

interface Row {
  readonly line: number;
  /** The number of the entry. It is 0 when the line is no entry. */
  readonly seq: number;
  readonly prev: string;
  readonly hash: string;
}

/** Verifies the lines of an export, without their line ends. Empty lines are passed over. */
export function verifyAudit(lines: Iterable<string>, { keys, heads = [], first = 1 }: AuditExpectation): AuditReport {
  const rows: Row[] = [];
  const checkpoints: Checkpoint[] = [];
  let tenant: string | undefined;
  let badLine: number | undefined;
  function take(text: string, line: number | undefined): void {
    const checkpoint = openCheckpoint(text, keys);
    tenant ??= checkpoint?.tenant;
    if (checkpoint !== undefined && checkpoint.tenant === tenant) checkpoints.push(checkpoint);
    else badLine ??= line ?? 0;
  }
  for (const text of heads) take(text, undefined);
  let line = 0;
  for (const text of lines) {
    line++;
    if (text === "") continue;
    if (looksLikeCheckpoint(text)) take(text, line);
    else rows.push(rowOf(text, line));
  }
  checkpoints.sort((one, other) => one.size - other.size);
  const covered = checkpoints.at(-1);
  const report = (fault: AuditFault | undefined): AuditReport => ({ tenant, entries: rows.length, covered, fault });
  const bad: AuditFault | undefined = badLine === undefined ? undefined : { kind: "bad-checkpoint", ...(badLine > 0 && { line: badLine }) };
  if (covered === undefined) return report(bad ?? { kind: "no-checkpoint" });
  const hashes = new ChainHashes(rows, first);
  for (const { size, head } of checkpoints) {
    const forked = hashes.walkBack(size, head);
    if (forked !== undefined) return report({ kind: "forked", seq: forked });
  }
  hashes.fill(covered.size);
  return report(firstFault(rows, hashes, first) ?? bad);
}

function rowOf(text: string, line: number): Row {
  let place: ReturnType<typeof placeOf>;
  try {
    place = placeOf(JSON.parse(text));
  } catch {
    place = undefined;
  }
  return { line, hash: entryHash(text), seq: place?.seq ?? 0, prev: place?.prev ?? "" };
}

/** The hash that each entry should have. */
class ChainHashes {
  readonly #rows: readonly Row[];
  readonly #first: number;
  readonly #byHash = new Map<string, Row>();
  readonly #hashes = new Map<number, string>([[0, emptyHead]]);
  #end = 0;

  constructor(rows: readonly Row[], first: number) {
    this.#rows = rows;
    this.#first = first;
    for (const row of rows) if (!this.#byHash.has(row.hash)) this.#byHash.set(row.hash, row);
  }

  of(seq: number): string | undefined {
    return this.#hashes.get(seq);
  }

  isThere(seq: number): boolean {
    return this.#byHash.has(this.#hashes.get(seq) ?? "");
  }

  /** The number of the last entry that there should be. */
  get end(): number {
    return this.#end;
  }

  /**
   * Takes every entry from `seq` down, as each names the one before. Gives the number at which that
   * contradicts what is known, and then takes nothing. Gives undefined when nothing contradicts it.
   */
  walkBack(seq: number, hash: string): number | undefined {
    const way: (readonly [number, string])[] = [];
    let wanted: string | undefined = hash;
    for (let at = seq; wanted !== undefined && at >= this.#first - 1; at--) {
      const known = this.#hashes.get(at);
      if (known !== undefined && known !== wanted) return at;
      if (known !== undefined) break;
      way.push([at, wanted]);
      const row: Row | undefined = this.#byHash.get(wanted);
      wanted = row?.seq === at ? row.prev : undefined;
    }
    for (const [at, found] of way) this.#hashes.set(at, found);
    if (way.length > 0) this.#end = Math.max(this.#end, seq);
    return undefined;
  }

  /**
   * Fills in the rows that no checkpoint leads to, because the way is broken above them or because
   * they come after the last checkpoint. The longest chain of them is taken for what was written.
   * Of the rows after the last checkpoint, it is the chain that the last row leads to.
   */
  fill(covered: number): void {
    const length = new Map<Row, number>();
    for (const row of [...this.#rows].sort((one, other) => one.seq - other.seq)) {
      const before = this.#byHash.get(row.prev);
      length.set(row, before !== undefined && before.seq === row.seq - 1 ? (length.get(before) ?? 0) + 1 : 1);
    }
    const fromTheEnd = [...this.#rows].reverse().filter(({ seq }) => seq >= this.#first);
    const after = fromTheEnd.filter(({ seq }) => seq > covered);
    const longestFirst = fromTheEnd.toSorted((one, other) => (length.get(other) ?? 0) - (length.get(one) ?? 0));
    for (const { seq, hash } of [...after, ...longestFirst]) if (!this.#hashes.has(seq)) this.walkBack(seq, hash);
  }
}

/**
 * Goes through the rows as they stand, beside the entries as they should be, and gives the first
 * fault.
 */
function firstFault(rows: readonly Row[], hashes: ChainHashes, first: number): AuditFault | undefined {
  const times = new Map<string, number>();
  for (const { hash } of rows) times.set(hash, (times.get(hash) ?? 0) + 1);
  let expected = first;
  for (const { line, seq, hash } of rows) {
    const isGenuine = seq >= first && hashes.of(seq) === hash;
    if (isGenuine && seq === expected) {
      expected++;
      continue;
    }
    if (!isGenuine) {
      // A row in the place of an entry that is nowhere else is that entry after a change.
      const isExtra = expected > hashes.end || hashes.isThere(expected);
      return isExtra ? { kind: "added", line } : { kind: "changed", seq: expected, line };
    }
    // An entry that stands here although it has been passed already stands there twice as well.
    if ((times.get(hash) ?? 0) > 1) return { kind: "added", line };
    if (!hashes.isThere(expected)) return { kind: "removed", seq: expected, line };
    // The entry that is expected stands further down. It was moved there, unless this one was moved
    // up past several others.
    return { kind: "moved", seq: seq === expected + 1 ? expected : seq, line };
  }
  return expected <= hashes.end ? { kind: "removed", seq: expected } : undefined;
}
