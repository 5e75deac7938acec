// Every later version starts on what a release left (docs/versions.md). The folders below `kept`
// are those of the releases. The system of the present build is kept and started on as well, so
// that the tool which keeps it works on the day of a release.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { withServer } from "../../packages/service-kit/test/real-servers.ts";
import { cleanUp, newDataDir, startSystem } from "../system.ts";
import { layDatabases, type Servers } from "./databases.ts";
import { kept, keptReleases, layFiles, layFolder } from "./folder.ts";
import { keepCluster, keepEmbedded, newPrefix, onCluster } from "./keep.ts";
import { goesOn, type Life } from "./life.ts";

const releases = keptReleases();
/** Where the present build is kept: for good with npm run keep-release, or for this test. */
const present = process.env.KEEP_RELEASE ?? mkdtempSync(join(tmpdir(), "covault-kept-"));
/** Restored parties do not sign for a minute, which is too long for every run of the suite. */
const whole = process.env.KEEP_RELEASE !== undefined || process.env.COVAULT_RELEASES === "whole";
const lifeOf = (folder: string) => JSON.parse(readFileSync(join(folder, "life.json"), "utf8")) as Life;

afterAll(() => {
  cleanUp();
  if (process.env.KEEP_RELEASE === undefined) rmSync(present, { recursive: true, force: true });
});

describe("an embedded system", () => {
  async function startsOn(folder: string): Promise<void> {
    const dataDir = newDataDir();
    await layFolder(folder, dataDir);
    const system = await startSystem({ dataDir });
    expect(system.output()).toContain("Covault is up");
    await goesOn(system.call, lifeOf(folder));
    expect(await system.end("SIGTERM")).toBe(0);
  }

  it("goes on with what the present build left", async () => {
    const folder = join(present, "embedded");
    await keepEmbedded(folder);
    await startsOn(folder);
  }, 300_000);
  it.each(releases)("goes on with what release %s left", (version) => startsOn(join(kept, version, "embedded")), 300_000);
});

await withServer("PostgreSQL", (postgres) =>
  withServer("RabbitMQ", (rabbitmq) => withServer("Redis", (redis) => clusterTests({ postgres, rabbitmq, redis: `${redis}/8` }))),
);

function clusterTests(servers: Servers): void {
  if (!whole && releases.length === 0) return;
  async function startsOn(folder: string): Promise<void> {
    const place = { dataDir: newDataDir(), prefix: newPrefix() };
    layFiles(folder, place.dataDir);
    await layDatabases(folder, servers.postgres, place.prefix);
    await onCluster(servers, place, (call) => goesOn(call, lifeOf(folder)));
  }

  describe("a cluster, whose parties all see that they were restored from a backup", () => {
    it.runIf(whole)(
      "goes on with what the present build left: npm run releases",
      async () => {
        const folder = join(present, "cluster");
        await keepCluster(folder, servers);
        await startsOn(folder);
      },
      300_000,
    );
    it.each(releases)("goes on with what release %s left", (version) => startsOn(join(kept, version, "cluster")), 300_000);
  });
}
