// A refresh makes a further epoch of a key (dkls23-spec 0.4, 7). `openKey` compares with the chain
// what it says of the epoch before.
import { same } from "@covault/crypto";
import type { RefreshAction } from "@covault/wire";
import type { FieldChecks } from "../fields.ts";
import { keyIdOf } from "../key-id.ts";
import { refreshKinds } from "../kinds.ts";
import { schemeNames, schemeOf } from "../schemes/index.ts";
import { checkRequired, custodies } from "./keygen.ts";

export function checkRefresh(refresh: RefreshAction, check: FieldChecks): void {
  check.word(refresh.kind, refreshKinds, "kind");
  const scheme = check.word(refresh.scheme, schemeNames, "scheme");
  check.that(refresh.epochNumber >= 1, "epoch_number is 0, which is the keygen's");
  check.bytes(refresh.oldEpoch, 32, "old_epoch");
  check.bytes(refresh.chain, 32, "chain");
  check.publicKey(scheme, refresh.publicKey, "public_key");
  check.that(same(keyIdOf(scheme, refresh.publicKey, refresh.chain), refresh.keyId), "key_id is not that of scheme, public_key and chain");
  check.members(refresh.oldMembers, "old_members");
  check.members(refresh.members, "members");
  check.threshold(refresh.oldThreshold, refresh.oldMembers.length, "old_threshold");
  check.threshold(refresh.threshold, refresh.members.length, "threshold");
  check.that(refresh.oldPublicShares.length === refresh.oldMembers.length, "old_public_shares has not one for each of old_members");
  check.that(
    refresh.oldPublicShares.every((share) => schemeOf(scheme).publicShare.is(share)),
    `old_public_shares has one that is no point of ${scheme}`,
  );
  check.ascending(refresh.dealers, "dealers");
  const old = new Set(refresh.oldMembers.map((member) => member.shareIndex));
  check.that(
    refresh.dealers.length >= refresh.oldThreshold && refresh.dealers.every((dealer) => old.has(dealer)),
    "dealers are not old_threshold old members",
  );
  checkNewMembers(refresh, check);
  checkAmendments(refresh, check);
}

/**
 * Checks the members to come. An index belongs to one party for ever, and a party has one index,
 * with its role. Refresh and recovery keep the set of members.
 */
function checkNewMembers({ kind, oldMembers, members, dealers, ...refresh }: RefreshAction, check: FieldChecks): void {
  const old = new Map(oldMembers.map((member) => [member.shareIndex, member]));
  const highest = Math.max(...old.keys());
  for (const member of members) {
    const before = old.get(member.shareIndex);
    if (before === undefined) {
      check.that(kind === "reshare", "members has a newcomer without a reshare");
      check.that(member.shareIndex > highest, "members has a newcomer with an index that is not new");
      check.that(
        oldMembers.every(({ partyId, idpk }) => partyId !== member.partyId && !same(idpk, member.idpk)),
        "members gives an old member another index",
      );
      continue;
    }
    // A device that is recovered is another device, because its id is made of its key.
    const replaced = kind === "recover" && before.role === "device" && member.role === "device";
    check.that(before.partyId === member.partyId || replaced, "members gives an index to another party");
    const recovered = kind === "recover" && !dealers.includes(member.shareIndex);
    check.that(same(before.idpk, member.idpk) || recovered, "members changes the idpk of one that is not recovered");
    check.that(before.role === member.role, "members changes the role of one that stays");
  }
  if (kind === "reshare") return;
  check.that(refresh.threshold === refresh.oldThreshold, "threshold changes without a reshare");
  check.that(members.length === old.size, "members leaves one out without a reshare");
}

/**
 * Checks the form of what the intent changes in the charter. `openKey` decides whether the charter
 * may be changed so.
 */
function checkAmendments(refresh: RefreshAction, check: FieldChecks): void {
  const { kind, policyRoot, custody, amendsRequired, required } = refresh;
  check.bytesOrNone(policyRoot, 32, "policy_root");
  check.that(policyRoot.length === 0 || kind !== "recover", "policy_root is set by a recovery");
  if (custody !== "") check.word(custody, custodies, "custody");
  check.that(custody === "" || kind === "reshare", "custody changes without a reshare");
  check.that(amendsRequired || required.length === 0, "required is given without amends_required");
  check.that(!amendsRequired || kind === "reshare", "required changes without a reshare");
  checkRequired(refresh, check);
}
