// What a party asks of an intent that repairs a share (dkls23-spec 7.2), beyond its signature and
// form: whether it is about the key as the key stands here, whether exactly its helpers and its
// receiver take part, and whether what it says of the epoch is what a helper's own record says. The
// checks are pure. Every refusal is an error that says which check failed.
import { same } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { checkRepairs, type OpenedIntent, type VerifiedKey } from "@covault/trust";
import type { Member, RepairAction } from "@covault/wire";
import type { PublicRecord } from "../protocols/protocol.ts";
import { checkCharter } from "./check-succession.ts";

/** Gives the helpers and the receiver, ascending, the receiver with the key that it has now. */
export function checkRepair(
  opened: Pick<OpenedIntent, "intent" | "key">,
  { helpers }: RepairAction,
  signers: readonly number[],
  key: VerifiedKey,
): readonly Member[] {
  checkCharter(key.charter, key.charter);
  const members = checkRepairs(key, opened);
  if (signers.length !== members.length || members.some((member, at) => member.shareIndex !== signers[at]))
    throw new CovaultError("party/bad-quorum", "A repair needs exactly the helpers and the receiver of its intent.", {
      facts: { signers: signers.join(", "), helpers: helpers.join(", ") },
    });
  return members;
}

/**
 * Compares what the intent and the certificate say of the epoch with a helper's own record of it.
 * The receiver knows the public shares by the intent alone, so that one honest helper is enough to
 * keep false ones from it.
 */
export function checkHelpersRecord({ publicShares }: RepairAction, { charter, ...key }: VerifiedKey, record: PublicRecord): void {
  const wrong = (what: string): never => {
    throw new CovaultError("party/wrong-key", `The ${what} is not that of the share.`);
  };
  const { holders } = record;
  if (!same(charter.keyId, record.keyId)) wrong("certificate's key_id");
  if (!same(key.epoch, record.epoch)) wrong("certificate's epoch");
  if (!same(charter.publicKey, record.publicKey)) wrong("certificate's public_key");
  if (!same(charter.chain, record.chain)) wrong("certificate's chain");
  if (key.threshold !== record.threshold) wrong("certificate's threshold");
  if (key.members.length !== holders.length || holders.some(({ index }, at) => key.members[at]?.shareIndex !== index))
    wrong("certificate's list of members");
  if (holders.some(({ publicShare }, at) => !same(publicShares[at] ?? new Uint8Array(), publicShare))) wrong("intent's public_shares");
}
