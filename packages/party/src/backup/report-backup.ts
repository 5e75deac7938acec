// What this party says that it has sealed of its share of a key, signed, in answer to one question
// (packages/trust, `verifyBackup`). The question makes it seal what is missing first. It takes no
// recipient from it.
import { create, toBinary } from "@bufbuild/protobuf";
import { signStatement } from "@covault/channel";
import { hex, same, sha256 } from "@covault/crypto";
import { BackupReportSchema, type BackupRequest, BackupSchema, signatureTags } from "@covault/wire";
import { envelope, post, ttlMs } from "../attempt/mail.ts";
import type { PartyDeps } from "../deps.ts";
import type { Address } from "../ports/transport.ts";
import { fingerprintOf } from "./backup-document.ts";
import type { Backups } from "./backups.ts";

export async function reportBackup(deps: PartyDeps, backups: Backups, { keyId, nonce }: BackupRequest, to: Address): Promise<void> {
  const { identity, partyId, restores } = deps;
  const era = await restores.ready();
  const body = create(BackupSchema, { keyId, nonce, partyId, ...(await sealed(deps, backups, keyId)) });
  // What was read may be of a store that is not the live one.
  if (restores.era !== era) return;
  const backup = signStatement(identity, signatureTags.backup, partyId, toBinary(BackupSchema, body));
  post(deps, to, envelope({ case: "backupReport", value: create(BackupReportSchema, { backup }) }), ttlMs.signing);
}

async function sealed({ store, keys, partyId }: PartyDeps, backups: Backups, keyId: Uint8Array): Promise<object> {
  const kept = await backups.ofKey(keyId);
  const key = await keys.held(store, keyId);
  if (key === undefined) return {};
  const { epoch, epochNumber } = key;
  const mine = key.members.find((member) => member.partyId === partyId);
  // The epoch may have gone on since, and the backups of the new one are not there yet.
  if (kept.share === undefined || mine === undefined || !same(kept.share.epoch, epoch)) return { epoch, epochNumber };
  const copies = kept.backups.map(({ recipient, document, madeAtMs }) => ({
    recipient: fingerprintOf(recipient),
    document: sha256(document),
    madeAtMs: BigInt(madeAtMs),
  }));
  copies.sort((one, other) => (hex(one.recipient) < hex(other.recipient) ? -1 : 1));
  return { epoch, epochNumber, shareIndex: mine.shareIndex, copies };
}
