// A signature's session has its id from this file (dkls23-spec 0.4). Everything that the signers
// must agree on goes in. Signers that differ get different ids, and stop before they send anything
// that matters.
import { TH, u16 } from "../../kernel/hash.ts";
import type { ShareIndex } from "../../protocol/index.ts";

export interface SignSession {
  readonly epoch: Uint8Array;
  readonly nonce: Uint8Array;
  readonly signers: readonly ShareIndex[];
  /** The ids of every pair of signers, ascending by (lo, hi), 32 bytes each. */
  readonly pairIds: readonly Uint8Array[];
  /** The tweak, be32, below q. */
  readonly tweak: Uint8Array;
  /** be32 of the digest mod q. It is empty for a presignature. */
  readonly digest: Uint8Array;
}

/** u16 k, the item's number in a batch. It is 0 outside batches, which are not built. */
const noItem = u16(0);

/** Gives ssid, 32 bytes. */
export function signSid({ epoch, nonce, signers, pairIds, tweak, digest }: SignSession): Uint8Array {
  const ids = signers.map((id) => u16(id));
  return TH("sign/sid", epoch, nonce, noItem, u16(signers.length), ...ids, ...pairIds, tweak, digest);
}
