// This file shows a key as the API does, and the addresses of its children. All of it is computed
// from the key's certificates.
import type { Key, KeySummary } from "@covault/api/account";
import { type Addresses, addressesOf, type Network } from "@covault/chains";
import { parsePath, schemeOf, type VerifiedKey } from "@covault/trust";
import { viewBackups } from "../backups/view.ts";
import type { AccountContext } from "../context.ts";
import { type AccountKey, equal, hex } from "./account-key.ts";

export function keySummary({ charter: { keyId, scheme, publicKey }, epochNumber }: VerifiedKey): KeySummary {
  return { key_id: hex(keyId), scheme, public_key: hex(publicKey), epoch: epochNumber };
}

/**
 * Shows keys, with what holders have said of them: that they have sealed or exported their shares.
 */
export async function viewKeys(context: AccountContext, keys: readonly AccountKey[]): Promise<Key[]> {
  const exported = await context.store.releases.exported(keys.map(({ charter }) => charter.keyId));
  const isExported = ({ charter }: AccountKey): boolean => exported.some((keyId) => equal(keyId, charter.keyId));
  return Promise.all(keys.map(async (key) => keyView(key, isExported(key), (await viewBackups(context, key)).backed_up)));
}

function keyView(key: AccountKey, isExported: boolean, backedUp: boolean): Key {
  const { scheme, publicKey, chain } = key.charter;
  return {
    ...keySummary(key),
    chain_code: hex(chain),
    xpub: schemeOf(scheme).extendedKey?.(publicKey, chain, "mainnet") ?? null,
    addresses: addressesOf(scheme, publicKey),
    threshold_t: key.threshold,
    parties: key.members.map(({ partyId, role, shareIndex }) => ({ party_id: partyId, role, share_index: shareIndex })),
    keygen_session_id: key.keygenSessionId,
    exposed: isExported || key.charter.isExported ? "exported" : key.charter.isImported ? "imported" : null,
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
