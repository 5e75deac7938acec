// A holder's answer to an export. It counts only as the answer to an intent that this party was
// asked with, under its identity key of the key's certificate.
import { toBinary } from "@bufbuild/protobuf";
import { fromHex } from "@covault/crypto";
import { parseExact, verifyRelease } from "@covault/trust";
import { type ExportReport, ReleaseSchema, SignedSchema } from "@covault/wire";
import type { HoldingStore } from "../store/holding-store.ts";
import { questionOf } from "./ask-exports.ts";

/**
 * Keeps an answer. Gives whether it was one that somebody had asked for. Throws
 * `trust/bad-release`.
 */
export async function takeRelease(store: HoldingStore, partyId: string, { release }: ExportReport): Promise<boolean> {
  const intentId = release && parseExact(ReleaseSchema, release.body)?.intentId;
  if (release === undefined || intentId === undefined || intentId.length !== 32) return false;
  const question = await store.question(questionOf(intentId));
  const asked = question?.asked.find((party) => party.partyId === partyId);
  if (question === undefined || asked === undefined) return false;
  const holder = { partyId, idpk: fromHex(asked.idpk) };
  verifyRelease(release, { holder, intentId, keyId: fromHex(question.keyId) });
  await store.report(question.nonce, { partyId, statement: toBinary(SignedSchema, release) });
  return true;
}
