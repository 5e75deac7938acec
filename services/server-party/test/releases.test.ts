// Databases of earlier releases: the party opens what was sealed then, its share is the one that the certificate names, and what it must not
// forget is there.
import { createECDH, createHash } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import { protocols, type Store, type StoredShare, Vault } from "@covault/party";
import { intentIdOf, verifyCertificate } from "@covault/verify";
import { IntentSchema, JoinStatementSchema, SignedSchema } from "@covault/wire";
import { expect } from "vitest";
import { decodePairs, decodeRecord, decodeSecret } from "../../../packages/mpc/src/dkls23/index.ts";
import { decodeContext } from "../../../packages/party/src/session/attempt.ts";
import { openBlob } from "../../../packages/party/src/vault/blob.ts";
import { roundContext, shareContext } from "../../../packages/party/src/vault/vault.ts";
import { releasesContract } from "../../../packages/service-kit/test/releases-contract.ts";
import { initiator } from "../../account/test/trust.ts";
import { checkMasterKeys } from "../src/master-key.ts";
import { openSqlStore, schemaOf } from "../src/store/sql-store.ts";

const partyId = "server-party-1";
const hash = (text: string): Uint8Array => new Uint8Array(createHash("sha256").update(text).digest());
const masterKey = hash(`master key of ${partyId}`);

await releasesContract({
  schema: schemaOf(partyId),
  folder: new URL("../", import.meta.url),
  async use(database) {
    const { store, tables } = await openSqlStore(database, partyId);
    await checkMasterKeys(tables, partyId, [masterKey]);
    await expect(checkMasterKeys(tables, partyId, [hash("another")])).rejects.toMatchObject({ code: "party/wrong-master-key" });
    const vault = await Vault.open(partyId, [masterKey]);

    const { key_id } = await tables.selectFrom("shares").select("key_id").where("status", "=", "committed").executeTakeFirstOrThrow();
    const committed = (await store.committedShare(key_id)) as StoredShare;
    const { keyId, publicKey } = verifyCertificate(committed.certificate as Uint8Array, {
      initiatorKeys: [initiator.publicKey],
      intentId: intentIdOf(fromBinary(SignedSchema, committed.intent).body),
    });
    expect([keyId, publicKey]).toEqual([committed.keyId, decodeRecord(committed.record).publicKey]);
    const staged = await store.stagedShares();
    expect(staged).toHaveLength(1);
    for (const share of [committed, ...staged]) await opens(store, vault, share);

    expect(await store.burned(committed.epoch)).toEqual([2]);
    const checked = await tables.selectFrom("checks").selectAll().executeTakeFirstOrThrow();
    expect((await store.strikes(committed.epoch, Number(checked.at_ms) + 3_600_000)).get(3)).toBe(1);
    const [abandoned] = await tables.selectFrom("abandoned").select("session_id").execute();
    expect(
      await tables
        .selectFrom("shares")
        .select("key_id")
        .where("session_id", "=", abandoned?.session_id ?? "")
        .execute(),
    ).toEqual([]);
    await goesOn(store, vault);
  },
});

/** Secret and pairs open, and the secret is the one whose public share the record has. */
async function opens(store: Store, vault: Vault, { keyId, epoch, record, secret, intent }: StoredShare): Promise<void> {
  const madeBy = intentIdOf(fromBinary(SignedSchema, intent).body);
  const context = (what: "share" | "pairs") => shareContext(what, partyId, keyId, epoch, record, madeBy);
  const { holders, self } = decodeRecord(record);
  const point = createECDH("secp256k1");
  point.setPrivateKey(decodeSecret(await openBlob(await vault.shareKeys(keyId, epoch), context("share"), secret)));
  const publicShare = holders.find((holder) => holder.index === self)?.publicShare;
  expect(new Uint8Array(point.getPublicKey(null, "compressed"))).toEqual(publicShare);
  const sealed = (await store.pairs(keyId, epoch)) as Uint8Array;
  const pairs = decodePairs(await openBlob(await vault.pairKeys(keyId, epoch), context("pairs"), sealed));
  expect([...pairs.keys()]).toEqual([2, 3]);
}

/** The key generation between two rounds: claimed, opened, and its outbox is there to be sent again. */
async function goesOn(store: Store, vault: Vault): Promise<void> {
  const [running] = await store.runningSessions();
  const rid = running?.rid as Uint8Array;
  const stored = await store.claimSession(rid, { owner: "a new release", untilMs: Date.now() + 1_000 }, Date.now());
  if (stored === undefined) throw new Error("the running session cannot be claimed");
  const { signed, start } = decodeContext(stored.context);
  const intent = fromBinary(IntentSchema, signed.body);
  const joins = start.joins.map((join) => fromBinary(JoinStatementSchema, join.body));
  const contributions = new Map(joins.map((join) => [join.shareIndex, join.contribution]));
  const keygen = protocols.find((protocol) => protocol.name === "keygen" && protocol.scheme === "ecdsa-secp256k1");
  const setup = keygen?.plan({ intent, self: 1, signers: [1, 2, 3], contributions, record: undefined, burned: [] });
  const context = roundContext(partyId, rid, stored.intentId, stored.round);
  const plain = await openBlob(await vault.sessionKeys(rid), context, stored.state);
  const machine = keygen?.restore(setup, plain.slice(32));
  expect(machine?.peers).toEqual([2, 3]);
  for (const peer of [2, 3]) expect((await store.outbox(rid, stored.round, peer))?.length).toBeGreaterThan(100);
}
