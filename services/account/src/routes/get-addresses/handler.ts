// GET /api/v1/accounts/{id}/addresses?path&from&count&network: where the account's keys, or their children, are paid.
import { setImmediate as breathe } from "node:timers/promises";
import { type Api, guardedRefusals, integerParameter } from "@covault/service-kit/http";
import { parsePath, pathText as textOf } from "@covault/trust";
import { z } from "zod";
import { notActive } from "../../accounts/signing-configuration.ts";
import type { AccountContext } from "../../context.ts";
import { openKeys } from "../../keys/account-key.ts";
import { addressesAt } from "../../keys/view.ts";
import { accountParams, addresses, network, noSuchAccount, pathText, whenActive } from "../schemas.ts";
import { tenantAccount } from "../tenant-account.ts";

const stepMax = 2 ** 31 - 1;
const query = z.strictObject({
  path: pathText.default("m"),
  from: integerParameter(0, stepMax).optional().describe("First of a range of steps under path: 0 where only count is given"),
  count: integerParameter(1, 100).optional().describe("How many steps: 1 where only from is given; without both, path alone"),
  network: network.default("mainnet").describe("Changes encodings alone, of Bitcoin"),
});
const answer = z.object({
  network,
  addresses: z.array(addresses.extend({ path: z.string() })).describe("By path, ascending"),
});

/** The paths asked for. Throws `trust/bad-path`. */
function pathsOf({ path, from, count }: z.infer<typeof query>): (readonly number[])[] {
  const steps = parsePath(path);
  if (from === undefined && count === undefined) return [steps];
  return Array.from({ length: count ?? 1 }, (_, at) => parsePath([...steps, (from ?? 0) + at]));
}

export function getAddressesRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["keys"],
    summary: "Where the account is paid, by chain and path",
    params: accountParams,
    querystring: query,
    response: { 200: answer.describe("What the certificates of the keys say"), ...noSuchAccount, ...whenActive, ...guardedRefusals },
  };
  api.get("/api/v1/accounts/:id/addresses", { schema }, async (request) => {
    const paths = pathsOf(request.query);
    const account = await tenantAccount(context, request, request.params.id);
    if (account.status !== "active") throw notActive(account);
    const keys = await openKeys(context, account);
    const found: z.infer<typeof answer>["addresses"] = [];
    for (const path of paths) {
      found.push({ path: textOf(path), ...addressesAt(keys, path, request.query.network) });
      // Each step of each key is a multiplication on its curve: let others in between.
      await breathe();
    }
    return { network: request.query.network, addresses: found };
  });
}
