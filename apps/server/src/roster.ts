// The embedded operator: holds the root key and signs the roster of its own parties and its own initiator. In production the
// root key is offline and the roster comes as a file.

import { create, toBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed, signStatement } from "@covault/channel";
import { RosterSchema, SignedSchema, signatureTags } from "@covault/wire";
import type { Trust } from "./settings/read-settings.ts";

/** `parties`: id and identity public key of each server party; `initiatorKey`: public key of the account service. */
export function signRoster(
  rootSeed: Uint8Array,
  parties: readonly { readonly id: string; readonly publicKey: Uint8Array }[],
  initiatorKey: Uint8Array,
): Trust {
  const root = identityKeyFromSeed(rootSeed);
  const roster = create(RosterSchema, {
    version: 1,
    serial: BigInt(parties.length),
    parties: parties.map(({ id, publicKey }) => ({ partyId: id, idpk: publicKey, role: "persistent", validFromMs: 0n, validUntilMs: 0n })),
    initiators: [{ initiatorId: "account", key: initiatorKey, tenants: [], kinds: [] }],
  });
  const signed = signStatement(root, signatureTags.roster, "root", toBinary(RosterSchema, roster));
  return { signed: toBinary(SignedSchema, signed), rootKey: root.publicKey };
}
