// Signs a roster with the operator's root key. An embedded system is its own operator; in production the root key is offline.

import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed, signStatement } from "@covault/channel";
import {
  type RosterInitiatorSchema,
  type RosterPartySchema,
  RosterSchema,
  SignedSchema,
  signatureTags,
  type TenantSchema,
} from "@covault/wire";
import type { Trust } from "./settings/read-settings.ts";

export interface RosterContent {
  readonly serial: bigint;
  readonly parties: MessageInitShape<typeof RosterPartySchema>[];
  readonly initiators: MessageInitShape<typeof RosterInitiatorSchema>[];
  /** None: every tenant has policy version 0. */
  readonly tenants?: MessageInitShape<typeof TenantSchema>[];
}

export function signRoster(rootSeed: Uint8Array, content: RosterContent): Trust {
  const root = identityKeyFromSeed(rootSeed);
  const body = toBinary(RosterSchema, create(RosterSchema, { ...content, version: 1 }));
  return { signed: toBinary(SignedSchema, signStatement(root, signatureTags.roster, "root", body)), rootKey: root.publicKey };
}

/** Of these persistent parties, by their seeds, and the one initiator `account`. */
export function ownRoster(rootSeed: Uint8Array, identities: ReadonlyMap<string, Uint8Array>, initiatorSeed: Uint8Array): Trust {
  const parties = [...identities].map(([partyId, seed]) => ({ partyId, idpk: identityKeyFromSeed(seed).publicKey, role: "persistent" }));
  const initiators = [{ initiatorId: "account", key: identityKeyFromSeed(initiatorSeed).publicKey }];
  return signRoster(rootSeed, { serial: BigInt(parties.length), parties, initiators });
}
