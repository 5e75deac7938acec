// The command covault serve <role>. It runs one role of the system in this process, as operators
// do.
import { Command } from "commander";
import type { CommandContext } from "../context.ts";

export function serveCommand({ exit }: CommandContext): Command {
  return new Command("serve")
    .description("run one role: account, coordinator, router, server-party or server-party-api")
    .argument("<role>", "which one; its settings are in docs/deployment.md")
    .option("--config <file>", "YAML file with settings (config.example.yaml); the environment wins over it")
    .action(async (role: string, { config }: { config?: string }) => {
      const { serve } = await import("@covault/server");
      exit(await serve({ role, ...(config === undefined ? {} : { configFile: config }) }));
    });
}
