// A system that has been used never gets new keys in place of those that are gone. A new key would
// fit nothing that was made with the former one, and would hide what has happened.
import { CovaultError } from "@covault/errors";
import type { SecretFolder } from "./secrets.ts";

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
