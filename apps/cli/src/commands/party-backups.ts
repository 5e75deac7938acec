// The commands covault party backups and restore-share, on a party's own database: take its sealed
// backups out of it, and give it back a share that it has lost.
import { CovaultError } from "@covault/errors";
import { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { type Column, facts, table } from "../layout.ts";
import { collected } from "./backup.ts";
import { wholeNumber } from "./whole-number.ts";

const columns: readonly Column[] = [
  { name: "key", fit: "middle" },
  { name: "epoch" },
  { name: "sealed to", fit: "middle" },
  { name: "made at" },
];

export function partyBackupsCommand({ terminal, look, during, show }: CommandContext): Command {
  return new Command("backups")
    .description("the sealed backups in a party's database; with --out, write them as BACKUP_DIR would have them")
    .argument("<party>", "its id, for example server-party-1")
    .option("--out <folder>", "where the documents go, mode 0600; it is made when it is missing")
    .option("--config <file>", "YAML file with the party's settings; the environment wins over it")
    .action(async (partyId: string, { out, config }: { out?: string; config?: string }) => {
      const { listPartyBackups } = await import("@covault/server");
      const place = { env: terminal.env, partyId, ...(config === undefined ? {} : { configFile: config }) };
      const backups = await during("Reading the party's database", listPartyBackups(place, out));
      const dated = backups.map((backup) => ({ ...backup, madeAt: new Date(backup.madeAtMs).toISOString() }));
      const rows = dated.map(({ keyId, epochNumber, recipient, madeAt }) => [keyId, String(epochNumber), recipient, madeAt]);
      const listed = dated.map(({ keyId, epochNumber, recipient, madeAt, name }) => ({
        ...{ key_id: keyId, epoch_number: epochNumber, recipient, made_at: madeAt, file: name },
      }));
      const written = out === undefined || backups.length === 0 ? "" : `All of them are files in ${out}.\n`;
      const text = backups.length === 0 ? `The database of ${partyId} has no sealed backups.\n` : `${table(columns, rows, look)}${written}`;
      show({ party_id: partyId, ...(out === undefined ? {} : { folder: out }), backups: listed }, text);
    });
}

interface Restoring {
  readonly key?: readonly string[];
  readonly share?: string;
  readonly passphraseFile?: string;
  readonly epoch?: number;
  readonly config?: string;
}

export function restoreShareCommand({ terminal, look, during, show }: CommandContext): Command {
  return new Command("restore-share")
    .description("put a share that a stopped party has lost back into its database, from a sealed backup of its own")
    .argument("<party>", "its id, for example server-party-1")
    .argument("<account>", "the account whose key the share is of, acc_…")
    .argument("<file>", "the party's sealed backup of that key")
    .option("--share <file>", "what covault backup open has made of the backup, so that the recipient's key stays where it is")
    .option("--key <file>", "instead: a recipient's key pair (covault backup key); may be repeated", collected)
    .option("--passphrase-file <file>", "a file whose first line opens the key pairs")
    .option(
      "--epoch <number>",
      "the key's present epoch, by `covault account keys`: needed when the database has nothing of the key",
      wholeNumber,
    )
    .option("--config <file>", "YAML file with the party's settings; the environment wins over it")
    .action(async (partyId: string, accountId: string, file: string, given: Restoring) => {
      const { openedShareIn, passphraseIn, readBackups, recipientKeys } = await import("../backup/files.ts");
      if ((given.share === undefined) === (given.key === undefined))
        throw new CovaultError("cli/bad-arguments", "Give either --share FILE or --key FILE: one of them opens the backup.");
      const keys = await recipientKeys(given.key ?? [], passphraseIn(given.passphraseFile));
      const share = given.share === undefined ? undefined : openedShareIn(given.share);
      const document = readBackups([file]).files[0]?.bytes ?? new Uint8Array();
      const { restorePartyShare } = await import("@covault/server");
      const place = { env: terminal.env, partyId, ...(given.config === undefined ? {} : { configFile: given.config }) };
      const asked = { document, opener: share === undefined ? { keys } : { share }, accountId, epochNumber: given.epoch };
      try {
        const restored = await during("Restoring the share", restorePartyShare(place, asked, terminal.err));
        const { keyId, scheme, epochNumber, shareIndex, recipient } = restored;
        const said = facts(
          [
            ["party", partyId],
            ["account", accountId],
            ["key", keyId],
            ["scheme", scheme],
            ["epoch", String(epochNumber)],
            ["share", String(shareIndex)],
          ],
          look,
        );
        show(
          {
            ...{ party_id: partyId, account_id: accountId, key_id: keyId, scheme },
            ...{ epoch_number: epochNumber, share_index: shareIndex, recipient },
          },
          `${said}\nThe share is back. Start the party: ECDSA signs with it once its pairs are renewed, which the first signature does.\n`,
        );
      } finally {
        share?.fill(0);
        for (const { secretKey } of keys) secretKey.fill(0);
      }
    });
}
