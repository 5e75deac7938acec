// A refresh makes the shares of a key anew, for the same holders. It waits for all of them.
import { CovaultError } from "@covault/errors";
import { requireHolders } from "../accounts/outlook.ts";
import { actionOf, askHolders, continuing, isOfKey, type KeyRequest, lostShare } from "./continuing.ts";
import type { Operation } from "./operation.ts";

export const refresh = {
  kind: "refresh",
  ...continuing,
  async intent(context, { account, key }) {
    const said = await askHolders(context, account, key);
    const { threshold, members } = said.key;
    const why = "its shares can be made anew by all of them alone";
    requireHolders(context.roster(), account.account_id, members, context.nowMs(), why);
    const lost = members.filter(({ partyId }) => lostShare(said, partyId)).map(({ partyId }) => partyId);
    if (lost.length > 0)
      throw new CovaultError(
        "account/share-lost",
        `A refresh needs all holders, and ${lost.join(", ")} has no share of the key any more.`,
        {
          facts: { account: account.account_id, parties: lost.join(", ") },
        },
      );
    const dealers = members.map(({ shareIndex }) => shareIndex);
    return actionOf(context, said, { kind: "refresh", threshold, members, dealers });
  },
  isOf: (request, subject) => isOfKey(request, "refresh", subject),
} as const satisfies Operation<KeyRequest>;
