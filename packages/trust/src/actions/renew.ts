// A renewal makes the pair of two holders anew within its epoch (dkls23-spec 7.1). `checkRenews`
// compares it with the key.
import type { RenewAction } from "@covault/wire";
import type { FieldChecks } from "../fields.ts";
import { schemeNames, schemeOf } from "../schemes/index.ts";

/** The last generation of a pair. After it the pair needs a new epoch. */
export const generationMax = 16;

export function checkRenew(renew: RenewAction, check: FieldChecks): void {
  const { generation } = renew;
  const scheme = check.word(renew.scheme, schemeNames, "scheme");
  check.that(schemeOf(scheme).pairs, `scheme ${scheme} has no pairs`);
  check.bytes(renew.keyId, 32, "key_id");
  check.bytes(renew.epoch, 32, "epoch");
  check.ascending([renew.shareIndexLo, renew.shareIndexHi], "share_index_lo, share_index_hi");
  check.that(generation >= 1 && generation <= generationMax, `generation is ${generation}, not 1 to ${generationMax}`);
  check.bytes(renew.oldPairId, 32, "old_pair_id");
}
