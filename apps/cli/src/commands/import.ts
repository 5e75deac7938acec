// The command covault import. It seals a private key, which it reads from a file, to a party's key
// for this one import, and asks for the account. The key that it is sealed to counts only as the
// party of a signed roster has signed it: whoever stands between could else give a key of his own.
import { CovaultError } from "@covault/errors";
import { Command } from "commander";
import { connect } from "../connection.ts";
import type { CommandContext } from "../context.ts";
import { type Fact, facts } from "../layout.ts";
import { wholeNumber } from "./whole-number.ts";

interface Importing {
  readonly user: string;
  readonly name?: string;
  readonly scheme: string;
  readonly form: string;
  readonly chainCode?: string;
  readonly party: string;
  readonly threshold: number;
  readonly parties: number;
  readonly roster: string;
  readonly rootKey: string;
}

export function importCommand(context: CommandContext): Command {
  const { terminal, look, options, during, show } = context;
  return new Command("import")
    .description(
      "make an account of a private key that exists in one place; the key is sealed here, and shows for good that it was imported",
    )
    .argument("<file>", "the private key, 64 hexadecimal characters; it is read, and erasing it afterwards is yours")
    .requiredOption("--user <id>", "your name for the account's owner")
    .requiredOption("--party <id>", "the party that deals the key, and sees it; its operator has to have set IMPORT_ALLOWED")
    .requiredOption("--roster <file>", "the signed roster, which says whose key the private key is sealed to")
    .requiredOption("--root-key <hex>", "the root's public key, which has to have signed the roster")
    .option("--name <name>", "a name for the account")
    .option("--scheme <scheme>", "what the key signs by", "ecdsa-secp256k1")
    .option("--form <form>", "scalar, or seed for the private key of RFC 8032 (eddsa-ed25519 alone)", "scalar")
    .option("--chain-code <hex>", "the key's BIP-32 chain code (default fresh random bytes)")
    .option("-t, --threshold <t>", "how many parties sign; what is sealed opens for no other number", wholeNumber, 2)
    .option("-p, --parties <n>", "how many parties hold a share", wholeNumber, 3)
    .action(async (file: string, given: Importing) => {
      const { privateKeyIn, rosterIn } = await import("../backup/files.ts");
      const { publicKeyOf, recipientKey, sealKey } = await import("@covault/party/import");
      const { schemeOf } = await import("@covault/trust");
      const scheme = schemeOf(given.scheme).name;
      if (given.form !== "scalar" && given.form !== "seed")
        throw new CovaultError("cli/bad-arguments", `--form: expected scalar or seed, got ${given.form}.`);
      const roster = await rosterIn(given.roster, given.rootKey);
      const client = connect(options(), terminal);
      const { party_id: partyId, statement } = await client.getImportRecipient({ party_id: given.party });
      if (partyId !== given.party)
        throw new CovaultError(
          "party/import-refused",
          `The service answers for ${partyId}, and ${given.party} was asked for. Nothing was sealed.`,
        );
      const recipient = recipientKey(new Uint8Array(Buffer.from(statement, "base64")), partyId, roster, Date.now());
      const bytes = privateKeyIn(file);
      const key = { form: given.form, bytes } as const;
      let sealed: Uint8Array;
      let publicKey: Uint8Array;
      try {
        publicKey = publicKeyOf(scheme, key);
        sealed = sealKey({ scheme, publicKey, threshold: given.threshold, partyId, recipient }, key);
      } finally {
        bytes.fill(0);
      }
      const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");
      const asked = {
        ...{ user_id: given.user, scheme, threshold_t: given.threshold, threshold_n: given.parties, party_id: partyId },
        ...(given.name === undefined ? {} : { name: given.name }),
        ...(given.chainCode === undefined ? {} : { chain_code: given.chainCode }),
        ...{ public_key: hex(publicKey), recipient: hex(recipient), sealed_key: hex(sealed) },
      };
      const account = await during("The parties share the key", client.importAccount(asked));
      const rows: Fact[] = [
        ["account", account.id],
        ["public key", account.public_key ?? ""],
        ["dealt by", partyId],
        ["threshold", `${account.threshold_t} of ${account.threshold_n}`],
      ];
      show(
        account,
        `${facts(rows, look)}The key was whole in ${file}, and wherever it came from. Erase it there, and trust it no further than that.\n${partyId} has seen all shares: covault refresh ${account.id} makes them worthless to it.\n`,
      );
    });
}
