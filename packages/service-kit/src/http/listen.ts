// Opens a port, or explains to the operator why it cannot be opened, with the setting that names
// it.
import { type AddressInfo, createServer } from "node:net";
import { CovaultError } from "@covault/errors";
import { hostInUrl } from "../run/settings/host.ts";
import type { App } from "./api.ts";

export interface ListenAt {
  /** Port 0 stands for any free one. */
  readonly port: number;
  readonly host: string;
  /** The name of the setting that the port comes from. */
  readonly setting: string;
}

/** Gives the error of a listen, explained where the configuration is at fault. */
function explainListen(error: unknown, { port, host, setting }: ListenAt): unknown {
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

/** Gives the URL at which a caller on this machine reaches the server, and the port. */
export async function listen(app: App, at: ListenAt): Promise<{ readonly url: string; readonly port: number }> {
  const { port, host } = at;
  await app.listen({ port, host }).catch((error: unknown) => {
    throw explainListen(error, at);
  });
  const actual = (app.server.address() as AddressInfo).port;
  const shown = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return { url: `http://${hostInUrl(shown)}:${actual}`, port: actual };
}

/** Throws what listening at this place would throw. */
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
