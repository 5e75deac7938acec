// GET /api/v1/accounts/{id}/addresses?path&from&count&network gives the addresses where the
// account's keys, or their children, are paid.
import { setImmediate as breathe } from "node:timers/promises";
import type { AddressList, AddressQuery, routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import { parsePath, pathText } from "@covault/trust";
import { notActive } from "../../accounts/signing-configuration.ts";
import type { AccountContext } from "../../context.ts";
import { openKeys } from "../../keys/account-key.ts";
import { addressesAt } from "../../keys/view.ts";
import { tenantAccount } from "../tenant-account.ts";

/** Gives the paths that are asked for. Throws `trust/bad-path`. */
function pathsOf({ path, from, count }: AddressQuery): (readonly number[])[] {
  const steps = parsePath(path);
  if (from === undefined && count === undefined) return [steps];
  return Array.from({ length: count ?? 1 }, (_, at) => parsePath([...steps, (from ?? 0) + at]));
}

export function getAddresses(context: AccountContext): Handler<typeof routes.getAddresses> {
  return async (request) => {
    const paths = pathsOf(request.query);
    const account = await tenantAccount(context, request, request.params.id);
    if (account.status !== "active") throw notActive(account);
    const keys = await openKeys(context, account);
    const addresses: AddressList["addresses"][number][] = [];
    for (const path of paths) {
      addresses.push({ path: pathText(path), ...addressesAt(keys, path, request.query.network) });
      // Each step of each key is a multiplication on its curve, so other requests are let in
      // between.
      await breathe();
    }
    return { network: request.query.network, addresses };
  };
}
