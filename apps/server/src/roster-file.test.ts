// These tests change ROSTER_FILE under a process that runs, in each way in which operators and
// their tools change a file.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityKeyFromSeed } from "@covault/channel";
import { CovaultError } from "@covault/errors";
import { openSqlStore, schemaOf } from "@covault/server-party";
import { makeLogger } from "@covault/service-kit/run";
import { keptRosters, rosterTable } from "@covault/service-kit/sql";
import type { LiveRoster, RosterMark, RosterMemory } from "@covault/trust";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { embeddedDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { keepAuditKey } from "./audit-key.ts";
import { formerSecrets, partiesOf, requireFormer } from "./lost-secrets.ts";
import { keptRoster, liveRoster, signRoster } from "./roster.ts";
import { followRoster, rosterText } from "./roster-file.ts";
import { openSecrets } from "./secrets.ts";
import { settingsSchema } from "./settings.ts";

const root = new Uint8Array(randomBytes(32));
const [one, two] = [1, 2].map((byte) => identityKeyFromSeed(new Uint8Array(32).fill(byte)).publicKey) as [Uint8Array, Uint8Array];
const signed = (serial: number, seed = root) =>
  signRoster(seed, {
    serial: BigInt(serial),
    parties: [{ partyId: `p${serial}`, idpk: one, role: "persistent" }],
    initiators: [{ initiatorId: "a", key: two }],
  });
const text = (serial: number, seed = root) => rosterText(signed(serial, seed).signed);

/** A busy machine may give the follower no turn for seconds. */
const patient = { interval: 5, timeout: 20_000 };

let folder: string;
let file: string;
let roster: LiveRoster;
let log: string[];
let end: () => Promise<void>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "covault-roster-"));
  file = join(folder, "roster");
  log = [];
  roster = liveRoster(signed(1));
});
afterEach(async () => {
  await end();
  rmSync(folder, { recursive: true, force: true });
});
const follow = (): void => {
  const logger = makeLogger({ name: "test", level: "info", destination: { write: (line: string) => void log.push(line) } });
  end = followRoster(file, roster, { logger, everyMs: 5, memoryEveryMs: 15 });
};
const reaches = (serial: number) => vi.waitFor(() => expect(roster.serial).toBe(BigInt(serial)), patient);
/**
 * This time is enough for many looks at the file, so that what is wrong is looked at again and
 * again.
 */
const looks = () => new Promise((resolve) => setTimeout(resolve, 60));

it("takes a file that is written over, renamed into place, and swapped by a symlink of its folder as mounted configuration is", async () => {
  writeFileSync(file, text(1));
  follow();
  writeFileSync(file, text(2));
  await reaches(2);
  writeFileSync(`${file}.new`, text(3));
  renameSync(`${file}.new`, file);
  await reaches(3);
  await end();

  for (const at of [3, 4]) {
    mkdirSync(join(folder, `..${at}`));
    writeFileSync(join(folder, `..${at}`, "roster"), text(at));
  }
  const swap = (at: number) => {
    symlinkSync(`..${at}`, join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  };
  swap(3);
  rmSync(file);
  symlinkSync(join("..data", "roster"), file);
  follow();
  swap(4);
  await reaches(4);
  expect(log.filter((line) => line.includes("new roster"))).toHaveLength(3);
});

it.each([
  ["half a file", () => text(2).slice(0, 80), "trust/bad-roster"],
  ["an empty file", () => "", "trust/bad-roster"],
  ["UTF-16", () => Buffer.from(`\ufeff${text(2)}`, "utf16le"), "config/bad-value"],
  ["another root's", () => text(2, new Uint8Array(32).fill(9)), "trust/bad-roster"],
  ["an older one", () => text(0), "trust/roster-not-newer"],
])("%s changes nothing, is said once, and gives way to a good one", async (_what, content, code) => {
  writeFileSync(file, text(1));
  follow();
  writeFileSync(file, content());
  await vi.waitFor(() => expect(roster.refusal?.code).toBe(code), patient);
  await looks();
  expect(roster.current().parties[0]?.partyId).toBe("p1");
  expect(log.filter((line) => line.includes("is not taken"))).toHaveLength(1);
  writeFileSync(file, text(2));
  await reaches(2);
  expect(roster.refusal).toBeUndefined();
});

it("a file that is gone for a while changes nothing, and is followed when it is back", async () => {
  writeFileSync(file, text(1));
  follow();
  rmSync(file);
  await vi.waitFor(() => expect(roster.refusal?.message).toContain("ENOENT"), patient);
  writeFileSync(file, text(1));
  await vi.waitFor(() => expect(roster.refusal).toBeUndefined(), patient);
  rmSync(file);
  await looks();
  writeFileSync(file, text(2));
  await reaches(2);
});

it("a roster that cannot be remembered now is tried again", async () => {
  writeFileSync(file, text(2));
  let isAway = true;
  await roster.keepIn({
    async raise(mark) {
      if (isAway && mark.serial === 2n) throw new CovaultError("database/unavailable", "The database is away.");
      return mark;
    },
  });
  follow();
  await vi.waitFor(() => expect(log.some((line) => line.includes("database is away"))).toBe(true), patient);
  expect(roster.serial).toBe(1n);
  isAway = false;
  await reaches(2);
});

it("a file that never changes is not gone by once another replica has a newer one: that is said once, and ends with the newest file", async () => {
  writeFileSync(file, text(1));
  let kept: RosterMark = { serial: 0n, digest: new Uint8Array() };
  const memory: RosterMemory = {
    async raise(mark) {
      if (mark.serial > kept.serial) kept = mark;
      return kept;
    },
  };
  await roster.keepIn(memory);
  follow();
  await looks();
  expect(roster.current().serial).toBe(1n);
  await liveRoster(signed(3)).keepIn(memory);
  await vi.waitFor(() => expect(roster.current).toThrow("serial 1, and one with serial 3"), patient);
  await looks();
  const said = log.map((line) => JSON.parse(line)).filter(({ msg }) => msg.startsWith("nothing is decided here"));
  expect(said).toMatchObject([{ level: "error", roster_file: file, err: { code: "trust/roster-behind" } }]);
  // One that is newer, and older than the other replica's, is not enough.
  writeFileSync(file, text(2));
  await vi.waitFor(() => expect(log.some((line) => line.includes("is not taken"))).toBe(true), patient);
  expect(roster.current).toThrow("serial 1, and one with serial 3");
  writeFileSync(file, text(3));
  await reaches(3);
  expect(roster.current().serial).toBe(3n);
  await vi.waitFor(() => expect(log.filter((line) => line.includes("the newest again"))).toHaveLength(1), patient);
});

it("a file that was older than the memory's roster is taken when the memory goes back, as that of a restored database does", async () => {
  const none: RosterMark = { serial: 0n, digest: new Uint8Array() };
  let kept = none;
  const memory: RosterMemory = {
    async raise(mark) {
      if (mark.serial > kept.serial) kept = mark;
      return kept;
    },
  };
  writeFileSync(file, text(1));
  await roster.keepIn(memory);
  await liveRoster(signed(3)).keepIn(memory);
  follow();
  writeFileSync(file, text(2));
  await vi.waitFor(() => expect(log.some((line) => line.includes("is not taken"))).toBe(true), patient);
  expect(roster.isBehind).toBe(true);
  kept = none;
  await reaches(2);
  expect(roster.current().serial).toBe(2n);
});

it("the roster of an embedded system keeps its serial over restarts, and rises with another content", () => {
  end = async () => {};
  const parties = (...ids: number[]) => new Map(ids.map((id) => [`server-party-${id}`, new Uint8Array(32).fill(id)]));
  const [asks, later] = [new Uint8Array(32).fill(50), new Uint8Array(32).fill(51)];
  const serialOf = (ids: number[], initiator = asks) => liveRoster(keptRoster(file, root, parties(...ids), initiator)).serial;
  expect([serialOf([1, 2, 3]), serialOf([1, 2, 3]), serialOf([1, 2, 3, 4])]).toEqual([3n, 3n, 4n]);
  expect([serialOf([1, 2]), serialOf([1, 2]), serialOf([1, 2], later)]).toEqual([5n, 5n, 6n]);
});

describe("an embedded system that was used", () => {
  const parties = new Map([1, 2, 3].map((id) => [`server-party-${id}`, new Uint8Array(32).fill(id)]));
  const [asks, later] = [new Uint8Array(32).fill(50), new Uint8Array(32).fill(51)];
  const used: RosterMark = { serial: 3n, digest: new Uint8Array(32).fill(7) };
  const refused = (name: string) => expect.objectContaining({ code: "config/other-key", message: expect.stringContaining(name) });
  const said = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      return error;
    }
  };
  beforeEach(() => {
    end = async () => {};
  });

  it("refuses another initiator key and another identity of a party by name, and signs nothing then", () => {
    keptRoster(file, root, parties, asks);
    const before = readFileSync(file, "utf8");
    const other = new Map([...parties, ["server-party-2", new Uint8Array(32).fill(9)]]);
    expect(said(() => keptRoster(file, root, parties, later, [used]))).toEqual(refused("INITIATOR_KEY"));
    expect(said(() => keptRoster(file, root, other, asks, [used]))).toEqual(refused("secrets/parties/server-party-2"));
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(liveRoster(keptRoster(file, root, new Map([...parties, ["server-party-4", root]]), asks, [used])).serial).toBe(4n);
    // Nothing is known to have been used with it.
    expect(liveRoster(keptRoster(file, root, parties, later)).current().initiators).toHaveLength(1);
  });

  it("takes another initiator key that its operator has put into the roster, and keeps the former one there", () => {
    keptRoster(file, root, parties, asks);
    const initiators = [
      { initiatorId: "account", key: identityKeyFromSeed(asks).publicKey, retiredAtMs: 1n },
      { initiatorId: "account", key: identityKeyFromSeed(later).publicKey },
    ];
    const entries = [...parties].map(([partyId, seed]) => ({ partyId, idpk: identityKeyFromSeed(seed).publicKey, role: "persistent" }));
    writeFileSync(file, rosterText(signRoster(root, { serial: 8n, parties: entries, initiators }).signed));
    const live = liveRoster(keptRoster(file, root, parties, later, [used]));
    expect(live.serial).toBe(8n);
    expect(live.current().initiators.map(({ retiredAtMs }) => retiredAtMs)).toEqual([1n, 0n]);
    // Its next content has both as well.
    const next = liveRoster(keptRoster(file, root, new Map([...parties, ["server-party-4", root]]), later, [used]));
    expect([next.serial, next.current().initiators.length]).toEqual([9n, 2]);
  });

  it("refuses another audit key, which it remembers by its public key", () => {
    const kept = join(folder, "audit-key");
    for (const wasUsed of [false, true]) keepAuditKey(kept, asks, wasUsed);
    const before = readFileSync(kept, "utf8");
    expect(before.trim()).toBe(Buffer.from(identityKeyFromSeed(asks).publicKey).toString("hex"));
    expect(said(() => keepAuditKey(kept, later, true))).toEqual(refused("AUDIT_KEY"));
    expect(readFileSync(kept, "utf8")).toBe(before);
    keepAuditKey(kept, later, false);
    expect(() => keepAuditKey(kept, later, true)).not.toThrow();
  });
});

describe("the roster of an embedded system whose file is gone or older than its databases", () => {
  const parties = new Map([1, 2, 3].map((id) => [`server-party-${id}`, new Uint8Array(32).fill(id)]));
  const asks = new Uint8Array(32).fill(50);
  const kept = (...marks: RosterMark[]) => liveRoster(keptRoster(file, root, parties, asks, marks));
  /** Gives what a database keeps after it has gone by the roster. */
  async function markOf(live: LiveRoster): Promise<RosterMark> {
    let mark: RosterMark | undefined;
    await live.keepIn({ raise: async (given) => (mark = given) });
    return mark as RosterMark;
  }
  const other = (serial: bigint): RosterMark => ({ serial, digest: new Uint8Array(32).fill(7) });
  beforeEach(() => {
    end = async () => {};
  });

  it("is the same one again when the databases have no other one", async () => {
    const mark = await markOf(kept());
    rmSync(file);
    expect(kept(mark, mark).serial).toBe(3n);
    expect(kept(mark).serial).toBe(3n);
  });

  it.each([
    ["gone", () => rmSync(file)],
    ["half there", () => writeFileSync(file, rosterText(new Uint8Array(40).fill(3)))],
    ["an older one", () => {}],
    ["another root's", () => writeFileSync(file, text(5, new Uint8Array(32).fill(9)))],
  ])("has a serial above every database's when the file is %s, and keeps it from then on", (_what, lose) => {
    kept();
    lose();
    const marks = [other(8n), other(9n), other(2n)];
    expect(kept(...marks).serial).toBe(10n);
    expect(kept(...marks).serial).toBe(10n);
  });

  it("has a higher serial than another roster with its own", () => {
    expect(kept(other(3n)).serial).toBe(4n);
  });
});

describe("the secrets of an embedded system that was used", () => {
  const former = [
    { name: "root_key" },
    { name: "row_key", given: root },
    { name: "audit_key" },
    { name: join("parties", "server-party-1") },
  ];
  beforeEach(() => {
    end = async () => {};
  });

  it("are refused when any is gone, with all names and what each costs, and nothing is made", () => {
    const secrets = openSecrets(folder);
    secrets.key("audit_key");
    let told: unknown;
    try {
      requireFormer(secrets, former);
    } catch (error) {
      told = error;
    }
    const lost = [join(folder, "secrets", "root_key"), join(folder, "secrets", "parties", "server-party-1")];
    expect(told).toMatchObject({ code: "config/lost-secret", message: expect.stringContaining(`no ${lost.join(", no ")}.`) });
    expect((told as CovaultError).hint).toMatch(/backup.*root's public key.*Without parties.server-party-1.*empty folder/);
    expect(secrets.made).toHaveLength(1);
    for (const path of lost) expect(existsSync(path)).toBe(false);
  });

  it("are taken when all are there, or given by the environment", () => {
    const secrets = openSecrets(folder);
    for (const { name, given } of former) secrets.key(name, given);
    expect(() => requireFormer(secrets, former)).not.toThrow();
  });

  it("include the key of every party that has worked with the database, also of one that no setting and no file names", async () => {
    const database = await embeddedDatabase();
    try {
      for (const id of ["server-party-4", "party_5"]) {
        await openSqlStore(database, id);
        await rosterTable(database, schemaOf(id)).raise({ serial: 1n, digest: root });
      }
      const worked = await partiesOf(database, (await keptRosters(database)).keys());
      expect([...worked].sort()).toEqual(["party_5", "server-party-4"]);
      const settings = settingsSchema.parse({});
      const secrets = openSecrets(folder);
      for (const { name } of formerSecrets(settings, [])) secrets.key(name);
      expect(() => requireFormer(secrets, formerSecrets(settings, worked))).toThrow(/parties.party_5.*parties.server-party-4/);
      for (const id of worked) secrets.key(join("parties", id));
      requireFormer(secrets, formerSecrets(settings, worked));
      // The roster names the three parties of every system, whichever of them work here.
      rmSync(join(folder, "secrets", "parties", "server-party-3"));
      const two = settingsSchema.parse({ EMBEDDED_PARTIES: "server-party-1,server-party-2" });
      expect(() => requireFormer(secrets, formerSecrets(two, ["server-party-1", "server-party-2"]))).toThrow("server-party-3");
    } finally {
      await database.close();
    }
  });
});
