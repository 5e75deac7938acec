// The command covault start. It hands over to @covault/server, which is loaded only here, because
// the other commands need no services.
import { Command } from "commander";
import type { CommandContext } from "../context.ts";

export function startCommand({ exit }: CommandContext): Command {
  return new Command("start")
    .description("start the whole system on this machine, data below ./data, and make one key and one signature as a first light")
    .option("--once", "exit after the first light: 0 if all went well")
    .action(async ({ once = false }: { once?: boolean }) => {
      const { start } = await import("@covault/server");
      exit(await start({ once }));
    });
}
