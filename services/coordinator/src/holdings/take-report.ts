// A party's report of what it holds, or of what it has sealed. It counts only as the answer to a
// question that was asked of this party, under the identity key that the question has for it.
import { toBinary } from "@bufbuild/protobuf";
import { fromHex, hex } from "@covault/crypto";
import { parseExact, verifyBackup, verifyHolding } from "@covault/trust";
import { BackupSchema, HoldingSchema, type Signed, SignedSchema } from "@covault/wire";
import type { HoldingStore } from "../store/holding-store.ts";
import type { AboutKey } from "./ask-holders.ts";

/**
 * Keeps a report. Gives whether it was one that somebody had asked for. Throws
 * `trust/bad-holding` and `trust/bad-backup`.
 */
export async function takeReport(store: HoldingStore, partyId: string, about: AboutKey, statement: Signed | undefined): Promise<boolean> {
  if (statement === undefined) return false;
  const { nonce } = parseExact(about === "holding" ? HoldingSchema : BackupSchema, statement.body) ?? {};
  if (nonce === undefined || nonce.length !== 32) return false;
  const question = await store.question(hex(nonce));
  const asked = question?.asked.find((party) => party.partyId === partyId);
  if (question === undefined || asked === undefined || question.about !== about) return false;
  const holder = { partyId, idpk: fromHex(asked.idpk) };
  const expected = { holder, keyId: fromHex(question.keyId), nonce, scheme: question.scheme };
  if (about === "holding") verifyHolding(statement, expected);
  else verifyBackup(statement, expected);
  await store.report(question.nonce, { partyId, statement: toBinary(SignedSchema, statement) });
  return true;
}
