// A checkpoint of an event log says how many entries the log has and what the hash of the last one
// is. A key that no database holds signs it. A reader who has a checkpoint knows all entries up to
// it, since each entry names the hash of the one before.
import { type Ed25519Signer, fromHex, hex, utf8 } from "@covault/crypto";
import { signatureTags, signedBytes } from "@covault/wire";
import { verifySignature } from "../signature.ts";
import { canonicalJson } from "./canonical-json.ts";

export interface Checkpoint {
  readonly tenant: string;
  /** The number of entries that the log has. */
  readonly size: number;
  /** The hash of the last entry, 32 bytes in hex. */
  readonly head: string;
  /** The time of the checkpoint, RFC 3339 in UTC. */
  readonly at: string;
}

const logPrefix = "covault-audit/";

const bodyOf = ({ tenant, size, head, at }: Checkpoint) => ({ at, head, log: `${logPrefix}${tenant}`, size: String(size) });
const bytesOf = (checkpoint: Checkpoint): Uint8Array => utf8(canonicalJson(bodyOf(checkpoint)));

/** Gives the signed checkpoint as a line of an export. */
export function signCheckpoint(checkpoint: Checkpoint, signer: Ed25519Signer): string {
  const signature = signer.sign(signedBytes(signatureTags.audit, bytesOf(checkpoint)));
  return canonicalJson({ checkpoint: bodyOf(checkpoint), key: hex(signer.publicKey), signature: hex(signature) });
}

/**
 * Opens a checkpoint that one of `keys` (32 bytes each) signed. Gives undefined for a line that is
 * no checkpoint, and for one that none of the keys signed.
 */
export function openCheckpoint(line: string, keys: readonly Uint8Array[]): Checkpoint | undefined {
  const checkpoint = readCheckpoint(line);
  if (checkpoint === undefined) return undefined;
  try {
    const signature = fromHex(String((JSON.parse(line) as { signature?: unknown }).signature));
    return keys.some((key) => verifySignature(signatureTags.audit, bytesOf(checkpoint), signature, key)) ? checkpoint : undefined;
  } catch {
    return undefined;
  }
}

/** Gives what a line claims to be a checkpoint of. The signature is not checked here. */
function readCheckpoint(line: string): Checkpoint | undefined {
  let body: Record<string, unknown>;
  try {
    body = (JSON.parse(line) as { checkpoint: Record<string, unknown> }).checkpoint;
    if (typeof body !== "object" || body === null) return undefined;
  } catch {
    return undefined;
  }
  const { at, head, log, size } = body;
  if (typeof at !== "string" || typeof log !== "string" || !log.startsWith(logPrefix)) return undefined;
  if (typeof head !== "string" || !/^[0-9a-f]{64}$/.test(head)) return undefined;
  if (typeof size !== "string" || !/^[1-9]\d{0,14}$/.test(size)) return undefined;
  return { tenant: log.slice(logPrefix.length), size: Number(size), head, at };
}

/** Whether a line claims to be a checkpoint. Its signature may still be wrong. */
export const looksLikeCheckpoint = (line: string): boolean => line.startsWith('{"checkpoint":');
