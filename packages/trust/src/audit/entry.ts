// An entry of an event log is one line of canonical JSON, which names the hash of the entry before
// it. All hashes are SHA-256 over a zero byte and the entry. This is the leaf hash of RFC 9162, so
// a Merkle tree can be laid over the same entries later.
import { hex, sha256, utf8 } from "@covault/crypto";
import { type CanonicalValue, canonicalJson } from "./canonical-json.ts";

/** What an entry says, before it has a place in its chain. */
export interface AuditAct {
  /** The act that was done, such as `session.opened`. */
  readonly act: string;
  /** The ids of the actor that did it. */
  readonly actor: { readonly [name: string]: string };
  /**
   * The time, RFC 3339 in UTC with milliseconds, by the clock of the process that wrote the entry.
   * Times need not ascend along the chain.
   */
  readonly at: string;
  /** Hashes and facts. No secret and no payload may be here. */
  readonly data: { readonly [name: string]: CanonicalValue | undefined };
  /** The ids of what it was done to. */
  readonly object: { readonly [name: string]: string };
}

/** The hash that stands before the first entry: 32 zero bytes, in hex. */
export const emptyHead = "00".repeat(32);

const leaf = new Uint8Array([0]);

/** Gives the hash of an entry as it stands, 32 bytes in hex. */
export const entryHash = (entry: string): string => hex(sha256(leaf, utf8(entry)));

/**
 * Gives the two parts of the entry around its place in the chain: what stands before `prev` and
 * `seq` in canonical JSON, and what stands after them.
 */
export function entryParts(tenant: string, { act, actor, at, data, object }: AuditAct): readonly [before: string, after: string] {
  const before = canonicalJson({ act, actor, at, data, object });
  const after = canonicalJson({ tenant });
  return [before.slice(0, -1), `,${after.slice(1)}`];
}

/** The place of an entry in its chain. */
export interface EntryPlace {
  readonly seq: number;
  /** The hash of the entry before it, 32 bytes in hex. */
  readonly prev: string;
  readonly tenant: string;
}

/** Gives the place of an entry, or undefined for a line that is no entry. */
export function placeOf(line: unknown): EntryPlace | undefined {
  if (typeof line !== "object" || line === null) return undefined;
  const { seq, prev, tenant } = line as Record<string, unknown>;
  if (typeof seq !== "string" || !/^[1-9]\d{0,14}$/.test(seq)) return undefined;
  if (typeof prev !== "string" || !/^[0-9a-f]{64}$/.test(prev) || typeof tenant !== "string") return undefined;
  return { seq: Number(seq), prev, tenant };
}
