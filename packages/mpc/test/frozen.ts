// A frozen transcript (vectors/transcripts) has what a run with fixed entropy sends and makes. It
// is regenerated and compared, and written only when asked to.
import { readFileSync, writeFileSync } from "node:fs";
import { sha256 } from "@noble/hashes/sha2.js";
import { expect } from "vitest";
import type { ShareIndex } from "../src/protocol/index.ts";
import { type Envelope, hex, type Machines, type Outcomes, runSession } from "./simulation.ts";

const write = process.env.COVAULT_VECTORS === "write";

/**
 * Holds `now` against the frozen value. With COVAULT_VECTORS=write the file becomes what it is now.
 */
export function expectFrozen(name: string, now: unknown): void {
  const file = new URL(`../vectors/${name}.json`, import.meta.url);
  if (write) writeFileSync(file, `${JSON.stringify(now, null, 2)}\n`);
  expect(now).toEqual(JSON.parse(readFileSync(file, "utf8")));
}

export const digestOf = (bytes: Uint8Array): string => hex(sha256(bytes));

/**
 * Gives an honest run, the session id that all members have, and a line for each message as it was
 * sent.
 */
export function recorded<Output>(machines: Machines<Output>, seed: string) {
  const messages: string[] = [];
  const observe = ({ round, from, to }: Envelope, body: Uint8Array): void => {
    messages.push(`round ${round}, ${from} to ${to}: ${body.length} bytes, sha256 ${digestOf(body)}`);
  };
  const sids = new Set([...machines.values()].map(({ sid }) => hex(sid)));
  expect(sids.size).toBe(1);
  const outcomes: Outcomes<Output> = runSession(machines, { seed, observe });
  return { sid: [...sids][0] as string, messages, outcomes };
}

interface Record {
  readonly self: ShareIndex;
  readonly publicKey: Uint8Array;
  readonly chain: Uint8Array;
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly h2: Uint8Array;
}

/** Gives what all holders' records say alike. */
export const keyOf = ({ publicKey, chain, keyId, epoch, h2 }: Record) => ({
  publicKey: hex(publicKey),
  chain: hex(chain),
  keyId: hex(keyId),
  epoch: hex(epoch),
  h2: hex(h2),
});
