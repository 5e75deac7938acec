// Checkpoints of the event log are signed by a key that no database holds, and only over a history
// that continues the one signed before. So an attacker who can write to the database can spoil the
// log, but cannot give it another past that anybody believes.
import { type Ed25519Signer, hex } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import { type Checkpoint, emptyHead, entryHash, openCheckpoint, placeOf, signCheckpoint } from "@covault/trust";
import type { Log } from "../context.ts";
import type { AccountStore } from "../store/account-store.ts";
import type { StoredEntry } from "../store/events.ts";
import { event } from "./event.ts";

export interface AuditKeys {
  readonly signer: Ed25519Signer;
  /** The public keys whose checkpoints are believed: the signer's, former ones, and one to come. */
  readonly keys: readonly Uint8Array[];
}

export interface Checkpoints {
  /**
   * Gives the first checkpoint that covers entry `seq`, and makes one when there is none. A
   * checkpoint that covers all but its own entry covers that one, too. Gives undefined for an empty
   * log. Throws account/broken-chain.
   */
  readonly covering: (tenant: string, seq: number) => Promise<SignedCheckpoint | undefined>;
  /**
   * Makes a checkpoint for each tenant that has so many entries after its last one. It never
   * throws.
   */
  readonly look: (entriesMin: number) => Promise<void>;
}

export interface SignedCheckpoint {
  /** The checkpoint as it stands in an export. */
  readonly line: string;
  readonly size: number;
}

export interface CheckpointOptions {
  readonly store: AccountStore;
  readonly audit: AuditKeys;
  /** The actor of the checkpoints' events. */
  readonly initiatorId: string;
  readonly nowMs: () => number;
  readonly logger: Log;
}

const readAtOnce = 500;

export function makeCheckpoints({ store: { events }, audit, initiatorId, nowMs, logger }: CheckpointOptions): Checkpoints {
  /** Makes a checkpoint and gives its line, or undefined when there is nothing to sign. */
  async function make(tenant: string): Promise<string | undefined> {
    const chain = await events.chain(tenant);
    if (chain === undefined) return undefined;
    const last = chain.checkpoint === undefined ? undefined : openCheckpoint(chain.checkpoint, audit.keys);
    if (chain.checkpoint !== undefined && last?.tenant !== tenant)
      throw brokenChain(tenant, "its last checkpoint is not one of this service");
    const walked = await walk(tenant, last, chain.size);
    if (walked.head !== hex(chain.head)) throw brokenChain(tenant, `entry ${chain.size} is not the one that the chain ends with`);
    // The entry of the last checkpoint alone is no reason for the next one. Otherwise an idle log
    // would grow for ever.
    if (walked.acts.every((act) => act === "audit.checkpoint")) return chain.checkpoint;
    const now = new Date(nowMs());
    const checkpoint = { tenant, size: chain.size, head: walked.head, at: now.toISOString() };
    const line = signCheckpoint(checkpoint, audit.signer);
    const frame = { tenant, actor: { kind: "service", id: initiatorId }, now } as const;
    const data = { size: String(chain.size), head: walked.head, key: hex(audit.signer.publicKey), signature: signatureOf(line) };
    // Another replica may have been first. Its checkpoint says the same.
    await events.addCheckpoint(tenant, chain.size, line, event(frame, "audit.checkpoint", {}, data));
    return line;
  }

  /** Follows the entries from one checkpoint to the end. */
  async function walk(tenant: string, from: Checkpoint | undefined, size: number): Promise<{ head: string; acts: readonly string[] }> {
    let head = from?.head ?? emptyHead;
    let seq = from?.size ?? 0;
    const acts = new Set<string>();
    while (seq < size) {
      const page = await events.after(tenant, seq, Math.min(readAtOnce, size - seq));
      if (page.length === 0) throw brokenChain(tenant, `entry ${seq + 1} is missing`);
      for (const row of page) {
        if (!continues(row, tenant, seq, head)) throw brokenChain(tenant, `entry ${seq + 1} does not follow from the one before it`);
        head = entryHash(row.entry);
        seq++;
        acts.add(row.act);
      }
    }
    return { head, acts: [...acts] };
  }

  return {
    async covering(tenant, seq) {
      const line = (await events.checkpointFrom(tenant, seq)) ?? (await make(tenant));
      if (line === undefined) return undefined;
      const opened = openCheckpoint(line, audit.keys);
      if (opened?.tenant !== tenant) throw brokenChain(tenant, "a checkpoint is not one of this service");
      return { line, size: opened.size };
    },
    async look(entriesMin) {
      const due = await events.uncovered(entriesMin).catch((error: unknown) => {
        logger.warn({ code: asCovaultError(error)?.code }, "the event log cannot be read");
        return [];
      });
      for (const tenant of due)
        await make(tenant).catch((error: unknown) => {
          const known = asCovaultError(error);
          const facts = { tenant, code: known?.code };
          if (known?.code === "account/broken-chain") logger.error(facts, known.message);
          else logger.warn(facts, "no checkpoint of the event log could be made");
        });
    },
  };
}

function continues({ entry }: StoredEntry, tenant: string, seq: number, head: string): boolean {
  try {
    const place = placeOf(JSON.parse(entry));
    return place?.seq === seq + 1 && place.prev === head && place.tenant === tenant;
  } catch {
    return false;
  }
}

const signatureOf = (line: string): string => (JSON.parse(line) as { signature: string }).signature;

function brokenChain(tenant: string, what: string): CovaultError {
  return new CovaultError("account/broken-chain", `The event log of tenant ${tenant} was not written by this service alone: ${what}.`, {
    facts: { tenant },
  });
}
