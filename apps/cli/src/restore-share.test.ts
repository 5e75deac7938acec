// The commands covault party backups and restore-share, on the database of a real party in the data
// folder that its operator names, and with the documents that it has sealed itself.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Lifecycle, said } from "../../../packages/party/test/lifecycle.ts";
import { renew } from "../../../packages/party/test/renewing.ts";
import { openDatabase } from "../../../packages/service-kit/src/sql/index.ts";
import { layDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { type CopyableStore, seeded, World } from "../../../packages/testkit/src/index.ts";
import type { Certificate } from "../../../packages/wire/src/index.ts";
import { openSqlStore, schemaOf } from "../../../services/server-party/src/index.ts";
import { checkMasterKeys } from "../../../services/server-party/src/master-key.ts";
import { signRoster } from "../../server/src/roster.ts";
import { rosterText } from "../../server/src/roster-file.ts";
import { run } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "covault-restore-share-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const partyId = "party-2";
const master = seeded("master-2").bytes(32);
const env = {
  DATA_DIR: at("data"),
  ROSTER_FILE: at("roster"),
  CRYPTO_MASTER_KEY: Buffer.from(master).toString("hex"),
} as Record<string, string>;

async function covault(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text), env };
  return { code: await run(args, terminal), out: out.join(""), err: err.join("") };
}
const restore = (file: string, ...more: string[]) =>
  covault("party", "restore-share", partyId, "acc_test", file, "--key", at("key"), ...more);
const documents = (): readonly string[] => readdirSync(at("out")).map((name) => join(at("out"), name));

let life: Lifecycle;
let close: () => Promise<void>;

/** The party's process, on its database. */
async function start(): Promise<void> {
  const database = await openDatabase({ kind: "pglite", dir: env.DATA_DIR as string });
  const { store, tables } = await openSqlStore(database, partyId);
  const actor = life.world.actor(2);
  await checkMasterKeys(tables, partyId, [master], actor.vault, false);
  Object.assign(actor, { store: store as CopyableStore });
  await life.world.boot(2);
  close = async () => {
    await actor.party.stop();
    await database.close();
  };
}
async function inDatabase(statement: string): Promise<void> {
  const database = await openDatabase({ kind: "pglite", dir: env.DATA_DIR as string });
  await database.pool.query(statement).finally(() => database.close());
}

beforeAll(async () => {
  await layDatabase(env.DATA_DIR as string);
  const { public_key } = JSON.parse((await covault("backup", "key", at("key"), "--json")).out);
  await covault("backup", "key", at("other key"));
  const recipients = [new Uint8Array(Buffer.from(public_key, "hex"))];
  const world = await World.create({ seed: "cli restore share", backupsOf: () => ({ recipients }) });
  const { serial, parties, initiators } = world.roster;
  const signed = signRoster(new Uint8Array(32).fill(1), { serial, parties, initiators });
  writeFileSync(at("roster"), rosterText(signed.signed));
  env.ROOT_PUBLIC_KEY = Buffer.from(signed.rootKey).toString("hex");
  life = new Lifecycle(world, { scheme: "ecdsa-secp256k1", certificate: undefined as unknown as Certificate });
  await start();
  const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
  await world.hub.settle();
  for (const { party } of world.actors.values()) await party.idle();
  life.certificates = [session.certificate as Certificate];
  await close();
}, 120_000);

it("a party that has lost the row of a share gets it from its sealed backup, and signs when its pair is renewed", async () => {
  const listed = await covault("party", "backups", partyId, "--out", at("out"), "--json");
  const keyId = Buffer.from(life.key.charter.keyId).toString("hex");
  const [file] = documents() as [string];
  expect(JSON.parse(listed.out)).toMatchObject({
    party_id: partyId,
    backups: [{ key_id: keyId, epoch_number: 0, file: file.slice(at("out").length + 1) }],
  });
  expect([statSync(file).mode & 0o777, (await covault("backup", "check", at("out"))).out]).toEqual([
    0o600,
    expect.stringContaining("1 of 2 needed"),
  ]);

  const refused = async (told: string, ...args: Parameters<typeof restore>) => {
    const { code, out, err } = await restore(...args);
    expect([code, out, err]).toEqual([2, "", expect.stringContaining(told)]);
  };
  await refused("party/share-held", file);
  await inDatabase(`DELETE FROM "${schemaOf(partyId)}".shares`);
  // What the store has sealed is there as long as nobody has committed anything else.
  expect((await covault("party", "backups", partyId)).out).toContain(keyId.slice(0, 8));
  await refused("backup/foreign", at("roster"));
  const wrong = await covault("party", "restore-share", partyId, "acc_test", file, "--key", at("other key"));
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("backup/wrong-key")]);
  const account = await covault("party", "restore-share", partyId, "acc_other", file, "--key", at("key"));
  expect([account.code, account.err]).toEqual([2, expect.stringContaining("backup/other-share")]);
  await refused("backup/epoch-behind", file, "--epoch", "1");
  // The party has gone by a newer roster, in which it may have another identity key, or none.
  const { serial } = life.world.roster;
  await inDatabase(`UPDATE "${schemaOf(partyId)}".roster SET serial = ${serial + 1n}`);
  await refused("trust/roster-not-newer", file);
  await inDatabase(`UPDATE "${schemaOf(partyId)}".roster SET serial = ${serial}`);

  const { code, out, err } = await restore(file);
  expect([code, out]).toEqual([0, expect.stringContaining("The share is back")]);
  const [line = ""] = err.split("\n").filter((each) => each.startsWith("{"));
  expect(JSON.parse(line)).toMatchObject({
    ...{ level: "warn", msg: "share restored from a sealed backup", party_id: partyId, account_id: "acc_test" },
    ...{ key_id: keyId, epoch: 0, share_index: 2 },
  });
  const { secret_key } = JSON.parse(readFileSync(at("key"), "utf8"));
  expect(out + err).not.toContain(secret_key);

  await start();
  const { coordinator, hub } = life.world;
  const first = await life.signs([1, 2]);
  expect([[...new Set(said(first))], first.signatures]).toEqual([["party/pairs-missing"], []]);
  coordinator.cancel(first);
  await hub.settle();
  expect(
    said(
      await renew(life, [1, 2], (action) => {
        action.oldPairId = new Uint8Array(32);
      }),
    ),
  ).toEqual([]);
  const again = await life.signs([1, 2], 2);
  expect([said(again), again.signatures.length]).toEqual([[], 2]);
  await close();
}, 120_000);

it("a party that has lost everything needs to be told the key's epoch, and is told of a repair", async () => {
  const [file] = documents() as [string];
  for (const table of ["shares", "certificates", "generations", "pairs"])
    await inDatabase(`TRUNCATE "${schemaOf(partyId)}".${table} CASCADE`);
  const { code, err } = await restore(file);
  expect([code, err]).toEqual([2, expect.stringContaining("backup/epoch-unknown")]);
  expect(err).toContain("repair");
  const other = await covault("party", "restore-share", "party-3", "acc_test", file, "--key", at("key"));
  expect([other.code, other.err]).toEqual([2, expect.stringContaining("no store of party-3")]);
  // The recipient's key stays where it is: the share is opened there.
  expect(await covault("backup", "open", file, "--key", at("key"), "--out", at("share"))).toMatchObject({ code: 0 });
  const byShare = (...more: string[]) => covault("party", "restore-share", partyId, "acc_test", file, "--epoch", "0", ...more);
  expect(await byShare()).toMatchObject({ code: 2, err: expect.stringContaining("either --share FILE or --key FILE") });
  expect(await byShare("--share", at("key"))).toMatchObject({ code: 2, err: expect.stringContaining("has no share") });
  const { share } = JSON.parse(readFileSync(at("share"), "utf8"));
  writeFileSync(at("another share"), JSON.stringify({ share: `00${share.slice(2)}` }));
  const another = await byShare("--share", at("another share"));
  expect([another.code, another.err]).toEqual([2, expect.stringContaining("backup/other-share")]);
  const { code: done, out, err: log } = await byShare("--share", at("share"));
  expect(done).toBe(0);
  expect(out + log).not.toContain(share);
}, 120_000);
