// What the backup commands read and write: documents, key files, passphrases, rosters, and files
// for secrets.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CovaultError } from "@covault/errors";
import type { BackupReport, NamedBackup, RecipientKey } from "@covault/party/backup";
import { readText } from "@covault/service-kit/settings";
import type { InitiatorKeys, verifyRoster } from "@covault/trust";

type Roster = ReturnType<typeof verifyRoster>;

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof CovaultError) throw cause;
    throw new CovaultError("cli/unreadable-file", `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

/** The most bytes of a document. One of a key with hundreds of epochs has less. */
const documentBytesMax = 16 << 20;

export interface FoundBackups {
  readonly files: readonly NamedBackup[];
  /** What of the folders is no file, which keeps no other document from being read. */
  readonly faults: BackupReport["faults"];
}

/**
 * Reads files, and of folders every file whose name ends in .json. Throws `cli/unreadable-file` for
 * a path of the caller's that cannot be read.
 */
export function readBackups(paths: readonly string[]): FoundBackups {
  const files: NamedBackup[] = [];
  const faults: FoundBackups["faults"][number][] = [];
  for (const path of paths) {
    if (!reading(path, () => statSync(path)).isDirectory()) {
      files.push(readBackup(path));
      continue;
    }
    const names = reading(path, () => readdirSync(path)).filter((name) => name.endsWith(".json"));
    for (const name of names.sort())
      try {
        files.push(readBackup(join(path, name)));
      } catch (error) {
        const { code, message } = error as CovaultError;
        faults.push({ name: shown(join(path, name)), code, message: shown(message) });
      }
  }
  return { files, faults };
}

/** A name of a file may have what moves the cursor of a terminal. */
const shown = (text: string): string => text.replace(/\p{Cc}/gu, "\ufffd");

/** Reads one document. Nothing else is opened: to read a pipe or a device may never end. */
function readBackup(name: string): NamedBackup {
  return reading(name, () => {
    const found = statSync(name);
    const refused = (why: string): CovaultError => new CovaultError("cli/unreadable-file", `${name} cannot be read: ${why}.`);
    if (!found.isFile()) throw refused("it is no file");
    if (found.size > documentBytesMax) throw refused(`it has ${found.size} bytes, and no backup has more than ${documentBytesMax}`);
    return { name: shown(name), bytes: new Uint8Array(readFileSync(name)) };
  });
}

/**
 * Gives the passphrase of a file, which is its first line. Throws `cli/unreadable-file` for an
 * empty one: what should be sealed would else stand open.
 */
export function passphraseIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const [passphrase = ""] = reading(file, () => readText(file)).split(/\r?\n/, 1);
  if (passphrase !== "") return passphrase;
  throw new CovaultError("cli/unreadable-file", `${file} has no passphrase: its first line is empty.`);
}

export async function recipientKeys(files: readonly string[], passphrase: string | undefined): Promise<readonly RecipientKey[]> {
  const { readRecipientKey } = await import("./recipient-key.ts");
  return files.map((file) =>
    readRecipientKey(
      file,
      reading(file, () => readText(file)),
      passphrase,
    ),
  );
}

export interface TrustOptions {
  readonly roster?: string;
  readonly rootKey?: string;
}

/**
 * Gives the keys of initiators as a signed roster has them. Without one, those count that each
 * document names itself.
 */
export async function initiatorsOf({ roster, rootKey }: TrustOptions): Promise<InitiatorKeys | undefined> {
  if (roster === undefined && rootKey === undefined) return undefined;
  if (roster === undefined || rootKey === undefined || !/^[0-9a-f]{64}$/i.test(rootKey))
    throw new CovaultError("cli/bad-arguments", "--roster and --root-key go together: a signed roster, and the root's public key in hex.");
  const { keysOf } = await import("@covault/trust");
  return keysOf(await rosterIn(roster, rootKey));
}

/** Reads a signed roster, and verifies it. Throws `trust/bad-roster`. */
export async function rosterIn(file: string, rootKey: string): Promise<Roster> {
  if (!/^[0-9a-f]{64}$/i.test(rootKey)) throw new CovaultError("cli/bad-arguments", "--root-key: expected 64 hexadecimal characters.");
  const { verifyRoster } = await import("@covault/trust");
  const text = reading(file, () => readText(file));
  return verifyRoster(new Uint8Array(Buffer.from(text, "base64")), new Uint8Array(Buffer.from(rootKey, "hex")));
}

/** Reads a private key: 64 hexadecimal characters, with or without 0x. Secret. */
export function privateKeyIn(path: string): Uint8Array {
  const text = reading(path, () => readText(path))
    .trim()
    .replace(/^0x/i, "");
  // The text is the secret, so that no error has a part of it.
  if (!/^[0-9a-f]{64}$/i.test(text))
    throw new CovaultError("cli/unreadable-file", `${path} has no private key: expected 64 hexadecimal characters and nothing else.`);
  return new Uint8Array(Buffer.from(text, "hex"));
}

/** Reads the share that `covault backup open` has written, 32 bytes. Secret. */
export function openedShareIn(path: string): Uint8Array {
  const text = reading(path, () => readText(path));
  let share: unknown;
  try {
    share = (JSON.parse(text) as { share?: unknown }).share;
  } catch {
    // The text is the secret, so that no error has a part of it.
  }
  if (typeof share !== "string" || !/^[0-9a-f]{64}$/.test(share))
    throw new CovaultError("cli/unreadable-file", `${path} has no share: expected what covault backup open writes.`);
  return new Uint8Array(Buffer.from(share, "hex"));
}

/** Writes a new file that its owner alone can read. It never writes over one. */
export function writeSecret(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    throw new CovaultError("cli/unwritable-file", `${path} cannot be written: ${(cause as Error).message}.`, { cause });
  }
}
