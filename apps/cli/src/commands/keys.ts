// The commands covault keys new | public. They make a secret with the setting that takes it, and
// say which public key a secret has.
import { Command } from "commander";
import type { CommandContext } from "../context.ts";

export function keysCommand({ show }: CommandContext): Command {
  const keys = new Command("keys").description("secrets that an operator makes");
  keys
    .command("new")
    .description("make a secret: root, initiator, identity, master, row, audit, api-key, metrics or jwt")
    .argument("<kind>", "root, initiator, identity, master, row, audit, api-key, metrics or jwt")
    .action(async (kind: string) => {
      const { newKey } = await import("@covault/server");
      const made = newKey(kind);
      const publicLine = made.public === undefined ? "" : `# public (${made.public.name}): ${made.public.key}\n`;
      show(made, `# ${made.about}\n${made.setting}=${made.secret}\n${publicLine}`);
    });
  keys
    .command("public")
    .description("the public key of a root, initiator, identity or audit key, as rosters and covault import take it")
    .argument("<file>", "the secret, 64 hexadecimal characters; covault start has its own in data/secrets")
    .action(async (file: string) => {
      const { privateKeyIn } = await import("../backup/files.ts");
      const { signingKeyOf } = await import("@covault/server");
      const seed = privateKeyIn(file);
      const public_key = signingKeyOf(seed);
      seed.fill(0);
      show({ file, public_key }, `${public_key}\n`);
    });
  return keys;
}
