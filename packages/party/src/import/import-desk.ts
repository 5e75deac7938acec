// The keys that this party hands out for imports to be sealed to, where its operator lets it import
// at all. Each is made for one question, kept sealed for ten minutes, and erased once the key that
// was sealed to it is dealt.
import { create, toBinary } from "@bufbuild/protobuf";
import { makeJoinKeys, signStatement } from "@covault/channel";
import { CovaultError } from "@covault/errors";
import type { ImportAction, ImportRecipientRequest, Intent } from "@covault/wire";
import { ImportRecipientReportSchema, ImportRecipientSchema, signatureTags } from "@covault/wire";
import { envelope, post, ttlMs } from "../attempt/mail.ts";
import type { PartyDeps } from "../deps.ts";
import type { Address } from "../ports/transport.ts";
import type { ImportedKey } from "../run/runner.ts";
import { eraseKeys, sealBlob } from "../vault/blob.ts";
import { importAad } from "../vault/vault.ts";

/** For how long a key is good, in milliseconds. */
const keyLifeMs = 600_000;
/** So many keys wait for their imports at once. */
const keysMax = 64;

export async function offerRecipient(deps: PartyDeps, { nonce }: ImportRecipientRequest, to: Address): Promise<void> {
  const { identity, partyId } = deps;
  const offered = await recipientOf(deps);
  const body = toBinary(ImportRecipientSchema, create(ImportRecipientSchema, { nonce, partyId, ...offered }));
  const recipient = signStatement(identity, signatureTags.importRecipient, partyId, body);
  const report = create(ImportRecipientReportSchema, { recipient });
  post(deps, to, envelope({ case: "importRecipientReport", value: report }), ttlMs.signing);
}

async function recipientOf({ importAllowed, store, vault, entropy, clock, partyId }: PartyDeps) {
  if (!importAllowed) return { code: "party/import-refused" };
  const seed = entropy.bytes(32);
  const { publicKey, privateKey } = makeJoinKeys(seed);
  seed.fill(0);
  const keys = await vault.importKeys(publicKey);
  try {
    const sealed = await sealBlob(keys, importAad(partyId, publicKey), privateKey, entropy.bytes(12));
    const nowMs = clock.nowMs();
    const expiresAtMs = nowMs + keyLifeMs;
    if (!(await store.keepImportKey({ publicKey, sealed, expiresAtMs }, nowMs, keysMax))) return { code: "party/busy" };
    return { x25519: publicKey, expiresAtMs: BigInt(expiresAtMs) };
  } finally {
    privateKey.fill(0);
    eraseKeys(keys);
  }
}

/** Gives the import that this party is to deal. Undefined for every other intent and party. */
export const dealtBy = ({ action }: Intent, self: number): ImportAction | undefined =>
  action.case === "import" && action.value.importer === self ? action.value : undefined;

/**
 * Gives the sealed private key that opens what this party is to deal. Throws
 * `party/import-refused`.
 */
export async function importKeyFor({ importAllowed, store }: PartyDeps, { recipient }: ImportAction): Promise<Uint8Array> {
  if (!importAllowed) throw new CovaultError("party/import-refused", "This party deals no imported keys: IMPORT_ALLOWED is off.");
  const key = await store.importKey(recipient);
  if (key !== undefined) return key;
  throw new CovaultError("party/import-refused", "The import is sealed to a key that this party does not have, or has no more.");
}

/** Gives what the worker opens the import with. The caller erases the keys. */
export async function importedKey({ vault, partyId }: PartyDeps, terms: ImportAction, sealedPrivateKey: Uint8Array): Promise<ImportedKey> {
  const { keygen, publicKey, recipient, sealedKey } = terms;
  return {
    terms: { scheme: keygen?.scheme ?? "", publicKey, threshold: keygen?.threshold ?? 0, partyId, recipient },
    sealedKey,
    privateKey: sealedPrivateKey,
    privateKeys: await vault.importKeys(recipient),
    privateAad: importAad(partyId, recipient),
  };
}
