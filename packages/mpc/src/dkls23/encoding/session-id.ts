// Names of sessions, keys and generations of shares (dkls23-spec 0.4 and 2.5). Everything that the members of a session must
// agree on goes in; members that differ get different ids and stop before they send anything that matters.
import { TH, u8, u16 } from "../../kernel/hash.ts";
import type { ShareIndex } from "../../protocol/index.ts";
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

export interface DkgSession {
  readonly kind: DkgKind;
  readonly nonce: Uint8Array;
  readonly threshold: number;
  /** U ascending, with the identity key of each (32 bytes). */
  readonly members: readonly { readonly index: ShareIndex; readonly idpk: Uint8Array }[];
  readonly dealers: readonly ShareIndex[];
  readonly receivers: readonly ShareIndex[];
  /** ctx of 0.4: what the run takes from an existing key; none for keygen. */
  readonly context: readonly Uint8Array[];
}

export function dkgSid(session: DkgSession): Uint8Array {
  const { kind, nonce, threshold, members, dealers, receivers, context } = session;
  const lists = [members.map(({ index }) => index), dealers, receivers].map(idList);
  return TH("dkg/sid", nonce, u8(dkgKinds[kind]), u16(threshold), ...lists, ...members.map(({ idpk }) => idpk), ...context);
}

export interface SignSession {
  readonly epoch: Uint8Array;
  readonly nonce: Uint8Array;
  readonly signers: readonly ShareIndex[];
  /** be32, below q. */
  readonly tweak: Uint8Array;
  /** be32 of the digest mod q; empty: a presignature. */
  readonly digest: Uint8Array;
}

/** ssid. 32 bytes. */
export function signSid({ epoch, nonce, signers, tweak, digest }: SignSession): Uint8Array {
  return TH("sign/sid", epoch, nonce, u16(signers.length), ...signers.map((id) => u16(id)), tweak, digest);
}

/** Stable over refresh. `publicKey`: 33 bytes, `chain`: 32 bytes. */
export const keyIdOf = (publicKey: Uint8Array, chain: Uint8Array): Uint8Array => TH("key/id", publicKey, chain);

/** Names this generation of shares: changes with every refresh and reshare. */
export const epochOf = (keyId: Uint8Array, h2: Uint8Array): Uint8Array => TH("key/epoch", keyId, h2);
