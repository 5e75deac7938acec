// A signature's session has its id from this file (dkls23-spec 0.4). Everything that the signers
// must agree on goes in. Signers that differ get different ids, and stop before they send anything
// that matters.
import { TH, u16 } from "../../kernel/hash.ts";
import type { ShareIndex } from "../../protocol/index.ts";

export interface SignSession {
  readonly epoch: Uint8Array;
  readonly nonce: Uint8Array;
  /** The number k of the item in its batch, from 1. It is 0 outside batches. */
  readonly item: number;
  readonly signers: readonly ShareIndex[];
  /** The ids of every pair of signers, ascending by (lo, hi), 32 bytes each. */
  readonly pairIds: readonly Uint8Array[];
  /** The tweak, be32, below q. */
  readonly tweak: Uint8Array;
  /** be32 of the digest mod q. It is empty for a presignature. */
  readonly digest: Uint8Array;
}

/** Gives ssid, 32 bytes. */
export function signSid({ epoch, nonce, item, signers, pairIds, tweak, digest }: SignSession): Uint8Array {
  const ids = signers.map((id) => u16(id));
  return TH("sign/sid", epoch, nonce, u16(item), u16(signers.length), ...ids, ...pairIds, tweak, digest);
}

/** Gives bid, 32 bytes: the session id of a batch of the items with these ids. */
export const batchSid = (epoch: Uint8Array, nonce: Uint8Array, ssids: readonly Uint8Array[]): Uint8Array =>
  TH("sign/batch", epoch, nonce, u16(ssids.length), ...ssids);
