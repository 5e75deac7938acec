// The command covault recover-key. It joins the sealed shares of t parties to the private key,
// offline. The protection of the threshold ends with it.
import { CovaultError } from "@covault/errors";
import { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { collected, giveSecret, requirePlace } from "./backup.ts";

interface Recovering {
  readonly key: readonly string[];
  readonly passphraseFile?: string;
  readonly iKnowThisEndsThresholdProtection?: boolean;
  readonly out?: string;
  readonly print?: boolean;
  readonly roster?: string;
  readonly rootKey?: string;
}

export function recoverKeyCommand(context: CommandContext): Command {
  return new Command("recover-key")
    .description("join the sealed shares of enough parties to the private key, offline: it ends the protection of the threshold")
    .argument("<path...>", "sealed backups of one key, files or folders of .json files")
    .requiredOption("--key <file>", "a recipient's key pair (covault backup key); may be repeated", collected)
    .option("--passphrase-file <file>", "a file whose first line opens the key pairs")
    .option("--i-know-this-ends-threshold-protection", "whoever has the result has the key: move its funds or accept that")
    .option("--out <file>", "where the private key goes, mode 0600")
    .option("--print", "print the private key")
    .option("--roster <file>", "a signed roster, with --root-key")
    .option("--root-key <hex>", "the root's public key")
    .action(async (paths: string[], given: Recovering) => {
      if (given.iKnowThisEndsThresholdProtection !== true)
        throw new CovaultError("cli/not-confirmed", "The whole key would be in one place, for the first time. Nothing was opened.", {
          hint: "Run this again with --i-know-this-ends-threshold-protection if that is meant.",
        });
      await requirePlace(given);
      const { initiatorsOf, passphraseIn, readBackups, recipientKeys } = await import("../backup/files.ts");
      const { recoverKey } = await import("@covault/party/backup");
      const keys = await recipientKeys(given.key, passphraseIn(given.passphraseFile));
      const { files, faults } = readBackups(paths);
      for (const { message } of faults) context.terminal.err(`${message}\n`);
      const { key, secretKey, keyForm, parties } = recoverKey(files, keys, await initiatorsOf(given));
      const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
      const { keyId, scheme, publicKey, accountId } = key.charter;
      const about = {
        key_id: hex(keyId),
        account_id: accountId,
        scheme,
        public_key: hex(publicKey),
        epoch_number: key.epochNumber,
        parties,
      };
      const text = `${JSON.stringify({ ...about, form: keyForm, private_key: hex(secretKey) }, null, 2)}\n`;
      secretKey.fill(0);
      const place = await giveSecret(context, text, given);
      if (given.out !== undefined)
        context.show({ ...about, file: given.out }, `The private key of ${about.public_key} is in ${place}. ${keyForm}\n`);
    });
}
