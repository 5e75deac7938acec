// covault party show [id]: the roster, who is connected, and which pairs are burned, as the coordinator sees it.
import { CovaultError } from "@covault/errors";
import { Command } from "commander";
import { askCoordinator } from "../connection.ts";
import type { CommandContext } from "../context.ts";
import { facts, table } from "../terminal.ts";

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

function describeParty(party: Party, burns: readonly Burn[]): string {
  const head = facts([
    ["party", party.party_id],
    ["role", party.role],
    ["connected", party.present ? "yes" : "no"],
    ["burned pairs", String(burns.length)],
  ]);
  const instances = party.instances.map(({ instance_id, load, connected_at }) => [instance_id, String(load), connected_at]);
  const pairs = burns.map(({ key_id, parties, session_id }) => [key_id, parties.join(", "), session_id]);
  return [
    head,
    ...(instances.length === 0 ? [] : [table(["instance", "sessions", "connected"], instances)]),
    ...(pairs.length === 0 ? [] : [table(["burned for key", "parties", "session"], pairs)]),
  ].join("\n");
}

export function partyCommand({ terminal, options, show }: CommandContext): Command {
  const party = new Command("party").description("look at the parties that hold shares");
  party
    .command("show")
    .description("all parties, or one with its connections and burned pairs")
    .argument("[party]", "its id, for example server-party-1")
    .action(async (id: string | undefined) => {
      const { parties, burns } = (await askCoordinator(options(), terminal, "/api/v1/parties")) as { parties: Party[]; burns: Burn[] };
      if (id === undefined) {
        const rows = parties.map((one) => [
          one.party_id,
          one.role,
          one.present ? "yes" : "no",
          String(one.instances.reduce((sum, { load }) => sum + load, 0)),
        ]);
        show({ parties, burns }, table(["party", "role", "connected", "sessions"], rows));
        return;
      }
      const found = parties.find(({ party_id }) => party_id === id);
      if (!found) throw new CovaultError("cli/unknown-party", `There is no party ${id}.`);
      const own = burns.filter((burn) => burn.parties.includes(id));
      show({ ...found, burns: own }, describeParty(found, own));
    });
  return party;
}
