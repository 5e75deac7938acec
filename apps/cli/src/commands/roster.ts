// The command covault roster sign <list>. With it the operator's root key says who is a party and
// who may ask.
import { writeFileSync } from "node:fs";
import { CovaultError } from "@covault/errors";
import { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { facts } from "../layout.ts";

export function rosterCommand({ terminal, look, show }: CommandContext): Command {
  const roster = new Command("roster").description("who is a party and who may ask, signed by the operator's root key");
  roster
    .command("sign")
    .description("sign a list of parties and initiators with ROOT_KEY")
    .argument("<list>", "YAML file with parties and initiators (docs/deployment.md)")
    .requiredOption("--out <file>", "where the signed roster goes: ROSTER_FILE of every service")
    .action(async (list: string, { out }: { out: string }) => {
      const { signRosterFile } = await import("@covault/server");
      // The key comes from the environment, because a command line is visible to others on the
      // machine.
      const signed = signRosterFile(list, terminal.env.ROOT_KEY, BigInt(Date.now()));
      write(out, signed.text);
      const parties = signed.roster.parties.map((party) => party.partyId);
      const initiators = signed.roster.initiators.map((initiator) => initiator.initiatorId);
      show(
        { roster_file: out, root_public_key: signed.rootPublicKey, serial: String(signed.roster.serial), parties, initiators },
        facts(
          [
            ["ROSTER_FILE", out],
            ["ROOT_PUBLIC_KEY", signed.rootPublicKey],
            ["serial", String(signed.roster.serial)],
            ["parties", parties.join(", ")],
            ["initiators", initiators.join(", ")],
          ],
          look,
        ),
      );
    });
  return roster;
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "its folder is not there" : (cause as Error).message;
    throw new CovaultError("cli/unwritable-file", `${file} cannot be written: ${reason}.`, { cause });
  }
}
