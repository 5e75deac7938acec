// The end of a share repair at its receiver (dkls23-spec 7.2): the share is sealed, and becomes the
// row that this party had when it acknowledged the epoch. Intent and acknowledgement of that row
// stand in the epoch's certificate.
import { toBinary } from "@bufbuild/protobuf";
import { CovaultError } from "@covault/errors";
import type { VerifiedKey } from "@covault/trust";
import { type Signed, SignedSchema } from "@covault/wire";
import type { PartyDeps } from "../deps.ts";
import type { NewShare } from "../ports/store.ts";
import type { AttemptSecrets } from "../run/runner.ts";
import { eraseKeys } from "../vault/blob.ts";
import { shareAad } from "../vault/vault.ts";
import type { AttemptTerms } from "./attempt-terms.ts";

/** Seals the share that the run has made, of which `record` is the public part. */
export async function repairedShare(
  { vault, partyId }: PartyDeps,
  { key, self }: AttemptTerms,
  record: Uint8Array,
  secrets: AttemptSecrets,
): Promise<NewShare> {
  if (key === undefined) throw new CovaultError("party/bad-order", "A repair is of a key.");
  const { charter, epoch, epochNumber, sessionId, intentId } = key;
  const { keyId, scheme } = charter;
  const keys = await vault.shareKeys(keyId, epoch);
  const aad = shareAad(partyId, keyId, epoch, record, intentId);
  const secret = await secrets.sealSecret({ keys, aad }).finally(() => eraseKeys(keys));
  return { keyId, epoch, epochNumber, scheme, sessionId, intentId, record, secret, ...certifiedOf(key, self) };
}

/** Gives what the certificate of the epoch has of this party. It is verified. */
export function certifiedOf({ certificate, members }: VerifiedKey, self: number): Pick<NewShare, "intent" | "ack"> {
  const ack = certificate.acks[members.findIndex(({ shareIndex }) => shareIndex === self)];
  return { intent: toBinary(SignedSchema, certificate.intent as Signed), ack: toBinary(SignedSchema, ack as Signed) };
}
