// The Generation port on a file beside the backed-up store, and not in it. Each record is a file of
// its own, `<path>.<generation>`, of which the highest counts. So a late writer cannot take the
// record back, and no record is ever half there, although no lock is held and any writer may be
// killed. A killed writer leaves what it wrote aside, `<path>.….new`.
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, unlink } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { asCovaultError, CovaultError } from "@covault/errors";
import type { Generation, StoreIdentity, StoreRecord } from "@covault/party";
import { syncFolder, writeSynced } from "./synced-files.ts";

/**
 * How many older records stay. A reader that lists the folder while records come and go must not
 * find it empty.
 */
const kept = 8;

/**
 * Gives the record of a party in files. `path` is on storage that every replica sees alike at once,
 * as the disk of one machine is. For replicas on several machines there is `generationTable`. The
 * methods of the record throw party/foreign-generation when the file is that of another party.
 */
export function generationFile(path: string, partyId: string): Generation {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;

  /** Gives the generations of the records that are there, ascending. */
  async function generations(): Promise<number[]> {
    const names = await readdir(folder).catch(instead("ENOENT", [] as string[]));
    const numbers = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    return numbers
      .filter((number) => /^\d{1,15}$/.test(number))
      .map(Number)
      .sort((a, b) => a - b);
  }

  async function read(): Promise<StoreRecord | undefined> {
    for (;;) {
      const generation = (await generations()).at(-1);
      if (generation === undefined) return undefined;
      const text = await readFile(`${path}.${generation}`, "utf8").catch(instead("ENOENT", undefined));
      // A record that has no text was removed meanwhile, because there are higher ones.
      if (text !== undefined) return { generation, identity: identityIn(text, path, partyId) };
    }
  }

  async function raise({ generation, identity }: StoreRecord): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const before = await generations();
    if (before.some((one) => one >= generation)) return;
    // Replicas share the folder, so each writes aside under a name of its own.
    const aside = `${path}.${randomUUID()}.new`;
    await writeSynced(aside, `${JSON.stringify({ party: partyId, identity })}\n`);
    await rename(aside, `${path}.${generation}`);
    await syncFolder(folder);
    for (const one of before.slice(0, -kept)) await unlink(`${path}.${one}`).catch(instead("ENOENT", undefined));
  }

  return { read: () => named(path, read), raise: (record) => named(path, () => raise(record)) };
}

function identityIn(text: string, path: string, partyId: string): StoreIdentity {
  let found: { readonly party?: unknown; readonly identity?: unknown };
  try {
    found = JSON.parse(text);
  } catch {
    found = {};
  }
  // This is the identity of no store, so the store counts as restored.
  if (typeof found?.party !== "string" || typeof found.identity !== "object" || found.identity === null) return { unreadable: path };
  if (found.party !== partyId)
    throw new CovaultError("party/foreign-generation", `GENERATION_FILE ${path} is that of ${found.party}, not of ${partyId}.`);
  return found.identity as StoreIdentity;
}

async function named<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (asCovaultError(cause) !== undefined) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CovaultError("party/generation-unavailable", `The generation file ${path} cannot be used: ${reason}.`, { cause });
  }
}

const instead =
  <T>(code: string, value: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === code) return value;
    throw error;
  };
