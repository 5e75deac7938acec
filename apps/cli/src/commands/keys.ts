// The command covault keys new <kind>. It prints a secret and the setting that takes it.
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
  return keys;
}
