// The commands covault roster sign <list> and covault roster status. With the first the operator's
// root key says who is a party and who may ask. The second shows which roster every process uses.
import { writeFileSync } from "node:fs";
import type { RosterInUse } from "@covault/api/coordinator";
import { CovaultError } from "@covault/errors";
import { Command, InvalidArgumentError } from "commander";
import { askCoordinator, type ConnectionOptions, rosterInUse } from "../connection.ts";
import type { CommandContext } from "../context.ts";
import { type Column, facts, table } from "../layout.ts";
import type { Terminal } from "../terminal.ts";

interface Standing {
  readonly process: string;
  readonly serial: string | null;
  /** What is wrong. Null when nothing is. */
  readonly note: string | null;
}

const statusColumns: readonly Column[] = [
  { name: "process", fit: "end" },
  { name: "serial" },
  { name: "state", fit: "wrap", paint: (text, palette) => (text === "has it" ? palette.green(text) : palette.red(text)) },
];

/**
 * Asks the account service, the coordinator for the routers and parties that it knows of, and the
 * processes at further URLs.
 */
async function standings(options: ConnectionOptions, terminal: Terminal, urls: readonly string[]): Promise<Standing[]> {
  const view = (await askCoordinator(options, terminal, "/api/v1/roster")) as RosterInUse;
  const [account, ...others] = await Promise.all([undefined, ...urls].map((url) => rosterInUse(options, terminal, url)));
  const refusal = (code: string | undefined): string | null => (code === undefined ? null : `refuses the roster that is in place: ${code}`);
  const instancesOf = ({ party_id, instances }: RosterInUse["parties"][number]): Standing[] =>
    instances.length === 0
      ? [{ process: party_id, serial: null, note: "not connected" }]
      : instances.map(({ instance_id, serial }) => ({ process: `${party_id} ${instance_id}`, serial, note: null }));
  return [
    { process: `account ${account?.url}`, serial: account?.serial ?? null, note: refusal(account?.refused) },
    { process: "coordinator", serial: view.serial, note: null },
    ...view.routers.map(({ router_id, serial }) => ({ process: router_id, serial, note: null })),
    ...view.parties.flatMap(instancesOf),
    ...others.map(({ url, serial, refused }) => ({ process: url, serial, note: refusal(refused) })),
  ];
}

function wholeNumber(text: string): string {
  if (!/^[0-9]{1,20}$/.test(text)) throw new InvalidArgumentError("expected a whole number, as covault roster sign prints it");
  return String(BigInt(text));
}

export function rosterCommand({ terminal, look, options, during, show, exit }: CommandContext): Command {
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
  roster
    .command("status")
    .description("which roster the account service, the coordinator, the routers and the parties use")
    .argument("[url...]", "further processes to ask, for example http://account-2:4000: replicas, routers, health ports of parties")
    .option("--serial <serial>", "the one that all should have; without it, the highest that one of them has", wholeNumber)
    .action(async (urls: string[], { serial: wanted }: { serial?: string }) => {
      const found = await during("Asking everybody", standings(options(), terminal, urls));
      const highest = found.reduce((max, { serial }) => (BigInt(serial ?? 0) > max ? BigInt(serial ?? 0) : max), 0n);
      const serial = wanted ?? String(highest);
      const isMissing = (one: Standing): boolean => one.note !== null || one.serial !== serial;
      const noteOf = (one: Standing): string =>
        one.note ?? (one.serial === serial ? "has it" : one.serial === null ? "has not said it yet" : "has another one");
      const missing = found.filter(isMissing);
      const rows = found.map((one) => [one.process, one.serial ?? "-", noteOf(one)]);
      const last =
        missing.length === 0
          ? `All have the roster with serial ${serial}.`
          : `Not all have the roster with serial ${serial}: ${missing.map((one) => one.process).join(", ")}.`;
      show(
        { serial, complete: missing.length === 0, processes: found.map((one) => ({ ...one, has_it: !isMissing(one) })) },
        `${table(statusColumns, rows, look)}${last}\n`,
      );
      if (missing.length > 0) exit(3);
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
