// A TCP proxy in front of a server. It breaks connections in the ways in which networks do: with a
// word to both ends or without one, in both directions or in one, for the present connections or
// for all.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Gate, makeGate } from "./gate.ts";

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** The direction up goes from the client to the server. */
export type Direction = "up" | "down";

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Gives the URL of a server with the proxy in the place of its host and port. */
  through(url: string): string;
  /** The number of connections that were taken so far. */
  readonly taken: number;
  /** The number of connections that the proxy holds now. */
  readonly held: number;
  /** Closes the present connections, and tells both ends. */
  cut(): void;
  /**
   * Lets nothing pass through the present connections any more, and tells neither end. New
   * connections pass.
   */
  silence(direction?: Direction): void;
  /**
   * Lets nothing pass through any connection until `thaw`, and tells neither end. New connections
   * are taken, as a stopped process takes them.
   */
  freeze(): void;
  thaw(): void;
  /** Delays every piece of data by this time. 0 ends the delay. */
  slow(delayMs: number): void;
  /** Refuses connections until `accept`. The present ones go on. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  /** Sends new connections to another server. The present ones go on. */
  moveTo(target: Target): void;
  close(): Promise<void>;
}

interface Held {
  readonly near: Socket;
  readonly far: Socket;
  readonly gates: Readonly<Record<Direction, Gate>>;
}

/**
 * Starts a proxy. `listen` is the place of the proxy itself. Default: any free port of 127.0.0.1.
 */
export async function tcpProxy(target: Target | string, listen: Partial<Target> = {}): Promise<TcpProxy> {
  let to = typeof target === "string" ? targetOf(target) : target;
  const held = new Set<Held>();
  let taken = 0;
  let frozen = false;
  let delayMs = 0;

  /** Carries data, the end and a reset from one end to the other, each behind the gate. */
  async function carry(from: Socket, onto: Socket, gate: Gate): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        await gate.passed();
        if (delayMs > 0) await pause(delayMs);
        if (!onto.write(chunk)) await Promise.race([once(onto, "drain"), once(onto, "close")]);
      }
      await gate.passed();
      onto.end();
    } catch {
      await gate.passed();
      onto.destroy();
    }
  }
  async function take(near: Socket): Promise<void> {
    taken++;
    near.on("error", () => {});
    const gates = { up: makeGate(!frozen), down: makeGate(!frozen) };
    const far = connect({ ...to, noDelay: true, allowHalfOpen: true });
    far.on("error", () => {});
    const one = { near, far, gates };
    held.add(one);
    await Promise.all([carry(near, far, gates.up), carry(far, near, gates.down)]);
    near.destroy();
    far.destroy();
    held.delete(one);
  }
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => void take(near));
  const open = async (at: Partial<Target>): Promise<AddressInfo> => {
    server.listen(at.port ?? 0, at.host ?? "127.0.0.1");
    await once(server, "listening");
    return server.address() as AddressInfo;
  };
  const { address: host, port } = await open(listen);
  const destroy = () => {
    for (const { near, far } of held) {
      near.destroy();
      far.destroy();
    }
  };
  const eachGate = (act: (gate: Gate) => void) => {
    for (const { gates } of held) for (const gate of Object.values(gates)) act(gate);
  };
  return {
    host,
    port,
    through(url) {
      const through = new URL(url);
      through.hostname = host.includes(":") ? `[${host}]` : host;
      through.port = String(port);
      return through.href;
    },
    get taken() {
      return taken;
    },
    get held() {
      return held.size;
    },
    cut: destroy,
    silence(direction) {
      for (const { gates } of held) for (const way of direction === undefined ? (["up", "down"] as const) : [direction]) gates[way].seal();
    },
    freeze() {
      frozen = true;
      eachGate((gate) => gate.shut());
    },
    thaw() {
      frozen = false;
      eachGate((gate) => gate.open());
    },
    slow(ms) {
      delayMs = ms;
    },
    async refuse() {
      // The callback of close waits for the connections, too. Those go on, so nobody waits for it.
      server.close();
    },
    async accept() {
      await open({ host, port });
    },
    moveTo(next) {
      to = next;
    },
    async close() {
      if (server.listening) server.close();
      destroy();
    },
  };
}

const ports: Readonly<Record<string, number>> = { "postgres:": 5432, "redis:": 6379, "amqp:": 5672, "http:": 80, "ws:": 80 };

function targetOf(url: string): Target {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || (ports[protocol] ?? 0) };
}
