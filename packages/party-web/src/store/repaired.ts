// A share that others have made again for this party (dkls23-spec 7.2). It is that of an epoch
// which was certified before, so that it is usable at once.
import { same } from "@covault/crypto";
import type { NewShare } from "@covault/party";
import { compareEpochs } from "@covault/trust";
import { isLast, shareOfIntent, supersedeLower } from "./shares.ts";
import type { Tables } from "./tables.ts";

export async function keepRepaired(
  tables: Tables,
  share: NewShare,
  certificates: readonly Uint8Array[],
  judged: Uint8Array | undefined,
): Promise<boolean> {
  const { keyId, epoch, intentId } = share;
  const isOfEpoch = (other: Pick<NewShare, "keyId" | "epoch">): boolean => same(other.keyId, keyId) && same(other.epoch, epoch);
  const [there, ofIntent] = [await tables.shares.get([keyId, epoch]), await shareOfIntent(tables, intentId)];
  if (there !== undefined && (there.status === "staged" || !same(there.intentId, intentId))) return false;
  if (ofIntent !== undefined && !isOfEpoch(ofIntent)) return false;
  const certified = (await tables.shares.having("keyId", keyId)).filter(({ status }) => status === "committed" || status === "left");
  if (certified.some((other) => compareEpochs(other, share) > 0)) return false;
  if (!(await isLast(tables, keyId, judged)) && !(await isLast(tables, keyId, certificates.at(-1)))) return false;
  await tables.shares.put({ ...share, status: "committed" });
  for (const pair of await tables.pairs.having("epoch", epoch))
    if (same(pair.keyId, keyId)) await tables.pairs.put({ ...pair, state: undefined });
  await supersedeLower(tables, keyId);
  await tables.certificates.put({ keyId, chain: certificates });
  return true;
}
