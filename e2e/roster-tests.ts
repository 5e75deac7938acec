// These tests change the roster under a running cluster. A party is added, one is removed and comes
// back, the initiator's key is rotated, and an old roster is put back. Each new roster comes as
// mounted configuration does, by the swap of a symlink.
import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { identityKeyFromSeed } from "@covault/channel";
import type { Cluster } from "@covault/server";
import { recoverAddress } from "viem";
import { expect, it, vi } from "vitest";
import { type RosterContent, signRoster } from "../apps/server/src/roster.ts";
import { rosterText } from "../apps/server/src/roster-file.ts";
import { openSecrets } from "../apps/server/src/secrets.ts";

export interface RunningCluster {
  readonly cluster: Cluster;
  /** The cluster's folder of secrets, whose file `roster` is the ROSTER_FILE of every process. */
  readonly dataDir: string;
  /** The program `covault`. */
  readonly covault: string;
}
interface Account {
  readonly id: string;
  readonly addresses: { readonly evm: `0x${string}` };
}
type Answer = { readonly status: number; readonly body: Record<string, unknown> & Account };

const partyIds = [1, 2, 3, 4].map((number) => `server-party-${number}`);

/**
 * The cluster has two replicas of account service and coordinator, three parties, and
 * `server-party-4` to come.
 */
export function rosterTests(running: () => RunningCluster): void {
  let serial = 100n;
  let account: Account;
  let initiators: NonNullable<RosterContent["initiators"]>;
  const secrets = () => openSecrets(running().dataDir);
  const publicKey = (name: string) => identityKeyFromSeed(secrets().key(name)).publicKey;

  /** Writes a roster into a folder of its own. */
  function write(number: bigint, parties: readonly string[]): string {
    const file = join(running().dataDir, "rosters", String(number), "roster");
    const listed = parties.map((partyId) => ({ partyId, idpk: publicKey(join("identities", partyId)), role: "persistent" }));
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, rosterText(signRoster(secrets().key("root_key"), { serial: number, parties: listed, initiators }).signed));
    return file;
  }
  function link(path: string, to: string): void {
    symlinkSync(to, `${path}.tmp`);
    renameSync(`${path}.tmp`, path);
  }
  /** ROSTER_FILE is a link below a link to a folder, and the link to the folder is swapped. */
  function swap(parties: readonly string[]): bigint {
    serial += 1n;
    write(serial, parties);
    const { dataDir } = running();
    link(join(dataDir, "rosters", "current"), String(serial));
    if (serial === 101n) link(join(dataDir, "roster"), join("rosters", "current", "roster"));
    return serial;
  }
  async function covault(
    ...words: string[]
  ): Promise<{ readonly code: number | null; readonly body: Record<string, unknown>; readonly text: string }> {
    const { cluster, covault: program } = running();
    const { children, apiKey } = cluster;
    const urls = { COVAULT_URL: children.get("account-1")?.url, COVAULT_COORDINATOR_URL: children.get("coordinator-1")?.url };
    const env = { ...children.get("account-1")?.env, ...urls, MPC_API_KEY: apiKey, PATH: process.env.PATH ?? "" };
    const child = spawn(process.execPath, [program, ...words, "--json"], { cwd: running().dataDir, env });
    const out = { text: "", errors: "" };
    child.stdout.on("data", (chunk) => (out.text += chunk));
    child.stderr.on("data", (chunk) => (out.errors += chunk));
    const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
    return { code, body: out.text === "" ? {} : JSON.parse(out.text), text: out.text + out.errors };
  }
  /** Asks until every process says that it has the roster. */
  async function allHave(number: bigint): Promise<void> {
    const { children } = running().cluster;
    const others = [...children.values()].filter(({ role }) => role !== "server-party-api").map(({ url }) => url);
    let last: unknown;
    await vi.waitFor(
      async () => {
        const { code, body, text } = await covault("roster", "status", "--serial", String(number), ...others);
        last = text;
        expect([code, body.complete], text).toEqual([0, true]);
      },
      { timeout: 40_000, interval: 500 },
    );
    expect(last).toContain(String(number));
  }
  async function post(service: string, path: string, body: object): Promise<Answer> {
    const { cluster } = running();
    const response = await fetch(`${cluster.children.get(service)?.url}/api/v1/accounts${path}`, {
      method: "POST",
      headers: { "x-api-key": cluster.apiKey, "content-type": "application/json", "idempotency-key": randomUUID() },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Answer["body"] };
  }
  async function get(service: string, path: string): Promise<Record<string, unknown>> {
    const { cluster } = running();
    const response = await fetch(`${cluster.children.get(service)?.url}/api/v1${path}`, { headers: { "x-api-key": cluster.apiKey } });
    return (await response.json()) as Record<string, unknown>;
  }
  async function create(threshold_n: number): Promise<Account> {
    const { status, body } = await post("account-1", "", { user_id: "roster", threshold_t: 2, threshold_n });
    expect(status, JSON.stringify(body)).toBe(201);
    return body;
  }
  const holders = async ({ id }: Account) =>
    ((await get("account-2", `/accounts/${id}`)).parties as { party_id: string }[]).map(({ party_id }) => party_id);
  /** Signs, and gives the parties that signed. Throws when it is no signature of the account. */
  async function sign(of: Account, service: string): Promise<string[]> {
    const hash = `0x${randomBytes(32).toString("hex")}` as const;
    const { status, body } = await post(service, `/${of.id}/sign`, { message: hash });
    expect(status, JSON.stringify(body)).toBe(200);
    const { signature, session_id } = body as unknown as { signature: { hex: `0x${string}` }; session_id: string };
    expect(await recoverAddress({ hash, signature: signature.hex })).toBe(of.addresses.evm);
    const { parties } = (await get("coordinator-1", `/sessions/${session_id}`)) as { parties: { party_id: string; state: string }[] };
    return parties.filter(({ state }) => state === "signed").map(({ party_id }) => party_id);
  }
  /**
   * Signs without a pause while `change` happens. `where` names the account service that is asked
   * next.
   */
  async function whileSigning(change: () => Promise<void>, where: () => string): Promise<number> {
    let isOver = false;
    const signing = (async () => {
      let count = 0;
      for (; !isOver || count === 0; count++) await sign(account, where());
      return count;
    })();
    // A failure ends the stream of signatures, and the change with it.
    await Promise.race([change(), signing]);
    isOver = true;
    return signing;
  }

  it("a party that a new roster adds takes part in the next key generation, and nothing restarts", async () => {
    const before = [...running().cluster.children.values()].map(({ pid }) => pid);
    initiators = [{ initiatorId: "account", key: publicKey("initiator_key") }];
    account = await create(3);
    expect(await holders(account)).toEqual(partyIds.slice(0, 3));
    const added = swap(partyIds);
    await running().cluster.restart("server-party-4");
    await allHave(added);
    expect(await holders(await create(4))).toEqual(partyIds);
    expect([...running().cluster.children.values()].map(({ pid }) => pid)).toEqual(expect.arrayContaining(before));
  }, 120_000);

  it("a removed party is in no new quorum and signatures go on without a failure; its acknowledgements still count", async () => {
    let removed = 0n;
    const first = partyIds[0] as string;
    const all = partyIds.filter((id) => id !== first);
    const count = await whileSigning(
      async () => {
        removed = swap(all);
        await allHave(removed);
      },
      () => "account-1",
    );
    expect(count).toBeGreaterThan(0);
    for (const service of ["account-1", "account-2", "account-1"]) expect(await sign(account, service)).not.toContain(first);
    // The certificate of the account's key has an acknowledgement of the removed party. It opens at
    // a service that opens it anew.
    expect(await holders(account)).toContain(first);
    expect(await holders(await create(3))).toEqual(all);

    const { code, body, text } = await covault("party", "accounts", first);
    expect(code, text).toBe(0);
    const listed = body.accounts as { account_id: string; verdict: string; advice: string; left: string[] }[];
    expect(listed.find(({ account_id }) => account_id === account.id)).toMatchObject({
      verdict: "signs",
      left: partyIds.slice(1, 3),
      advice: expect.stringContaining("signs on with server-party-2, server-party-3"),
    });
    await allHave(swap(partyIds));
    expect(await sign(account, "account-2")).toHaveLength(2);
  }, 150_000);

  it("the initiator's key is rotated without a restart of any party, and without a failed request", async () => {
    const parties = () => [...running().cluster.children.values()].filter(({ role }) => role === "server-party").map(({ pid }) => pid);
    const before = parties();
    const coming = new Uint8Array(randomBytes(32));
    const [former] = initiators as [RosterContent["initiators"][number]];
    initiators = [former, { initiatorId: "account", key: identityKeyFromSeed(coming).publicKey }];
    const { cluster } = running();
    let asked = "account-2";
    await whileSigning(
      async () => {
        await allHave(swap(partyIds));
        for (const [name, other] of [
          ["account-1", "account-2"],
          ["account-2", "account-1"],
        ] as const) {
          asked = other;
          await cluster.end(name, "SIGTERM");
          await cluster.restart(name, { INITIATOR_KEY: Buffer.from(coming).toString("hex") });
        }
        initiators = [{ ...former, retiredAtMs: BigInt(Date.now()) }, ...initiators.slice(1)];
        await allHave(swap(partyIds));
      },
      () => asked,
    );
    for (const service of ["account-1", "account-2"]) expect(await sign(account, service)).toHaveLength(2);
    expect(await holders(await create(4))).toEqual(partyIds);
    expect(parties()).toEqual(before);
  }, 180_000);

  it("account service, coordinator and party do not start with the roster of before", async () => {
    const { cluster, dataDir } = running();
    const roster = join(dataDir, "roster");
    const old = write(50n, partyIds);
    await Promise.all(
      ["account-2", "coordinator-2", "server-party-3-replica-2"].map(async (name) => {
        await cluster.end(name, "SIGTERM");
        await expect(cluster.restart(name, { ROSTER_FILE: old }), name).rejects.toThrow(/trust\/roster-not-newer|serial 50/);
        await cluster.restart(name, { ROSTER_FILE: roster });
      }),
    );
  }, 90_000);
}
