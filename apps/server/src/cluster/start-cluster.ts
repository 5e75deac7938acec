// This file is a cluster on this machine. It starts its processes, waits until they are ready, and
// stops them all.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Child, type ChildPlan, spawnChild, whenReady } from "./child.ts";
import { type ClusterShape, type PlanOptions, planCluster } from "./plan.ts";
import { dropDatabases, prepareDatabases, requireServers, type ServerUrls } from "./servers.ts";

export interface ClusterOptions {
  readonly shape: ClusterShape;
  readonly servers: ServerUrls;
  readonly prefix: string;
  readonly dataDir: string;
  /** The program that knows `serve <role>`, with its arguments. */
  readonly command: readonly string[];
  /** Drops the databases of an earlier cluster first. */
  readonly fresh?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly readyMs?: number;
  /** The same as in PlanOptions. */
  readonly portOffset?: number;
  /** The same as in PlanOptions. */
  readonly through?: PlanOptions["through"];
  /** Called when a process answers during the start. `ready` processes of `all` answer then. */
  readonly onReady?: (child: Child, ready: number, all: number) => void;
  /**
   * Called when a process ended before the cluster stops. `how` is its exit code, or the name of
   * its signal.
   */
  readonly onDeath?: (child: Child, how: number | string) => void;
  /** Gives up the start when it is aborted. */
  readonly signal?: AbortSignal;
}

export interface Cluster {
  readonly apiKey: string;
  readonly metricsKey: string;
  /** The processes that run now, by name. */
  readonly children: ReadonlyMap<string, Child>;
  /** Stops a process, for good or until `restart`. SIGKILL leaves it no time. */
  end(name: string, signal: NodeJS.Signals): Promise<number | string>;
  /**
   * Starts an ended process again, at its port, and waits until it is ready. It starts a party to
   * come as well. `env` holds settings that the process has from now on, instead of those that it
   * had.
   */
  restart(name: string, env?: Readonly<Record<string, string>>): Promise<Child>;
  /** Stops all processes, callers first. Gives the names of those that did not end with 0. */
  stop(): Promise<readonly string[]>;
  /** Drops the cluster's databases. It is called after `stop`. */
  drop(): Promise<void>;
}

/**
 * The groups in the order in which they stop. A group that asks stops before the group that it
 * asks.
 */
const stopOrder = ["server-party-api", "account", "coordinator", "server-party", "router"];

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { servers, command, readyMs = 60_000 } = options;
  await requireServers(servers);
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const plan = await planCluster({ ...options, dataDir, env: options.env ?? {} });
  await prepareDatabases(servers.postgres, plan.databases, plan.owner, options.fresh ?? false);

  options.signal?.throwIfAborted();
  const plans = new Map([...plan.children, ...plan.later].map((one) => [one.name, one]));
  const children = new Map<string, Child>();
  let stopping = false;
  const start = (one: ChildPlan): Child => {
    const child = spawnChild(one, command, join(dataDir, "logs"));
    children.set(one.name, child);
    void child.ended.then((how) => {
      if (children.get(one.name) === child) children.delete(one.name);
      if (!stopping) options.onDeath?.(child, how);
    });
    return child;
  };
  async function stop(): Promise<readonly string[]> {
    stopping = true;
    const wrong: string[] = [];
    for (const role of stopOrder) {
      const group = [...children.values()].filter((child) => child.role === role);
      await Promise.all(
        group.map(async (child) => {
          const patience = setTimeout(() => child.end("SIGKILL"), 20_000);
          if ((await child.end("SIGTERM")) !== 0) wrong.push(child.name);
          clearTimeout(patience);
        }),
      );
    }
    return wrong;
  }
  const giveUp = () => {
    stopping = true;
    void Promise.all([...children.values()].map((child) => child.end("SIGTERM")));
  };
  options.signal?.addEventListener("abort", giveUp);
  try {
    // All processes start at once. Each waits for what it needs.
    let ready = 0;
    await Promise.all(
      plan.children.map(async (one) => {
        const child = start(one);
        await whenReady(child, readyMs);
        options.onReady?.(child, ++ready, plan.children.length);
      }),
    );
  } catch (error) {
    stopping = true;
    await Promise.all([...children.values()].map((child) => child.end("SIGKILL")));
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", giveUp);
  }
  return {
    apiKey: plan.apiKey,
    metricsKey: plan.metricsKey,
    children,
    async end(name, signal) {
      return (await children.get(name)?.end(signal)) ?? "not running";
    },
    async restart(name, env = {}) {
      const one = plans.get(name);
      if (one === undefined) throw new RangeError(`no process ${name}`);
      const changed = { ...one, env: { ...one.env, ...env } };
      plans.set(name, changed);
      const child = start(changed);
      await whenReady(child, readyMs);
      return child;
    },
    stop,
    drop: () => dropDatabases(servers.postgres, plan.databases),
  };
}
