// The roster that an operator's command goes by.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { identityKeyFromSeed } from "@covault/channel";
import { CovaultError } from "@covault/errors";
import type { LiveRoster } from "@covault/trust";
import { openSecrets } from "../secrets.ts";
import { readRoster } from "../settings/read-settings.ts";

export interface RosterSettings {
  readonly DATA_DIR: string;
  readonly DATABASE_URL?: string | undefined;
  readonly POSTGRES_HOST?: string | undefined;
  readonly ROSTER_FILE?: string | undefined;
  readonly ROOT_PUBLIC_KEY?: Uint8Array | undefined;
}

/**
 * Gives the roster of the settings, or else the one that `covault start` made. That one belongs to
 * the database in the same folder, and the rows of any other database would look altered by it.
 * `whose` names the role whose settings are missing. Throws config/bad-value and trust/bad-roster.
 */
export function rosterOf(settings: RosterSettings, whose: string): LiveRoster {
  const { DATA_DIR, ROSTER_FILE: file, ROOT_PUBLIC_KEY: rootKey } = settings;
  if (file !== undefined && rootKey !== undefined) return readRoster(file, rootKey);
  const dataDir = resolve(DATA_DIR);
  const own = join(dataDir, "roster");
  const isElsewhere = settings.DATABASE_URL !== undefined || settings.POSTGRES_HOST !== undefined;
  const isMade = existsSync(own) && existsSync(join(dataDir, "secrets", "root_key"));
  if (file !== undefined || rootKey !== undefined || isElsewhere || !isMade)
    throw new CovaultError(
      "config/bad-value",
      `ROSTER_FILE and ROOT_PUBLIC_KEY are not both set, and ${isElsewhere ? "the database is not that of covault start" : `${dataDir} has no roster of its own`}.`,
      {
        hint: `Set both as ${whose} has them.`,
      },
    );
  return readRoster(own, identityKeyFromSeed(openSecrets(dataDir).key("root_key")).publicKey);
}
