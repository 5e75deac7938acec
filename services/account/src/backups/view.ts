// What the holders of a key have said of their backups, as the API shows it. Each statement is
// verified here, and those of another epoch count for nothing.
import type { KeyBackups } from "@covault/api/account";
import { asCovaultError } from "@covault/errors";
import { parseExact, rosterParty, verifyBackup } from "@covault/trust";
import { type Backup, BackupSchema, type Member, SignedSchema } from "@covault/wire";
import type { AccountContext } from "../context.ts";
import { type AccountKey, equal, hex } from "../keys/account-key.ts";

type Reading = Pick<AccountContext, "store" | "roster" | "nowMs">;

export async function viewBackups(context: Reading, key: AccountKey): Promise<KeyBackups> {
  const rows = await context.store.backups.list(key.charter.keyId);
  const parties: KeyBackups["parties"][number][] = key.members.map((member) => {
    const row = rows.find(({ party_id }) => party_id === member.partyId);
    const said = row && saidBy(context, key, member, row.statement);
    const about = { party_id: member.partyId, share_index: member.shareIndex, said_at: said === undefined ? null : timeOf(row) };
    if (said === undefined) return { ...about, state: "silent", copies: [] };
    const isOfEpoch = equal(said.epoch, key.epoch) && said.shareIndex === member.shareIndex;
    const copies = said.copies.map(({ recipient, document, madeAtMs }) => ({
      recipient: hex(recipient),
      document: hex(document),
      made_at: new Date(Number(madeAtMs)).toISOString(),
    }));
    return { ...about, state: isOfEpoch ? "answered" : "behind", copies: isOfEpoch ? copies : [] };
  });
  const { keyId, scheme } = key.charter;
  return {
    key_id: hex(keyId),
    scheme,
    epoch: key.epochNumber,
    threshold_t: key.threshold,
    backed_up: parties.filter(({ copies }) => copies.length > 0).length >= key.threshold,
    parties,
  };
}

const timeOf = (row: { readonly said_at: Date } | undefined): string | null => row?.said_at.toISOString() ?? null;

/** Gives undefined for a row that its party did not sign. */
function saidBy({ roster, nowMs }: Reading, { charter }: AccountKey, member: Member, statement: Uint8Array): Backup | undefined {
  const signed = parseExact(SignedSchema, statement);
  const nonce = signed && parseExact(BackupSchema, signed.body)?.nonce;
  if (signed === undefined || nonce === undefined) return undefined;
  const holder = rosterParty(roster(), member.partyId, nowMs()) ?? member;
  try {
    return verifyBackup(signed, { holder, keyId: charter.keyId, nonce });
  } catch (error) {
    if (asCovaultError(error)?.kind !== "usage") throw error;
    return undefined;
  }
}
