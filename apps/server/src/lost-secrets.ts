// A system that has been used never gets new keys in place of those that are gone. A new key would
// fit nothing that was made with the former one, and would hide what has happened.
import { join } from "node:path";
import { CovaultError } from "@covault/errors";
import type { Database } from "@covault/service-kit/sql";
import type { SecretFolder } from "./secrets.ts";
import { rosterParties, type Settings } from "./settings.ts";

/** What becomes of a system without the key, and what can be done when no backup has it. */
const lostWith: Readonly<Record<string, string>> = {
  root_key:
    "root_key signs the roster. If no backup has it, put a new key in its place (openssl rand -hex 32): the roster is then signed with that one, and whoever has pinned the former root's public key must get the new one.",
  initiator_key: "Without initiator_key nobody can ask for what the keys that it founded should sign.",
  crypto_master_key: "Without crypto_master_key no share of any party can be read.",
  row_key: "Without row_key the account service believes none of its rows.",
  audit_key: "Without audit_key the event log cannot be shown to be whole.",
};

const ofParty = (name: string): string => `Without ${name} that party's shares are of no use, and its keys sign without it or not at all.`;

export interface FormerSecret {
  readonly name: string;
  /** The value that the environment gives. */
  readonly given?: Uint8Array | undefined;
}

/**
 * Gives the parties that have worked with a database, whether or not anything else still names
 * them. `schemas` are those that keep a roster.
 */
export async function partiesOf({ pool }: Database, schemas: Iterable<string>): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const schema of schemas) {
    if (!schema.startsWith("party_")) continue;
    const { rows } = await pool.query<{ readonly party_id: string }>(`SELECT party_id FROM "${schema}".party`);
    for (const { party_id } of rows) ids.push(party_id);
  }
  return ids;
}

/**
 * Gives the secrets that a system that was used must have. Its first start made the keys of all
 * parties of every roster, and `worked` are those that have worked with its database.
 */
export const formerSecrets = (settings: Settings, worked: readonly string[]): readonly FormerSecret[] => [
  { name: "root_key" },
  { name: "initiator_key", given: settings.INITIATOR_KEY },
  { name: "crypto_master_key", given: settings.CRYPTO_MASTER_KEY },
  { name: "row_key", given: settings.ROW_KEY },
  { name: "audit_key", given: settings.AUDIT_KEY },
  ...[...new Set([...rosterParties, ...worked])].sort().map((id) => ({ name: join("parties", id) })),
];

/**
 * Checks the secrets that this system was made with. Throws config/lost-secret, with all names,
 * when there is no file of one and the environment does not give it.
 */
export function requireFormer(folder: SecretFolder, former: readonly FormerSecret[]): void {
  const lost = former.filter(({ name, given }) => given === undefined && folder.missing(name) !== undefined).map(({ name }) => name);
  const files = lost.map((name) => folder.missing(name));
  if (lost.length === 0) return;
  throw new CovaultError(
    "config/lost-secret",
    `The database of DATA_DIR was used with keys that are gone: there is no ${files.join(", no ")}. Nothing was made in their place.`,
    {
      facts: { lost: lost.join(", ") },
      hint: [
        "Restore what is missing from a backup of the folder, or set the variables that gave it, and start again.",
        ...lost.map((name) => lostWith[name] ?? ofParty(name)),
        "For a new system with keys of its own, set DATA_DIR to an empty folder.",
      ].join(" "),
    },
  );
}
