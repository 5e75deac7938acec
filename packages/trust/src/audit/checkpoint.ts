// A checkpoint of an event log: so many entries, and the hash of the last one, signed by a key that no database holds. Whoever has it
// knows all entries up to there, since each names the hash of the one before.
import { type Ed25519Signer, fromHex, hex, utf8 } from "@covault/crypto";
import { signatureTags, signedBytes } from "@covault/wire";
import { verifySignature } from "../signature.ts";
import { canonicalJson } from "./canonical-json.ts";

export interface Checkpoint {
  readonly tenant: string;
  /** How many entries the log has. */
  readonly size: number;
  /** The hash of the last of them, 32 bytes in hex. */
  readonly head: string;
  /** RFC 3339 in UTC. */
  readonly at: string;
}

const logPrefix = "covault-audit/";

const bodyOf = ({ tenant, size, head, at }: Checkpoint) => ({ at, head, log: `${logPrefix}${tenant}`, size: String(size) });
const bytesOf = (checkpoint: Checkpoint): Uint8Array => utf8(canonicalJson(bodyOf(checkpoint)));

/** The checkpoint as a line of an export. */
export function signCheckpoint(checkpoint: Checkpoint, signer: Ed25519Signer): string {
  const signature = signer.sign(signedBytes(signatureTags.audit, bytesOf(checkpoint)));
  return canonicalJson({ checkpoint: bodyOf(checkpoint), key: hex(signer.publicKey), signature: hex(signature) });
}

/** `keys`: 32 bytes each. Undefined for a line that is no checkpoint, and for one that none of the keys signed. */
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

/** What a line claims to be a checkpoint of; its signature is not looked at. */
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

/** Whether a line means to be a checkpoint, whatever it is worth. */
export const looksLikeCheckpoint = (line: string): boolean => line.startsWith('{"checkpoint":');
