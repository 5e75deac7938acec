// The rotation of a master key: what a former one sealed is sealed anew, whatever happens
// meanwhile.
import { create, toBinary } from "@bufbuild/protobuf";
import { type Entropy, masterIdOf, pairAad, platformEntropy, shareAad, Vault } from "@covault/party";
import { intentIdOf } from "@covault/trust";
import { SignedSchema } from "@covault/wire";
import { beforeAll, beforeEach, expect, it, vi } from "vitest";
import { openBlob, sealBlob } from "../../../packages/party/src/vault/blob.ts";
import { embeddedDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { checkMasterKeys, checkOwner } from "./master-key.ts";
import { type Resealed, reseal } from "./reseal.ts";
import { openSqlStore } from "./store/sql-store.ts";
import type { PartyDatabase } from "./store/tables.ts";

const partyId = "server-party-1";
const [former, current] = [1, 2].map((byte) => new Uint8Array(32).fill(byte)) as [Uint8Array, Uint8Array];
const database = await embeddedDatabase();
let tables: PartyDatabase;
const signed = toBinary(SignedSchema, create(SignedSchema, { body: new Uint8Array(8).fill(7) }));
const intentId = intentIdOf(new Uint8Array(8).fill(7));
const record = new Uint8Array(5).fill(9);
const nameOf = (number: number): Uint8Array => new Uint8Array(Buffer.alloc(32, `key ${number} `));
const [partner, generation] = [2, 1];
const pairIdOf = (number: number): Uint8Array => new Uint8Array(Buffer.alloc(32, `pair ${number} `));
const aadOf = (what: "share" | "pairs", number: number): Uint8Array => {
  const [keyId, epoch] = [nameOf(number), nameOf(number)];
  if (what === "share") return shareAad(partyId, keyId, epoch, record, intentId);
  return pairAad(partyId, { keyId, epoch, partner }, { generation, pairId: pairIdOf(number) });
};
const secretOf = (what: string, number: number): Uint8Array => new Uint8Array(Buffer.from(`${what} ${number}`));

/** Inserts `count` shares with pairs, sealed by `vault` as the party seals them. */
async function insert(vault: Vault, count: number): Promise<void> {
  const { era } = await tables.selectFrom("party").select("era").executeTakeFirstOrThrow();
  const numbers = Array.from({ length: count }, (_, number) => number);
  const sealed = async (what: "share" | "pairs", number: number): Promise<Uint8Array> => {
    const ring = await (what === "share" ? vault.shareKeys : vault.pairKeys).call(vault, nameOf(number), nameOf(number));
    return sealBlob(ring, aadOf(what, number), secretOf(what, number), platformEntropy.bytes(12));
  };
  const common = {
    epoch_number: 0,
    scheme: "ecdsa-secp256k1",
    status: "committed",
    record,
    intent: signed,
    ack: new Uint8Array(1),
  } as const;
  const shares = numbers.map(async (number) => ({
    ...common,
    key_id: nameOf(number),
    epoch: nameOf(number),
    session_id: `ses_${number}`,
    intent_id: Buffer.alloc(32, `intent ${number} `),
    secret: await sealed("share", number),
  }));
  const pairs = numbers.map(async (number) => ({
    key_id: nameOf(number),
    epoch: nameOf(number),
    partner,
    generation,
    era,
    sealed: await sealed("pairs", number),
  }));
  const generations = numbers.map((number) => ({
    ...({ key_id: nameOf(number), epoch: nameOf(number), partner, generation, pair_id: pairIdOf(number), status: "staged" } as const),
    ...{ session_id: `ses_r${number}`, intent_id: Buffer.alloc(32, `renewal ${number} `), intent: signed, ack: signed },
  }));
  await tables.insertInto("generations").values(generations).execute();
  await tables
    .insertInto("shares")
    .values(await Promise.all(shares))
    .execute();
  await tables
    .insertInto("pairs")
    .values(await Promise.all(pairs))
    .execute();
}
async function run(entropy?: Entropy, meanwhile: (sofar: Resealed) => unknown = () => undefined): Promise<Resealed> {
  let last: Resealed = { total: -1, done: -1, unreadable: [] };
  for await (last of reseal(database, partyId, [current, former], entropy)) await meanwhile(last);
  return last;
}
/** Gives what opens under the current key alone. */
async function opened(): Promise<string[]> {
  const vault = await Vault.open(partyId, [current]);
  const found: string[] = [];
  for (const { key_id, epoch, secret } of await tables.selectFrom("shares").selectAll().orderBy("key_id").execute()) {
    const number = Number(Buffer.from(key_id).toString().split(" ")[1]);
    const pairs = await tables.selectFrom("pairs").selectAll().where("key_id", "=", key_id).executeTakeFirstOrThrow();
    const open = async (what: "share" | "pairs", blob: Uint8Array) =>
      openBlob(await (what === "share" ? vault.shareKeys(key_id, epoch) : vault.pairKeys(key_id, epoch)), aadOf(what, number), blob).then(
        (plain) => Buffer.from(plain).toString(),
        () => "closed",
      );
    found.push(await open("share", new Uint8Array(secret)), await open("pairs", new Uint8Array(pairs.sealed)));
  }
  return found;
}
const all = (count: number): string[] => Array.from({ length: count }, (_, number) => [`share ${number}`, `pairs ${number}`]).flat();
const start = async (...masters: Uint8Array[]) =>
  checkMasterKeys(tables, partyId, masters, await Vault.open(partyId, masters), false).then(
    () => "started",
    (error: { message: string }) => error.message,
  );

beforeAll(async () => {
  ({ tables } = await openSqlStore(database, partyId));
});
beforeEach(async () => {
  for (const table of ["pairs", "generations", "shares", "master_keys"] as const) await tables.deleteFrom(table).execute();
});

it("seals shares and pairs anew, and the party then starts without the former key", async () => {
  await insert(await Vault.open(partyId, [former]), 3);
  expect(await start(former)).toBe("started");
  expect(await start(current, former)).toBe("started");
  expect(await start(current)).toContain("6 secrets and 0 running rounds under a former master key");
  expect(await run()).toEqual({ total: 6, done: 6, unreadable: [] });
  expect((await opened()).toSorted()).toEqual(all(3).toSorted());
  await expect(checkOwner(database, partyId, [current])).resolves.toBeUndefined();
  expect(await start(current)).toBe("started");
  // The former key is forgotten. It alone is another store's now.
  expect(await start(former)).toContain("is not the key that the store");
});

it("says how far it is, and goes on where a crash has cut it off", async () => {
  await insert(await Vault.open(partyId, [former]), 120);
  let draws = 0;
  const failing: Entropy = {
    bytes(length) {
      if (++draws > 50) throw new Error("power cut");
      return platformEntropy.bytes(length);
    },
  };
  await expect(run(failing)).rejects.toThrow("power cut");
  expect((await opened()).filter((text) => text !== "closed")).toHaveLength(50);
  const seen: Resealed[] = [];
  expect(await run(undefined, (sofar) => seen.push(sofar))).toEqual({ total: 190, done: 190, unreadable: [] });
  expect(seen.length).toBeGreaterThan(1);
  expect((await opened()).toSorted()).toEqual(all(120).toSorted());
});

it("leaves a row alone that was changed meanwhile, and names the key of one that does not open", async () => {
  await insert(await Vault.open(partyId, [former]), 2);
  await tables
    .updateTable("shares")
    .set({ record: new Uint8Array(1) })
    .where("key_id", "=", nameOf(1))
    .execute();
  let draws = 0;
  // The share is superseded while it is sealed anew: it stays empty.
  const superseding: Entropy = {
    bytes(length) {
      if (++draws === 1)
        emptied = tables
          .updateTable("shares")
          .set({ secret: new Uint8Array(0) })
          .where("key_id", "=", nameOf(0))
          .execute();
      return platformEntropy.bytes(length);
    },
  };
  let emptied: Promise<unknown> = Promise.resolve();
  const { done, unreadable } = await run(superseding);
  await emptied;
  expect(unreadable).toEqual([Buffer.from(nameOf(1)).toString("hex")]);
  // The pairs of both keys are sealed anew, since they are bound to no share.
  expect(done).toBe(2);
  const { secret } = await tables.selectFrom("shares").select("secret").where("key_id", "=", nameOf(0)).executeTakeFirstOrThrow();
  expect(secret).toHaveLength(0);
});

it("names the key of a row whose intent cannot be read, seals what comes after it, and erases the keys of both", async () => {
  await insert(await Vault.open(partyId, [former]), 3);
  await tables
    .updateTable("shares")
    .set({ intent: new Uint8Array(5).fill(255) })
    .where("key_id", "=", nameOf(0))
    .execute();
  await tables
    .updateTable("shares")
    .set({ record: new Uint8Array(1) })
    .where("key_id", "=", nameOf(1))
    .execute();
  const drawn = vi.spyOn(Vault.prototype, "shareKeys");
  const { unreadable } = await run();
  expect(unreadable).toEqual([0, 1].map((number) => Buffer.from(nameOf(number)).toString("hex")));
  const rings = await Promise.all(drawn.mock.results.map(({ value }) => value as ReturnType<Vault["shareKeys"]>));
  drawn.mockRestore();
  expect(
    rings
      .flat()
      .flatMap(({ key }) => [...key])
      .every((byte) => byte === 0),
  ).toBe(true);
  expect((await opened()).filter((text) => text.startsWith("share"))).toEqual(["share 2"]);
});

it("does nothing without a former key, and again when all is done", async () => {
  await insert(await Vault.open(partyId, [current]), 1);
  const [before] = await tables.selectFrom("shares").select("secret").execute();
  expect(await run()).toEqual({ total: 0, done: 0, unreadable: [] });
  const [after] = await tables.selectFrom("shares").select("secret").execute();
  expect(after).toEqual(before);
  expect(masterIdOf(new Uint8Array(before?.secret ?? []))).toEqual((await Vault.open(partyId, [current])).masterIds[0]);
});

it("forgets no key of a store that was used with others alone", async () => {
  expect(await start(former)).toBe("started");
  expect(await start(current)).toContain("is not the key that the store");
});
