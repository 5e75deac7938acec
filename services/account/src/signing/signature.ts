// From the parties' 65 bytes (r || s || recovery id) to what a caller uses. Only what verifies comes through.
import { recoverEcdsa, verifyEcdsa } from "@covault/trust";

export interface Signature {
  /** 0x and 64 hex characters. */
  readonly r: string;
  readonly s: string;
  readonly recovery_id: number;
  /** r || s || v, 65 bytes, v = 27 + recovery_id. */
  readonly hex: string;
}

/** Undefined unless `bytes` is a signature of `digest` by `publicKey`, with low s and the recovery id that leads back to the key. */
export function readSignature(publicKey: Uint8Array, digest: Uint8Array, bytes: Uint8Array): Signature | undefined {
  const recoveryId = bytes[64];
  if (bytes.length !== 65 || (recoveryId !== 0 && recoveryId !== 1)) return undefined;
  const compact = new Uint8Array(bytes.subarray(0, 64));
  const hexOf = (part: Uint8Array): string => Buffer.from(part).toString("hex");
  const [r, s] = [hexOf(compact.subarray(0, 32)), hexOf(compact.subarray(32))];
  // A high s is refused here too.
  if (!verifyEcdsa(publicKey, digest, compact)) return undefined;
  const recovered = recoverEcdsa(digest, compact, recoveryId);
  if (!recovered || !Buffer.from(recovered).equals(publicKey)) return undefined;
  return { r: `0x${r}`, s: `0x${s}`, recovery_id: recoveryId, hex: `0x${r}${s}${(27 + recoveryId).toString(16)}` };
}
