// A repair gives a holder its lost share of the committed epoch back (dkls23-spec 7.2).
// `checkRepairs` compares it with the key.
import type { RepairAction } from "@covault/wire";
import { type FieldChecks, holdersMax } from "../fields.ts";
import { schemeNames, schemeOf } from "../schemes/index.ts";

export function checkRepair(repair: RepairAction, check: FieldChecks): void {
  const { threshold, helpers, publicShares } = repair;
  const scheme = check.word(repair.scheme, schemeNames, "scheme");
  check.bytes(repair.keyId, 32, "key_id");
  check.bytes(repair.epoch, 32, "epoch");
  // Each is a point of a curve. So their number is checked before any of them is looked at.
  check.that(publicShares.length <= holdersMax, `public_shares has ${publicShares.length} entries, more than ${holdersMax}`);
  check.threshold(threshold, publicShares.length, "threshold");
  check.that(helpers.length === threshold, `helpers has ${helpers.length} entries, not ${threshold}`);
  check.ascending(helpers, "helpers");
  const receiver = repair.receiver ?? check.fail("it has no receiver");
  check.members([receiver], "receiver");
  check.that(!helpers.includes(receiver.shareIndex), "receiver is one of the helpers");
  check.that(
    publicShares.every((share) => schemeOf(scheme).publicShare.is(share)),
    `public_shares has one that is no point of ${scheme}`,
  );
}
