// Why a port cannot be listened on, as the operator reads it: the setting that names it, and what to do.
import { createServer } from "node:net";
import { CovaultError } from "@covault/errors";

/** Where to listen. Port 0: any free one. `setting`: what the port is configured by. */
export interface ListenAt {
  readonly port: number;
  readonly host: string;
  readonly setting: string;
}

/** The error of a listen, explained where the configuration is at fault. */
export function explainListen(error: unknown, { port, host, setting }: ListenAt): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const options = { cause: error };
  switch (code) {
    case "EADDRINUSE":
      return new CovaultError("http/port-taken", `${setting}: port ${port} of ${host} is taken.`, options);
    case "EACCES":
      return new CovaultError("config/bad-value", `${setting}: this user may not open port ${port} of ${host}.`, options);
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EADDRNOTAVAIL":
    case "EINVAL":
      return new CovaultError("config/bad-value", `BIND_ADDRESS: ${JSON.stringify(host)} is no address of this machine (${code}).`, {
        hint: "Set BIND_ADDRESS to an address of this machine: 127.0.0.1, or 0.0.0.0 for all of its addresses.",
        ...options,
      });
    default:
      return error;
  }
}

/** Throws what listening there would. */
export async function requireFree(at: ListenAt): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(at.port, at.host, resolve);
    });
  } catch (error) {
    throw explainListen(error, at);
  }
  await new Promise((resolve) => server.close(resolve));
}
