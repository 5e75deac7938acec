// The commands and their help. Each noun has a file in commands/.
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { accountCommand } from "./commands/account.ts";
import { apiKeyCommand } from "./commands/api-key.ts";
import { auditCommand } from "./commands/audit.ts";
import { backupCommand } from "./commands/backup.ts";
import { clusterCommand } from "./commands/cluster.ts";
import { exportCommand } from "./commands/export.ts";
import { importCommand } from "./commands/import.ts";
import { keysCommand } from "./commands/keys.ts";
import { recoverCommand, refreshCommand, renewCommand, repairCommand, reshareCommand } from "./commands/lifecycle.ts";
import { pairCommand } from "./commands/pair.ts";
import { partyCommand } from "./commands/party.ts";
import { recoverKeyCommand } from "./commands/recover-key.ts";
import { rosterCommand } from "./commands/roster.ts";
import { serveCommand } from "./commands/serve.ts";
import { sessionCommand } from "./commands/session.ts";
import { signCommand } from "./commands/sign.ts";
import { startCommand } from "./commands/start.ts";
import type { CommandContext, GlobalOptions } from "./context.ts";
import { duringOf, lookOf, type Terminal } from "./terminal.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { readonly version: string };

const examples = `
Examples:
  $ covault start                    the whole system on this machine
  $ covault account create alice     a 2-of-3 key that never exists in one place
  $ covault account list --user alice
  $ covault sign acc_01… 0x<digest>  a signature over a 32-byte digest
  $ covault sign acc_01… --text "hello" --path m/0/5
  $ covault account address acc_01… --path m/0 --count 20
  $ covault refresh acc_01…          new shares, the same keys and holders
  $ covault session show ses_01…     what happened in a session
  $ covault party show               who is connected

The API key comes from --api-key, MPC_API_KEY, .env, or the file that covault
start keeps it in, data/secrets/mpc_api_key. Every command takes --json. Colour:
only at a terminal (NO_COLOR and FORCE_COLOR decide otherwise).

Exit codes: 0 done, 2 the call or the configuration is wrong, 3 somebody is away
or was too slow (try again), 4 a party cheated, 1 any other fault. A failure
prints a reason and a hint; what its code means is in docs/errors.md.
`;

export function buildProgram(terminal: Terminal, exit: (code: number) => void): Command {
  const program = new Command("covault");
  program
    .description("Wallets whose key never exists in one place: make accounts and sign with them.")
    .version(version)
    .option("--url <url>", "account service (COVAULT_URL; default http://127.0.0.1:4000)")
    .option("--coordinator-url <url>", "session coordinator, for party show (COVAULT_COORDINATOR_URL; default http://127.0.0.1:8081)")
    .option("--api-key <key>", "API key (MPC_API_KEY); others on this machine can see it on the command line")
    .option("--json", "print answers as JSON")
    .configureHelp({ minWidthToWrap: 24 })
    .addHelpText("after", examples)
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      // `run` tells the error, as it tells every failure.
      outputError: () => {},
      getOutHelpWidth: () => terminal.columns ?? 80,
      getErrHelpWidth: () => terminal.columns ?? 80,
    })
    .exitOverride();
  const options = (): GlobalOptions => program.opts<GlobalOptions>();
  const context: CommandContext = {
    terminal,
    options,
    exit,
    look: lookOf(terminal),
    during: duringOf(terminal),
    show: (value, text) => terminal.out(options().json ? `${JSON.stringify(value, null, 2)}\n` : text),
  };
  for (const command of [
    startCommand,
    serveCommand,
    clusterCommand,
    keysCommand,
    rosterCommand,
    apiKeyCommand,
    accountCommand,
    signCommand,
    refreshCommand,
    reshareCommand,
    recoverCommand,
    renewCommand,
    repairCommand,
    exportCommand,
    importCommand,
    sessionCommand,
    partyCommand,
    pairCommand,
    auditCommand,
    backupCommand,
    recoverKeyCommand,
  ]) {
    const added = command(context);
    inherit(program, added);
    program.addCommand(added);
  }
  return program;
}

/**
 * Gives a command the settings that commander gives only to commands that it makes itself. Options
 * such as --json may then stand behind the command too.
 */
function inherit(parent: Command, child: Command): void {
  child.copyInheritedSettings(parent);
  for (const grandchild of child.commands) inherit(child, grandchild);
}
