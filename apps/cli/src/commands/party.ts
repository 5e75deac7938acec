// The commands covault party show [id], restored, reseal, pairs and accounts. Those of sealed
// backups are in party-backups.ts. The first shows the
// roster, the parties that are connected, and the pairs that are burned or lost, as the coordinator
// sees them. The second marks a party's store as restored, by an operator's hand. The third ends
// the rotation of a party's master key. The fourth lists the pairs of a party as its own store has
// them. The fifth lists what a party's removal means for the accounts whose shares it holds.
import type { Burn, Parties, Party } from "@covault/api/coordinator";
import { CovaultError } from "@covault/errors";
import type { HeldAccount } from "@covault/server";
import { Command } from "commander";
import { askCoordinator } from "../connection.ts";
import type { CommandContext } from "../context.ts";
import { type Column, facts, table } from "../layout.ts";
import type { Look } from "../terminal.ts";
import { keyId } from "./key-id.ts";
import { partyBackupsCommand, restoreShareCommand } from "./party-backups.ts";

const listColumns: readonly Column[] = [
  { name: "party", fit: "end" },
  { name: "role" },
  { name: "connected", paint: (text, palette) => (text === "yes" ? palette.green(text) : palette.red(text)) },
  { name: "restored" },
  { name: "sessions" },
];
const instanceColumns: readonly Column[] = [{ name: "instance", fit: "end" }, { name: "sessions" }, { name: "connected" }];
const burnColumns: readonly Column[] = [
  { name: "unusable for key", fit: "middle" },
  { name: "session" },
  { name: "why" },
  { name: "parties", fit: "wrap" },
];

const pairColumns: readonly Column[] = [
  { name: "key", fit: "middle" },
  { name: "partner" },
  { name: "generation" },
  { name: "state", paint: (text, palette) => (text === "usable" ? palette.green(text) : palette.red(text)) },
  { name: "strikes" },
  { name: "burned by" },
  { name: "cleared" },
];

const accountColumns: readonly Column[] = [{ name: "account" }, { name: "holders left" }, { name: "what to do", fit: "wrap" }];

/**
 * Gives the keys with which the party cannot sign any more, since its store was restored from a
 * backup.
 */
const lostKeys = (partyId: string, burns: readonly Burn[]): readonly string[] => {
  const lost = burns.filter(({ code, reported_by }) => code === "party/pairs-missing" && reported_by === partyId);
  return [...new Set(lost.map(({ key_id }) => key_id))];
};

function describeParty(party: Party, burns: readonly Burn[], look: Look): string {
  const lost = lostKeys(party.party_id, burns);
  const head = facts(
    [
      ["party", party.party_id],
      ["role", party.role],
      ["connected", party.present ? "yes" : "no"],
      ["restored", lost.length === 0 ? "no" : `yes: pairs of ${lost.length === 1 ? "one key" : `${lost.length} keys`} are to be renewed`],
      ["unusable pairs", String(burns.length)],
    ],
    look,
  );
  const instances = party.instances.map(({ instance_id, load, connected_at }) => [instance_id, String(load), connected_at]);
  const pairs = burns.map(({ key_id, parties, code, session_id }) => [key_id, session_id, code, parties.join(", ")]);
  return [
    head,
    ...(instances.length === 0 ? [] : [table(instanceColumns, instances, look)]),
    ...(pairs.length === 0 ? [] : [table(burnColumns, pairs, look)]),
  ].join("\n");
}

export function partyCommand(context: CommandContext): Command {
  const { terminal, look, options, during, show } = context;
  const party = new Command("party").description("look at the parties that hold shares");
  party
    .command("show")
    .description("all parties, or one with its connections and its burned and lost pairs")
    .argument("[party]", "its id, for example server-party-1")
    .action(async (id: string | undefined) => {
      const asking = askCoordinator(options(), terminal, "/api/v1/parties");
      const { parties, burns } = (await during("Asking for the parties", asking)) as Parties;
      if (id === undefined) {
        const rows = parties.map((one) => [
          one.party_id,
          one.role,
          one.present ? "yes" : "no",
          lostKeys(one.party_id, burns).length === 0 ? "no" : "yes",
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
  party
    .command("restored")
    .description("mark a party's store as restored from a backup, on its database: it forgets what it signed with, for good")
    .argument("<party>", "its id, for example server-party-1")
    .option("--yes", "do it: nothing brings the pairs back")
    .option("--config <file>", "YAML file with the party's settings; the environment wins over it")
    .action(async (partyId: string, { yes = false, config }: { yes?: boolean; config?: string }) => {
      if (!yes)
        throw new CovaultError(
          "cli/not-confirmed",
          `${partyId} would lose the pairs of all its keys, and sign with none of them any more.`,
          {
            hint: "Run this again with --yes if its database was restored from a backup and the party has not noticed.",
          },
        );
      const { markRestored } = await import("@covault/server");
      const { keys } = await markRestored({ env: terminal.env, partyId, ...(config === undefined ? {} : { configFile: config }) });
      const text = `${partyId} is marked as restored: ${keys === 1 ? "one key has" : `${keys} keys have`} lost ${keys === 1 ? "its" : "their"} pairs. A party that runs notices within seconds.\n`;
      show({ party_id: partyId, marked: true, keys }, text);
    });
  party
    .command("reseal")
    .description("seal anew, under the party's current master key, what former ones sealed; while the party works or not")
    .argument("<party>", "its id, for example server-party-1")
    .option("--config <file>", "YAML file with the party's settings; the environment wins over it")
    .action(async (partyId: string, { config }: { config?: string }) => {
      const { resealParty } = await import("@covault/server");
      const place = { env: terminal.env, partyId, ...(config === undefined ? {} : { configFile: config }) };
      const { total, done, unreadable } = await resealParty(place, ({ done, total }) => {
        if (total > 0) terminal.err(`${done} of ${total} secrets are sealed anew\n`);
      });
      if (unreadable.length > 0)
        throw new CovaultError(
          "party/unreadable-secret",
          `${done} of ${total} secrets of ${partyId} are sealed anew, and those of ${unreadable.length} keys do not open: ${unreadable.join(", ")}.`,
          {
            hint: "These rows were altered. Keep the former master key, and recover the shares with the other holders.",
          },
        );
      const text = `Nothing of ${partyId} is sealed under a former master key any more. Once no replica has it as CRYPTO_MASTER_KEY, take it out of CRYPTO_MASTER_KEY_FORMER.\n`;
      show({ party_id: partyId, total, done }, text);
    });
  party
    .command("pairs")
    .description("the pairs of a party by its own database: how each stands, and what waits for `covault pair clear`")
    .argument("<party>", "its id, for example server-party-1")
    .argument("[key]", "the id of one key, 64 hexadecimal characters", keyId)
    .option("--config <file>", "YAML file with the party's settings; the environment wins over it")
    .action(async (partyId: string, key: Uint8Array | undefined, { config }: { config?: string }) => {
      const { listPartyPairs } = await import("@covault/server");
      const place = { env: terminal.env, partyId, ...(config === undefined ? {} : { configFile: config }) };
      const pairs = await during("Reading the party's database", listPartyPairs(place, key));
      const rows = pairs.map((pair) => [
        ...[pair.keyId, pair.partner, String(pair.generation), pair.state, String(pair.strikes)],
        ...[pair.burnedBy ?? "-", pair.burnedBy === undefined ? "-" : pair.cleared ? "yes" : "no"],
      ]);
      const listed = pairs.map(({ keyId, partner, generation, state, strikes, burnedBy = null, cleared }) => ({
        ...{ key_id: keyId, partner, generation, state, strikes },
        ...{ burned_by: burnedBy, cleared },
      }));
      const text =
        pairs.length === 0 ? `${partyId} has no pairs${key === undefined ? "" : " of this key"}.\n` : table(pairColumns, rows, look);
      show({ party_id: partyId, pairs: listed }, text);
    });
  party
    .command("accounts")
    .description("the accounts that a party holds shares of, by the account database, and what to do with each when it is removed")
    .argument("<party>", "its id, for example server-party-1")
    .option("--config <file>", "YAML file with the account service's settings; the environment wins over it")
    .option("--without", "as if the roster did not have it: what its removal would mean")
    .action(async (partyId: string, { config, without = false }: { config?: string; without?: boolean }) => {
      const { listPartyAccounts } = await import("@covault/server");
      const settings = { env: terminal.env, partyId, without, ...(config === undefined ? {} : { configFile: config }) };
      const { serial, accounts } = await during("Reading the account database", listPartyAccounts(settings));
      const rows = accounts.map((one) =>
        "altered" in one
          ? [one.accountId, "?", "its rows are not the account service's: restore them"]
          : [one.accountId, `${one.left.length} of ${one.threshold}`, adviceOn(one)],
      );
      const listed = accounts.map((one) =>
        "altered" in one
          ? { account_id: one.accountId, verdict: "altered" }
          : {
              ...{ account_id: one.accountId, tenant_id: one.tenantId, user_id: one.userId, threshold_t: one.threshold },
              ...{ left: one.left, removed: one.removed, signs_with: one.signers.parties, verdict: one.verdict, advice: adviceOn(one) },
            },
      );
      const text = accounts.length === 0 ? `${partyId} holds no account's shares.\n` : table(accountColumns, rows, look);
      show({ party_id: partyId, roster_serial: serial, accounts: listed }, text);
    });
  party.addCommand(partyBackupsCommand(context));
  party.addCommand(restoreShareCommand(context));
  return party;
}

function adviceOn({ verdict, left, removed, threshold, signers }: HeldAccount): string {
  const back = `bring ${removed.join(", ")} back`;
  if (verdict === "blocked") return `cannot sign: ${back}, or recover the account`;
  if (verdict === "reconfigure") return `set another signing configuration: ${left.join(", ")} are left`;
  const margin = left.length === threshold && removed.length > 0 ? "; no further holder may be lost: move the funds to a new account" : "";
  return `signs on with ${signers.parties.join(", ")}${margin}`;
}
