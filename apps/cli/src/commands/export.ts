// The command covault export. It asks for an export, follows it to its end, and writes what each
// holder has sealed into a folder. The files open to the recipient alone, with covault recover-key.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CovaultError } from "@covault/errors";
import type { Session } from "@covault/sdk";
import { Command } from "commander";
import { fingerprintOf } from "../backup/fingerprint.ts";
import { connect } from "../connection.ts";
import type { CommandContext } from "../context.ts";
import { type Fact, facts } from "../layout.ts";
import { followed } from "./lifecycle.ts";

interface Exporting {
  readonly recipient: string;
  readonly reason: string;
  readonly out: string;
  readonly key?: string;
}

/**
 * Writes what each holder has sealed. The names follow from what the service says, so that none may
 * lead out of the folder, and a file that is there with other bytes is another export's.
 */
function written(folder: string, { result }: Session): readonly string[] {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return (result?.documents ?? []).map(({ party_id, document }) => {
      const name = `${(result?.key_id ?? "").slice(2, 18)}-${result?.epoch ?? 0}-${party_id}.json`;
      if (!/^[A-Za-z0-9._:-]{1,200}$/.test(name))
        throw new Error(`the service names a party that makes no name of a file: ${JSON.stringify(party_id)}`);
      const path = join(folder, name);
      const bytes = Buffer.from(document, "base64");
      if (!existsSync(path) || !readFileSync(path).equals(bytes)) writeFileSync(path, bytes, { mode: 0o600, flag: "wx" });
      return path;
    });
  } catch (cause) {
    throw new CovaultError("cli/unwritable-file", `${folder} cannot be written: ${(cause as Error).message}.`, { cause });
  }
}

export function exportCommand(context: CommandContext): Command {
  const { terminal, look, options, show, exit } = context;
  return new Command("export")
    .description("have the holders of a key seal their shares to a recipient: it ends the protection of the threshold for good")
    .argument("<account>", "the account's id, acc_…")
    .requiredOption("--recipient <key>", "its fingerprint or public key (covault backup key); each holder has to list it itself")
    .requiredOption("--reason <text>", "why, for the people who read the logs, up to 200 characters")
    .requiredOption("--out <folder>", "where the sealed shares go, a file of each holder")
    .option("--key <key>", "the key, by its scheme or key id, where the account has several")
    .action(async (accountId: string, { recipient, reason, out, key }: Exporting) => {
      const client = connect(options(), terminal);
      const asked = { recipient: fingerprintOf(recipient), reason, ...(key === undefined ? {} : { key }) };
      const session = await followed(client, await client.exportKey(accountId, asked), context);
      const files = written(out, session);
      const { refused = [] } = session.result ?? {};
      // The service counts the documents, and a party that lies can seal anything.
      const { readBackups } = await import("../backup/files.ts");
      const { checkBackups } = await import("@covault/party/backup");
      const { keys, faults } = checkBackups(readBackups(files).files, { recipients: [asked.recipient] });
      const isWhole = keys.some(({ backedUp }) => backedUp !== undefined);
      const rows: Fact[] = [
        ["session", session.session_id],
        ["key", `${session.result?.key_id ?? ""} (${session.result?.scheme ?? ""})`],
        ["recipient", session.result?.recipient ?? ""],
        ["sealed shares", `${files.length}, of which ${session.threshold_t} are the key`],
        ["checked", isWhole ? "they are the key" : "they are NOT the key: ask again"],
        ...faults.map(({ name, message }): Fact => ["not right", `${name}: ${message}`]),
        ["files", files.join(", ")],
        ...(refused.length === 0 ? [] : [["refused", refused.map((each) => `${each.party_id} (${each.code})`).join(", ")] as const]),
      ];
      const next = `The recipient joins them offline: covault recover-key ${out} --key FILE --i-know-this-ends-threshold-protection\n`;
      show({ ...session, files, is_whole: isWhole, faults }, `${facts(rows, look)}${isWhole ? next : ""}`);
      if (!isWhole) exit(1);
    });
}
