// A party's report of what it holds. It counts only as the answer to a question that was asked of
// this party, under the identity key that the question has for it.
import { toBinary } from "@bufbuild/protobuf";
import { fromHex, hex } from "@covault/crypto";
import { parseExact, verifyHolding } from "@covault/trust";
import { type HoldingReport, HoldingSchema, SignedSchema } from "@covault/wire";
import type { HoldingStore } from "../store/holding-store.ts";

/**
 * Keeps a report. Gives whether it was one that somebody had asked for. Throws
 * `trust/bad-holding`.
 */
export async function takeReport(store: HoldingStore, partyId: string, { holding }: HoldingReport): Promise<boolean> {
  const nonce = holding && parseExact(HoldingSchema, holding.body)?.nonce;
  if (holding === undefined || nonce === undefined || nonce.length !== 32) return false;
  const question = await store.question(hex(nonce));
  const asked = question?.asked.find((party) => party.partyId === partyId);
  if (question === undefined || asked === undefined) return false;
  const holder = { partyId, idpk: fromHex(asked.idpk) };
  verifyHolding(holding, { holder, keyId: fromHex(question.keyId), nonce, scheme: question.scheme });
  await store.report(question.nonce, { partyId, holding: toBinary(SignedSchema, holding) });
  return true;
}
