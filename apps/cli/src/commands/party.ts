// covault party show [id]: the roster, who is connected, and which pairs are burned, as the coordinator sees it.
import { CovaultError } from "@covault/errors";
import { Command } from "commander";
import { askCoordinator } from "../connection.ts";
import type { CommandContext } from "../context.ts";
import { type Column, facts, table } from "../layout.ts";
import type { Look } from "../terminal.ts";

interface Party {
  readonly party_id: string;
  readonly role: string;
  readonly present: boolean;
  readonly instances: readonly { readonly instance_id: string; readonly load: number; readonly connected_at: string }[];
}
interface Burn {
  readonly key_id: string;
  readonly epoch: string;
  readonly parties: readonly string[];
  readonly session_id: string;
}

const listColumns: readonly Column[] = [
  { name: "party", fit: "end" },
  { name: "role" },
  { name: "connected", paint: (text, palette) => (text === "yes" ? palette.green(text) : palette.red(text)) },
  { name: "sessions" },
];
const instanceColumns: readonly Column[] = [{ name: "instance", fit: "end" }, { name: "sessions" }, { name: "connected" }];
const burnColumns: readonly Column[] = [{ name: "burned for key", fit: "middle" }, { name: "session" }, { name: "parties", fit: "wrap" }];

function describeParty(party: Party, burns: readonly Burn[], look: Look): string {
  const head = facts(
    [
      ["party", party.party_id],
      ["role", party.role],
      ["connected", party.present ? "yes" : "no"],
      ["burned pairs", String(burns.length)],
    ],
    look,
  );
  const instances = party.instances.map(({ instance_id, load, connected_at }) => [instance_id, String(load), connected_at]);
  const pairs = burns.map(({ key_id, parties, session_id }) => [key_id, session_id, parties.join(", ")]);
  return [
    head,
    ...(instances.length === 0 ? [] : [table(instanceColumns, instances, look)]),
    ...(pairs.length === 0 ? [] : [table(burnColumns, pairs, look)]),
  ].join("\n");
}

export function partyCommand({ terminal, look, options, during, show }: CommandContext): Command {
  const party = new Command("party").description("look at the parties that hold shares");
  party
    .command("show")
    .description("all parties, or one with its connections and burned pairs")
    .argument("[party]", "its id, for example server-party-1")
    .action(async (id: string | undefined) => {
      const asking = askCoordinator(options(), terminal, "/api/v1/parties");
      const { parties, burns } = (await during("Asking for the parties", asking)) as { parties: Party[]; burns: Burn[] };
      if (id === undefined) {
        const rows = parties.map((one) => [
          one.party_id,
          one.role,
          one.present ? "yes" : "no",
          String(one.instances.reduce((sum, { load }) => sum + load, 0)),
        ]);
        show({ parties, burns }, table(listColumns, rows, look));
        return;
      }
      const found = parties.find(({ party_id }) => party_id === id);
      if (!found) throw new CovaultError("cli/unknown-party", `There is no party ${id}.`);
      const own = burns.filter((burn) => burn.parties.includes(id));
      show({ ...found, burns: own }, describeParty(found, own, look));
    });
  return party;
}
