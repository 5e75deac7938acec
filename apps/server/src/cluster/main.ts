// `covault cluster`: a production-shaped system on one machine, on the PostgreSQL, RabbitMQ and Redis that run there. Makes keys, signs,
// shows what runs where, and stays up until Ctrl-C.
import { createHash, randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { CovaultError } from "@covault/errors";
import { environment, readConfig, urlForms, urlVariable } from "@covault/service-kit";
import { z } from "zod";
import { explain } from "../explain.ts";
import { verifiedByOpenssl } from "../first-light.ts";
import { type Cluster, startCluster } from "./start-cluster.ts";

/** Read from the environment and `.env`. */
export const clusterSettings = z.object({
  DATA_DIR: z.string().default("./data"),
  CLUSTER_POSTGRES_URL: urlVariable(urlForms.postgres).default("postgres://postgres@127.0.0.1:5432/postgres"),
  RABBITMQ_URL: urlVariable(urlForms.rabbitmq).default("amqp://guest:guest@127.0.0.1:5672"),
  REDIS_URL: urlVariable(urlForms.redis).default("redis://127.0.0.1:6379/4"),
});
const shape = { accounts: 2, coordinators: 2, routers: 2, parties: [1, 1, 1, 1, 2] };
const print = (line: string): void => void process.stdout.write(`${line}\n`);

export interface ClusterCommand {
  /** Exit after the first signatures. */
  readonly once?: boolean;
  /** Drop the databases of earlier runs first. */
  readonly fresh?: boolean;
}

/** Resolves with the exit code. */
export async function cluster({ once = false, fresh = false }: ClusterCommand): Promise<number> {
  let running: Cluster | undefined;
  let code = 0;
  const interrupt = new AbortController();
  const interrupted = new Promise<void>((wake) => interrupt.signal.addEventListener("abort", () => wake()));
  // Again and again: under npm, Ctrl-C arrives twice. Parts that do not stop are killed after their time.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupt.abort());
  try {
    const settings = readConfig(clusterSettings, environment(".env"));
    const dataDir = join(resolve(settings.DATA_DIR), "cluster");
    print("Covault cluster: every service and party a process of its own. All on one machine: a trial, not custody.");
    const started = performance.now();
    running = await startCluster({
      shape,
      servers: { postgres: settings.CLUSTER_POSTGRES_URL, rabbitmq: settings.RABBITMQ_URL, redis: settings.REDIS_URL },
      prefix: "covault_cluster",
      dataDir,
      fresh,
      command: [process.execPath, ...process.execArgv, process.argv[1] ?? ""],
      signal: interrupt.signal,
      onDeath({ name, pid }, how) {
        const log = join(dataDir, "logs", `${name}.log`);
        process.stderr.write(`${name} (pid ${pid}) has died: ${typeof how === "number" ? `exit code ${how}` : how}. Its log: ${log}\n`);
      },
    });
    print(`Started in ${Math.round(performance.now() - started)} ms.`);
    table(running);
    print(`  databases covault_cluster_*, logs ${join(dataDir, "logs")}`);
    print(`  API key   ${running.apiKey}`);
    print("");
    const account = await firstSignatures(running);
    print("");
    if (!once) {
      doItAgain(running, account);
      print("The cluster is up. Ctrl-C stops it.");
      await interrupted;
    }
  } catch (error) {
    process.stderr.write(interrupt.signal.aborted ? "Interrupted.\n" : `${explain(error)}\n`);
    code = 1;
  }
  if (running !== undefined) {
    const wrong = await running.stop();
    if (wrong.length > 0) {
      process.stderr.write(`Did not stop in order: ${wrong.join(", ")}.\n`);
      code = 1;
    } else print("Everything is stopped.");
  }
  return code;
}

function table({ children }: Cluster): void {
  const rows = [...children.values()].map(({ name, pid, url }) => [name, String(pid), url] as const);
  const [nameWidth, pidWidth] = [0, 1].map((at) => Math.max(...rows.map((row) => (row[at] ?? "").length), 4));
  print(`  ${"what".padEnd(nameWidth ?? 0)}  ${"pid".padStart(pidWidth ?? 0)}  where`);
  for (const [name, pid, url] of rows) print(`  ${name.padEnd(nameWidth ?? 0)}  ${pid.padStart(pidWidth ?? 0)}  ${url}`);
}

interface Account {
  readonly id: string;
  readonly public_key: string;
  readonly addresses: { readonly evm: string };
}

/** A key of each shape, made through one account service, and signatures with it through the other. */
async function firstSignatures({ apiKey, children }: Cluster): Promise<Account> {
  const services = accountServices(children);
  let last: Account | undefined;
  const post = async <T>(at: number, path: string, body: object): Promise<T> => {
    const response = await fetch(`${services[at % services.length]?.url}${path}`, {
      method: "POST",
      headers: { "x-api-key": apiKey, "content-type": "application/json", "idempotency-key": randomUUID() },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as T & { code?: string; message?: string };
    if (!response.ok) throw new CovaultError("http/unavailable", `${path} answered ${response.status} ${answer.code}: ${answer.message}`);
    return answer;
  };
  for (const [threshold, parties] of [
    [2, 3],
    [3, 5],
  ]) {
    const asked = performance.now();
    const account = await post<Account>(0, "/api/v1/accounts", { user_id: "cluster", threshold_t: threshold, threshold_n: parties });
    print(
      `${threshold}-of-${parties} key in ${Math.round(performance.now() - asked)} ms: account ${account.id}, EVM address ${account.addresses.evm}`,
    );
    last = account;
    for (const at of [0, 1]) {
      const message = `Covault cluster, signature ${at + 1}`;
      const digest = createHash("sha256").update(message).digest("hex");
      const began = performance.now();
      const { signature } = await post<{ signature: { r: string; s: string; hex: string } }>(
        at + 1,
        `/api/v1/accounts/${account.id}/sign`,
        {
          digest: `0x${digest}`,
        },
      );
      const ms = Math.round(performance.now() - began);
      if (!verifiedByOpenssl(account.public_key, message, signature.r, signature.s))
        throw new CovaultError("http/internal", `OpenSSL does not accept the signature ${signature.hex}.`);
      print(`  signed in ${ms} ms through ${services[(at + 1) % services.length]?.name}, verified by OpenSSL`);
    }
  }
  return last as Account;
}

function doItAgain({ apiKey, children }: Cluster, { id }: Account): void {
  const url = accountServices(children)[0]?.url;
  const digest = createHash("sha256").update("Covault cluster").digest("hex");
  const post = (path: string, body: object) =>
    print(
      `  curl -X POST ${url}/api/v1/accounts${path} -H "X-API-Key: $KEY" -H 'content-type: application/json' -d '${JSON.stringify(body)}'`,
    );
  print("Do it again:");
  print(`  KEY=${apiKey}`);
  post("", { user_id: "user123" });
  post(`/${id}/sign`, { digest: `0x${digest}` });
  print("");
}

const accountServices = (children: Cluster["children"]) => [...children.values()].filter((child) => child.role === "account");
