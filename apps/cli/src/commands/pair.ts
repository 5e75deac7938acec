// The command covault pair clear: an operator's word, on the database of one party, that a pair
// which a failed check has burned may be made anew. The other end's operator says it there.
import { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { keyId } from "./key-id.ts";

export function pairCommand({ terminal, show }: CommandContext): Command {
  const pair = new Command("pair").description("look after what two parties share for signing");
  pair
    .command("clear")
    .description("say on a party's database that a pair which a failed check has burned may be made anew, once it is known who cheated")
    .argument("<party>", "the party whose operator you are, for example server-party-1")
    .argument("<key>", "the key's id, 64 hexadecimal characters", keyId)
    .argument("<partner>", "the party at the other end, for example server-party-2")
    .option("--config <file>", "YAML file with the party's settings; the environment wins over it")
    .action(async (partyId: string, key: Uint8Array, partner: string, { config }: { config?: string }) => {
      const { clearPartyPair } = await import("@covault/server");
      const place = { env: terminal.env, partyId, ...(config === undefined ? {} : { configFile: config }) };
      const { keyId, generation, burnedBy } = await clearPartyPair(place, key, partner);
      const text = `${partyId} has cleared its pair with ${partner}, which ${burnedBy} had burned. It signs again when the operator of ${partner} has cleared it there, too, and it is renewed.\n`;
      show({ party_id: partyId, key_id: keyId, partner, generation, burned_by: burnedBy, cleared: true }, text);
    });
  return pair;
}
