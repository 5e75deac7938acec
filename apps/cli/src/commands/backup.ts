// The commands covault backup ask | list | key | check | open. The first two ask the account
// service, and the others work offline, from files alone.
import type { BackupReport } from "@covault/party/backup";
import type { BackupList } from "@covault/sdk";
import { Command } from "commander";
import { connect } from "../connection.ts";
import type { CommandContext } from "../context.ts";
import { type Column, facts, table } from "../layout.ts";
import type { Look } from "../terminal.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const collected = (one: string, before: readonly string[] = []): readonly string[] => [...before, one];

const saidColumns: readonly Column[] = [
  { name: "key", fit: "middle" },
  { name: "epoch" },
  { name: "backed up" },
  { name: "party" },
  { name: "sealed to", fit: "wrap" },
];

function describeSaid({ keys }: BackupList, look: Look): string {
  const rows = keys.flatMap(({ key_id, epoch, backed_up, parties }) =>
    parties.map(({ party_id, state, copies }) => {
      const sealed = copies.map(({ recipient, made_at }) => `${recipient.slice(0, 18)}… (${made_at})`).join(", ");
      return [key_id, String(epoch), backed_up ? "yes" : "NO", party_id, state === "answered" ? sealed || "nobody" : `(${state})`];
    }),
  );
  const isMissing = keys.some(({ backed_up }) => !backed_up);
  const hint = isMissing
    ? "A party seals to the public keys of its own BACKUP_RECIPIENTS, and to nobody without (covault backup key); covault backup ask has them seal now.\n"
    : "";
  return `${table(saidColumns, rows, look)}${hint}`;
}

const keyColumns: readonly Column[] = [
  { name: "key", fit: "middle" },
  { name: "account" },
  { name: "epoch" },
  { name: "shares" },
  { name: "backed up", paint: (text, palette) => (text === "yes" ? palette.green(text) : palette.red(text)) },
  { name: "parties and recipients", fit: "wrap" },
];
const faultColumns: readonly Column[] = [
  { name: "not as it should be", fit: "middle" },
  { name: "why", fit: "wrap" },
];

function describeReport({ keys, faults }: BackupReport, look: Look): string {
  const rows = keys.flatMap(({ keyId, accountId, epochs }) =>
    epochs.map(({ epochNumber, threshold, holders, shares, opens, isWhole }) => [
      hex(keyId),
      accountId,
      String(epochNumber),
      `${shares.length} of ${threshold} needed, ${holders} held`,
      isWhole ? "yes" : "NO",
      [...shares.map(({ partyId }) => partyId), ...[...opens].map(([to, count]) => `${count} to ${to.slice(0, 16)}…`)].join(", "),
    ]),
  );
  const wrong = faults.map(({ name, message }) => [name, message]);
  return [
    ...(rows.length > 0 ? [table(keyColumns, rows, look)] : []),
    ...(wrong.length > 0 ? [table(faultColumns, wrong, look)] : []),
  ].join("\n");
}

/** The report for programs, with bytes as hex. */
const reportJson = ({ keys, faults }: BackupReport) => ({
  keys: keys.map(({ keyId, scheme, publicKey, accountId, epochs, backedUp }) => ({
    key_id: hex(keyId),
    scheme,
    public_key: hex(publicKey),
    account_id: accountId,
    backed_up: backedUp !== undefined,
    epochs: epochs.map(({ epoch, epochNumber, threshold, holders, shares, opens, isWhole }) => ({
      epoch: hex(epoch),
      epoch_number: epochNumber,
      threshold,
      holders,
      backed_up: isWhole,
      recipients: [...opens].map(([fingerprint, count]) => ({ fingerprint, shares: count })),
      shares: shares.map(({ partyId, shareIndex, recipients, names }) => ({
        party_id: partyId,
        share_index: shareIndex,
        recipients,
        files: names,
      })),
    })),
  })),
  faults: faults.map(({ name, code, message }) => ({ file: name, code, message })),
});

interface Opening {
  readonly key: readonly string[];
  readonly passphraseFile?: string;
  readonly out?: string;
  readonly print?: boolean;
  readonly roster?: string;
  readonly rootKey?: string;
}

/** Writes a secret to a file, or prints it where that was asked for. */
export async function giveSecret(
  { terminal }: Pick<CommandContext, "terminal">,
  text: string,
  { out, print = false }: Pick<Opening, "out" | "print">,
): Promise<string> {
  const { writeSecret } = await import("../backup/files.ts");
  if (out !== undefined) writeSecret(out, text);
  if (print) terminal.out(text);
  return out ?? "standard output";
}

/** Throws cli/bad-arguments unless a place for the secret is given. */
export async function requirePlace({ out, print = false }: Pick<Opening, "out" | "print">): Promise<void> {
  const { CovaultError } = await import("@covault/errors");
  if (out === undefined && !print)
    throw new CovaultError("cli/bad-arguments", "Say where the secret goes: --out FILE, or --print for standard output.");
}

export function backupCommand(context: CommandContext): Command {
  const { terminal, look, options, during, show, exit } = context;
  const backup = new Command("backup").description("sealed backups of shares: made by parties, checked and opened offline");
  backup
    .command("ask")
    .description("let the holders of an account's keys seal their shares now, each to the recipients of its own settings")
    .argument("<account>", "the account's id, acc_…")
    .option("--key <key>", "one key, by its scheme or key id (default each of the account's)")
    .action(async (id: string, { key }: { key?: string }) => {
      const asking = connect(options(), terminal).backups.create(id, key === undefined ? {} : { key });
      const said = await during("The parties seal their shares", asking);
      show(said, describeSaid(said, look));
      if (said.keys.some(({ backed_up }) => !backed_up)) exit(1);
    });
  backup
    .command("list")
    .description("what the holders of an account's keys have said that they have sealed")
    .argument("<account>", "the account's id, acc_…")
    .action(async (id: string) => {
      const said = await during("Asking for the backups", connect(options(), terminal).backups.list(id));
      show(said, describeSaid(said, look));
    });
  backup
    .command("key")
    .description("make the key pair of a recipient; its public key goes into BACKUP_RECIPIENTS of parties")
    .argument("<file>", "where the key pair goes, mode 0600; keep it offline")
    .option("--passphrase-file <file>", "a file whose first line seals the secret key")
    .action(async (file: string, { passphraseFile }: { passphraseFile?: string }) => {
      const { passphraseIn, writeSecret } = await import("../backup/files.ts");
      const { newRecipientKey } = await import("../backup/recipient-key.ts");
      const { publicKey, fingerprint, text } = newRecipientKey(passphraseIn(passphraseFile));
      writeSecret(file, text);
      const json = { file, public_key: publicKey, fingerprint, passphrase: passphraseFile !== undefined };
      const rows = facts(
        [
          ["key pair", file],
          ["public key", publicKey],
          ["fingerprint", fingerprint],
        ],
        look,
      );
      show(json, `${rows}\nBACKUP_RECIPIENTS=${publicKey}\n`);
    });
  backup
    .command("check")
    .description("say for every key which epoch has enough sealed shares, without opening one; exits with 1 when a key has not")
    .argument("<path...>", "backups of all parties, files or folders of .json files")
    .option(
      "--recipient <key>",
      "count what opens to it alone: a public key or its fingerprint; several, repeated, count together",
      collected,
    )
    .option("--roster <file>", "a signed roster: the initiators' keys are then those of the roster")
    .option("--root-key <hex>", "the root's public key, which has to have signed the roster")
    .action(async (paths: string[], given: { roster?: string; rootKey?: string; recipient?: readonly string[] }) => {
      const { initiatorsOf, readBackups } = await import("../backup/files.ts");
      const { fingerprintOf } = await import("../backup/fingerprint.ts");
      const { checkBackups } = await import("@covault/party/backup");
      const { files, faults } = readBackups(paths);
      const checked = checkBackups(files, { keysOf: await initiatorsOf(given), recipients: given.recipient?.map(fingerprintOf) });
      const report = { ...checked, faults: [...faults, ...checked.faults] };
      const nothing = files.length === 0 ? "There are no backups here.\n" : "";
      show(reportJson(report), `${describeReport(report, look)}${nothing}`);
      if (report.faults.length > 0 || report.keys.length === 0 || report.keys.some(({ backedUp }) => backedUp === undefined)) exit(1);
    });
  backup
    .command("open")
    .description("open one sealed share with its recipient's key, offline")
    .argument("<file>", "a sealed backup")
    .requiredOption("--key <file>", "a recipient's key pair (covault backup key); may be repeated", collected)
    .option("--passphrase-file <file>", "a file whose first line opens the key pairs")
    .option("--out <file>", "where the share goes, mode 0600")
    .option("--print", "print the share")
    .option("--roster <file>", "a signed roster, with --root-key")
    .option("--root-key <hex>", "the root's public key")
    .action(async (file: string, given: Opening) => {
      await requirePlace(given);
      const { initiatorsOf, passphraseIn, readBackups, recipientKeys } = await import("../backup/files.ts");
      const { openBackup } = await import("@covault/party/backup");
      const keys = await recipientKeys(given.key, passphraseIn(given.passphraseFile));
      const [found] = readBackups([file]).files;
      const { document, share } = openBackup(found?.bytes ?? new Uint8Array(), keys, await initiatorsOf(given));
      const about = {
        key_id: hex(document.keyId),
        scheme: document.scheme,
        epoch: hex(document.epoch),
        epoch_number: document.epochNumber,
        party_id: document.partyId,
        share_index: document.shareIndex,
      };
      const place = await giveSecret(context, `${JSON.stringify({ ...about, share: hex(share) }, null, 2)}\n`, given);
      share.fill(0);
      if (given.out !== undefined)
        show({ ...about, file: given.out }, `The share ${about.share_index} of ${about.party_id} is in ${place}. One share is no key.\n`);
    });
  return backup;
}
