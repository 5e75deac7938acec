// Holds a data folder for one process. PGlite takes no lock of its own, and two processes on one
// folder lose rows without a word. The lock is a listening socket, since the kernel ends it
// together with its process, however that dies.
import { createHash } from "node:crypto";
import { accessSync, constants, mkdirSync, realpathSync, statSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CovaultError } from "@covault/errors";

/** The longest path that a Unix socket takes on every system, in bytes. */
const socketPathMax = 100;

/**
 * Returns how to release the folder. Throws config/bad-value for a folder that cannot be used, and
 * database/in-use while another holder lives, in this process or in another.
 */
export async function lockDataFolder(dir: string): Promise<() => Promise<void>> {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    accessSync(dir, constants.W_OK);
  } catch (cause) {
    throw new CovaultError("config/bad-value", `DATA_DIR: ${dir} is no folder to write to (${(cause as NodeJS.ErrnoException).code}).`, {
      hint: "Set DATA_DIR to a folder that this user may make or write to.",
      cause,
    });
  }
  const path = socketPath(realpathSync(dir));
  const inode = inodeOf(path);
  if (inode !== undefined) {
    if (await answers(path)) throw inUse(dir);
    // A process that died has left it behind. Only the very file that did not answer is removed.
    if (inodeOf(path) === inode) unlinkSync(path);
  }
  const server = createServer((socket) => socket.end());
  try {
    await listen(server, path);
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === "EADDRINUSE" ? inUse(dir) : cause;
  }
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function socketPath(dir: string): string {
  const name = createHash("sha256").update(dir).digest("hex").slice(0, 16);
  if (process.platform === "win32") return `\\\\.\\pipe\\covault-${name}`;
  const inside = join(dir, "covault.lock");
  return Buffer.byteLength(inside) <= socketPathMax ? inside : join(tmpdir(), `covault-${name}.lock`);
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => resolve());
  });
}

function inUse(dir: string): CovaultError {
  return new CovaultError("database/in-use", `The data folder ${dir} is used by another process.`);
}
