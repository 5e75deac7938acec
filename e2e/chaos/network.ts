// This file stands between the processes of the cluster and their servers, and between the services
// themselves. It is a proxy for each way, so that each can be broken.
import { type Act, actBy, type Chances, type FrameProxy, frameProxy, type TcpProxy, tcpProxy } from "@covault/testkit/network";
import type { Servers } from "../crash/system.ts";

/**
 * A way. HTTP goes from account services to coordinators. Router stands for the streams of the
 * parties.
 */
export type Line = "PostgreSQL" | "RabbitMQ" | "Redis" | "HTTP" | "router";
export const lines: readonly Line[] = ["PostgreSQL", "RabbitMQ", "Redis", "HTTP", "router"];

/**
 * A way whose other end can be found under another address. After a move, nothing passes through
 * the present connections any more, and new ones go to the new address.
 */
export interface Way extends TcpProxy {
  move(): void;
}

export interface Network {
  /** The servers as the cluster reaches them. */
  readonly servers: Servers;
  through(role: "coordinator" | "router", url: string): Promise<string>;
  readonly proxies: ReadonlyMap<Line, readonly Way[]>;
  /** Sets what becomes of frames between parties and routers from now on. */
  disturbFrames(chances: Chances): void;
  /** Gives the numbers of frames that were disturbed, by what was done to them. */
  fates(): Readonly<Record<Act, number>>;
  close(): Promise<void>;
}

export async function openNetwork(servers: Servers, random: () => number): Promise<Network> {
  const others: TcpProxy[] = [];
  const proxies = new Map<Line, Way[]>(lines.map((line) => [line, []]));
  const frames: FrameProxy[] = [];
  let chances: Chances = {};
  const between = async (line: Line, url: string): Promise<string> => {
    const addresses = [await tcpProxy(url), await tcpProxy(url)];
    others.push(...addresses);
    const proxy = await tcpProxy(addresses[0] as TcpProxy);
    let moves = 0;
    const move = (): void => {
      proxy.moveTo(addresses[++moves % 2] as TcpProxy);
      proxy.silence();
    };
    proxies.get(line)?.push(Object.assign(Object.create(proxy) as TcpProxy, { move }));
    return proxy.through(url).replace(/\/$/, "");
  };
  return {
    servers: {
      postgres: await between("PostgreSQL", servers.postgres),
      rabbitmq: await between("RabbitMQ", servers.rabbitmq),
      redis: await between("Redis", servers.redis),
    },
    async through(role, url) {
      const near = await between(role === "coordinator" ? "HTTP" : "router", url);
      if (role === "coordinator") return near;
      const stream = `${near.replace("http:", "ws:")}/v1/stream`;
      const proxy = await frameProxy({ target: () => stream, decide: () => actBy(chances, random), delayMs: 100 });
      frames.push(proxy);
      return new URL("/", proxy.url).href.replace("ws:", "http:").replace(/\/$/, "");
    },
    proxies,
    disturbFrames(next) {
      chances = next;
    },
    fates() {
      const sum: Record<Act, number> = { pass: 0, drop: 0, twice: 0, late: 0, swap: 0 };
      for (const { fates } of frames) for (const act of Object.keys(sum) as Act[]) sum[act] += fates[act];
      return sum;
    },
    async close() {
      for (const proxy of frames) await proxy.close();
      for (const proxy of [...[...proxies.values()].flat(), ...others]) await proxy.close();
    },
  };
}
