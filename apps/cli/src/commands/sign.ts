// covault sign <account> <digest>.
import { Command } from "commander";
import { connect } from "../connection.ts";
import type { CommandContext } from "../context.ts";
import { facts } from "../layout.ts";

export function signCommand({ terminal, look, options, during, show }: CommandContext): Command {
  return new Command("sign")
    .description("sign a 32-byte digest with an account's parties")
    .argument("<account>", "the account's id, acc_…")
    .argument("<digest>", "64 hex characters, with or without 0x: the hash of what is to be signed")
    .option("--idempotency-key <key>", "the same key again answers with the same signature")
    .action(async (accountId: string, digest: string, { idempotencyKey }: { idempotencyKey?: string }) => {
      const client = connect(options(), terminal);
      const signing = client.sign(accountId, { digest }, idempotencyKey === undefined ? {} : { idempotencyKey });
      const signed = await during("Signing", signing);
      const { r, s, recovery_id: recoveryId, hex } = signed.signature;
      show(
        signed,
        facts(
          [
            ["digest", signed.digest],
            ["r", r],
            ["s", s],
            ...(recoveryId === undefined ? [] : [["recovery id", String(recoveryId)] as const]),
            ["signature", hex],
            ["session", signed.session_id],
          ],
          look,
        ),
      );
    });
}
