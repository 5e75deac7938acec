// The command covault cluster. It starts every service and party as a process of its own, on the
// PostgreSQL, RabbitMQ and Redis of this machine.
import { Command } from "commander";
import type { CommandContext } from "../context.ts";

export function clusterCommand({ exit }: CommandContext): Command {
  return new Command("cluster")
    .description("run a production-shaped system on this machine, with PostgreSQL, RabbitMQ and Redis; make keys and sign")
    .option("--once", "stop everything and exit after the first signatures: 0 if all went well")
    .option("--fresh", "drop the databases of earlier runs first")
    .action(async ({ once = false, fresh = false }: { once?: boolean; fresh?: boolean }) => {
      const { cluster } = await import("@covault/server");
      exit(await cluster({ once, fresh }));
    });
}
