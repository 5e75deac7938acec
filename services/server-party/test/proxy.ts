// A TCP proxy between a party and its router whose connections can be cut, or frozen so that nobody is told.

import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

export interface BrokenWire {
  /** With the path of the router's own stream URL. */
  readonly url: string;
  /** Connections so far. */
  readonly connections: () => number;
  cut(): void;
  /** Nothing goes through the present connections any more, in either direction. */
  freeze(): void;
  /** While closed, connections are refused. */
  close(): void;
  open(): void;
  stop(): Promise<void>;
}

export async function proxyTo(routerUrl: () => string): Promise<BrokenWire> {
  const pairs = new Set<{ readonly ends: readonly [Socket, Socket] }>();
  let connections = 0;
  let closed = false;
  const server: Server = createServer((near) => {
    if (closed) return void near.destroy();
    connections++;
    const far = connect(Number(new URL(routerUrl()).port), "127.0.0.1");
    const pair = { ends: [near, far] as const };
    pairs.add(pair);
    near.pipe(far);
    far.pipe(near);
    for (const end of pair.ends) {
      end.on("error", () => {});
      end.on("close", () => {
        pairs.delete(pair);
        for (const other of pair.ends) other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const cut = () => {
    for (const { ends } of pairs) for (const end of ends) end.destroy();
  };
  return {
    url: `ws://127.0.0.1:${port}/v1/stream`,
    connections: () => connections,
    cut,
    freeze() {
      for (const { ends } of pairs)
        for (const end of ends) {
          end.unpipe();
          end.pause();
        }
    },
    close() {
      closed = true;
      cut();
    },
    open() {
      closed = false;
    },
    async stop() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
