// This file keeps keys whose certificates were verified before. To open a chain costs a signature
// check for each holder of each epoch, and every request of an account needs its key. A kept key is
// named by the hash of all that was verified, so an altered chain is never taken for another.
import { createHash } from "node:crypto";
import { type InitiatorKeys, openKey, type VerifiedKey } from "@covault/trust";

/** The most keys that are kept. A key of 20 holders takes some 20 KiB. */
const keysMax = 1_000;

export interface OpenedKeys {
  /**
   * Opens a key. `certificates` are encoded, and the founding one comes first. Throws
   * `trust/bad-chain`.
   */
  readonly open: (foundingIntentId: Uint8Array, certificates: readonly Uint8Array[]) => VerifiedKey;
}

/**
 * Opens keys. `roster` gives the roster that `keysOf` goes by. A key that was opened under another
 * roster is opened again.
 */
export function openedKeys(keysOf: InitiatorKeys, roster: () => object, max = keysMax): OpenedKeys {
  let openedUnder = roster();
  const opened = new Map<string, VerifiedKey>();
  return {
    open(foundingIntentId, certificates) {
      if (roster() !== openedUnder) opened.clear();
      openedUnder = roster();
      const name = nameOf(foundingIntentId, certificates);
      const known = opened.get(name);
      const [founding = new Uint8Array(), ...later] = certificates;
      const key = known ?? openKey(founding, later, { keysOf, foundingIntentId });
      // The key that was asked for longest ago is dropped first.
      opened.delete(name);
      opened.set(name, key);
      const [oldest = name] = opened.keys();
      if (opened.size > max) opened.delete(oldest);
      return key;
    },
  };
}

function nameOf(foundingIntentId: Uint8Array, certificates: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of [foundingIntentId, ...certificates]) hash.update(createHash("sha256").update(part).digest());
  return hash.digest("base64");
}
