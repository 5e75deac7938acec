// A data folder of PGlite that has been through initdb, which takes seconds of computing. The build
// makes it once, and the first start on a folder copies it. Where no build has made it, PGlite runs
// initdb itself. There is nothing in it but what initdb makes: no secret, no identity, no row of
// ours. A copy has a system identifier of its own, because parties tell by it that their store was
// restored into another folder (services/server-party/src/store/standing.ts).
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

/** Where a build puts the template. It is below `dist`, so that the package has it. */
export function templateFolder(): string {
  const entry = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  const { version } = JSON.parse(readFileSync(join(dirname(dirname(entry)), "package.json"), "utf8")) as { version: string };
  return join(import.meta.dirname, `../../dist/postgres/${version}`);
}

/** Makes the template of this version of PGlite, unless it is there. Other versions' ones go. */
export async function makeTemplate(folder = templateFolder()): Promise<void> {
  if (existsSync(folder)) return;
  mkdirSync(dirname(folder), { recursive: true });
  // What has a point after this version is being made by another process.
  for (const other of readdirSync(dirname(folder)))
    if (!other.startsWith(basename(folder))) rmSync(join(dirname(folder), other), { recursive: true });
  const aside = mkdtempSync(`${folder}.`);
  const { PGlite } = await import("@electric-sql/pglite");
  const pglite = await PGlite.create({ dataDir: aside });
  await pglite.exec("CHECKPOINT");
  await pglite.close();
  // A service may run as another user than the build did. What it copies nobody else may change.
  setModes(aside, 0o755, 0o644);
  moveInto(aside, folder);
}

/**
 * Copies the template to `dataDir`. Does nothing where that is there already, or where there is no
 * template. A copy that is cut off leaves no `dataDir`, and the next one takes away what is left.
 * Nobody else may use the folder that `dataDir` is in meanwhile.
 */
export function layTemplate(dataDir: string, folder = templateFolder()): void {
  if (existsSync(dataDir) || !existsSync(folder)) return;
  const copying = `${dataDir}.copying-`;
  // The caller has the folder for itself, so that such a one was left by a copy that died.
  for (const name of readdirSync(dirname(dataDir)))
    if (name.startsWith(basename(copying))) rmSync(join(dirname(dataDir), name), { recursive: true });
  const aside = mkdtempSync(copying);
  try {
    copyFolder(folder, aside);
    setModes(aside, 0o700, 0o600);
    setSystemIdentifier(aside, newSystemIdentifier());
    moveInto(aside, dataDir);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    throw error;
  }
}

/** The folders are made by this process, so that those of a template may be read-only. */
function copyFolder(from: string, to: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (!entry.isDirectory()) {
      cpSync(source, target);
      continue;
    }
    mkdirSync(target);
    copyFolder(source, target);
  }
}

/** PGlite makes files that everybody may write. */
function setModes(path: string, ofFolders: number, ofFiles: number): void {
  chmodSync(path, ofFolders);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const below = join(path, entry.name);
    if (entry.isDirectory()) setModes(below, ofFolders, ofFiles);
    else chmodSync(below, ofFiles);
  }
}

/** Somebody else may have been first. */
function moveInto(aside: string, folder: string): void {
  try {
    renameSync(aside, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(aside, { recursive: true, force: true });
  }
}

/** A positive number of 63 bits. */
function newSystemIdentifier(): bigint {
  return randomBytes(8).readBigUInt64LE() >> 1n || 1n;
}

const controlFile = "global/pg_control";
/**
 * Where the identifier is in the long header of a WAL file's first page (xlp_sysid,
 * access/xlog_internal.h).
 */
const walIdentifierAt = 24;

/**
 * Gives the identifier of a stopped cluster. It is the first field of the control file
 * (catalog/pg_control.h), which ends with the CRC-32C of everything before it. Throws when it does
 * not.
 */
export function systemIdentifier(dataDir: string): bigint {
  const control = readFileSync(join(dataDir, controlFile));
  checksumAt(control);
  return control.readBigUInt64LE(0);
}

/** Each WAL file names the cluster that it belongs to, too, and PostgreSQL refuses another's. */
function setSystemIdentifier(dataDir: string, identifier: bigint): void {
  const control = readFileSync(join(dataDir, controlFile));
  const at = checksumAt(control);
  control.writeBigUInt64LE(identifier, 0);
  control.writeUInt32LE(crc32c(control.subarray(0, at)), at);
  writeFileSync(join(dataDir, controlFile), control);
  for (const name of readdirSync(join(dataDir, "pg_wal"))) {
    if (!/^[0-9A-F]{24}$/.test(name)) continue;
    const wal = readFileSync(join(dataDir, "pg_wal", name));
    wal.writeBigUInt64LE(identifier, walIdentifierAt);
    writeFileSync(join(dataDir, "pg_wal", name), wal);
  }
}

/** The control file's length depends on the version and the compiler. */
function checksumAt(control: Buffer): number {
  for (let at = 128; at < 512; at += 4) if (control.readUInt32LE(at) === crc32c(control.subarray(0, at))) return at;
  throw new Error("The control file of the template has no checksum that fits.");
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
