// This file shows a key as the API does, and the addresses of its children. All of it is computed
// from the key's certificates.
import type { Key, KeySummary } from "@covault/api/account";
import { type Addresses, addressesOf, type Network } from "@covault/chains";
import { parsePath, schemeOf, type VerifiedKey } from "@covault/trust";
import { type AccountKey, hex } from "./account-key.ts";

export function keySummary({ charter: { keyId, scheme, publicKey }, epochNumber }: VerifiedKey): KeySummary {
  return { key_id: hex(keyId), scheme, public_key: hex(publicKey), epoch: epochNumber };
}

/** `backedUp` is what the holders have said (backups/view.ts). */
export function keyView(key: AccountKey, backedUp: boolean): Key {
  const { scheme, publicKey, chain } = key.charter;
  return {
    ...keySummary(key),
    chain_code: hex(chain),
    xpub: schemeOf(scheme).extendedKey?.(publicKey, chain, "mainnet") ?? null,
    addresses: addressesOf(scheme, publicKey),
    threshold_t: key.threshold,
    parties: key.members.map(({ partyId, role, shareIndex }) => ({ party_id: partyId, role, share_index: shareIndex })),
    keygen_session_id: key.keygenSessionId,
    backed_up: backedUp,
    certificates: key.certificates.map((certificate) => Buffer.from(certificate).toString("base64")),
  };
}

/**
 * Gives the addresses at which the keys' children by this path are paid. Throws `trust/bad-path`.
 */
export function addressesAt(keys: readonly VerifiedKey[], path: string | readonly number[], network: Network = "mainnet"): Addresses {
  const steps = parsePath(path);
  const each = keys.map(({ charter: { scheme, publicKey, chain } }) => {
    const child = steps.length === 0 ? publicKey : schemeOf(scheme).derive(publicKey, chain, steps).publicKey;
    return addressesOf(scheme, child, network);
  });
  return Object.assign({}, ...each) as Addresses;
}
