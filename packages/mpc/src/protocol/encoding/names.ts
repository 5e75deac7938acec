// Names that every protocol shares (dkls23-spec 0.4 and 2.5): the kind of a run, lists of ids, the session nonce, key id and epoch. Their
// tags are those of DKLs23 for every scheme, so that anybody recomputes them without knowing the scheme.
import { TH, u16 } from "../../kernel/hash.ts";
import type { ShareIndex } from "../share-index.ts";
import { concat } from "./bytes.ts";

/** Kind of a run of section 2. */
export const dkgKinds = { keygen: 0, refresh: 1, reshare: 2, import: 3, recovery: 4 } as const;
export type DkgKind = keyof typeof dkgKinds;

/** L(X) of 0.4: u16 count, then the ids ascending, as one field. */
export const idList = (ids: readonly ShareIndex[]): Uint8Array => concat([u16(ids.length), ...ids.map((id) => u16(id))]);

/** From 32 fresh random bytes of every participant: no id of an honest party ever repeats. 32 bytes. */
export function sessionNonce(contributions: ReadonlyMap<ShareIndex, Uint8Array>): Uint8Array {
  const ascending = [...contributions].sort(([a], [b]) => a - b);
  return TH("nonce", ...ascending.flatMap(([index, contribution]) => [u16(index), contribution]));
}

/** Stable over refresh. `publicKey`: as the scheme encodes it, `chain`: 32 bytes. */
export const keyIdOf = (publicKey: Uint8Array, chain: Uint8Array): Uint8Array => TH("key/id", publicKey, chain);

/** Names this generation of shares: changes with every refresh and reshare. */
export const epochOf = (keyId: Uint8Array, h2: Uint8Array): Uint8Array => TH("key/epoch", keyId, h2);
