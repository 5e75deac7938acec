// These tests write another signer's intent into the row of a session. The service believes only
// what it signed itself: neither another initiator of the roster, nor a device, whose key needs no
// roster, speaks for it.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { deviceIdOf, openIntent } from "@covault/trust";
import { type Intent, IntentSchema, SignedSchema, signatureTags } from "@covault/wire";
import { expect, it } from "vitest";
import { embeddedDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { digest, testSystem } from "./system.ts";
import { type Identity, identity, initiator } from "./trust.ts";

const other = identity("another-initiator");
const system = await testSystem({}, embeddedDatabase, [{ key: initiator.publicKey }, { initiatorId: other.id, key: other.publicKey }]);
const { behaviour } = system.coordinator;

async function intentOf(sessionId: string): Promise<Intent> {
  const row = await system.db.selectFrom("sessions").select("intent").where("session_id", "=", sessionId).executeTakeFirstOrThrow();
  return fromBinary(IntentSchema, fromBinary(SignedSchema, new Uint8Array(row.intent)).body);
}

/**
 * Writes into the session's row what `by` signs in its place. With `key` it is signed as devices
 * do.
 */
async function replace(sessionId: string, by: Identity, change: (intent: Intent) => void, key?: Uint8Array): Promise<Uint8Array> {
  const intent = await intentOf(sessionId);
  intent.initiatorId = by.id;
  change(intent);
  const statement = by.statement(signatureTags.intent, toBinary(IntentSchema, intent));
  const bytes = toBinary(SignedSchema, create(SignedSchema, { ...statement, ...(key && { key }) }));
  await system.db
    .updateTable("sessions")
    .set({ intent: Buffer.from(bytes) })
    .where("session_id", "=", sessionId)
    .execute();
  return bytes;
}

const session = async (id: string) => (await system.call("GET", `/api/v1/sessions/${id}`)).body;

/** Gives an account whose keygen runs at the coordinator while nobody waits for it. */
async function begun(userId: string): Promise<{ id: string; keygen_session_id: string }> {
  const { keygen } = behaviour;
  behaviour.keygen = () => undefined;
  const cut = system.createAccount({ user_id: userId }).catch(() => undefined);
  const listed = async () => (await system.call("GET", `/api/v1/accounts?user_id=${userId}`)).body.accounts;
  await expect.poll(async () => system.coordinator.sessions.has((await listed())[0]?.keygen_session_id)).toBe(true);
  const [account] = await listed();
  await system.service().stop();
  await cut;
  behaviour.keygen = keygen;
  return account;
}

it("a signature's session signed by an invented device is altered", async () => {
  const account = (await system.createAccount()).body;
  const signed = (await system.call("POST", `/api/v1/accounts/${account.id}/sign`, { digest })).body;
  const device = identity("a device that nobody knows");
  const named = { ...device, id: deviceIdOf(device.publicKey) };
  const speaking = {
    ...named,
    statement: (...statement: Parameters<Identity["statement"]>) => ({ ...device.statement(...statement), signer: named.id }),
  };
  const bytes = await replace(signed.session_id, speaking, () => {}, device.publicKey);
  // It is a good intent by itself, because anybody can make one.
  expect(openIntent(bytes, () => [], undefined).key).toEqual(device.publicKey);
  expect((await session(signed.session_id)).code).toBe("account/altered-row");
});

it("a signature's session signed by another initiator of the roster is altered", async () => {
  const account = (await system.createAccount()).body;
  const signed = (await system.call("POST", `/api/v1/accounts/${account.id}/sign`, { digest })).body;
  await replace(signed.session_id, other, () => {});
  expect((await session(signed.session_id)).code).toBe("account/altered-row");
});

it("another initiator's keygen founds no key of an account, and the account's own still does", async () => {
  const { id, keygen_session_id: keygen } = await begun("founded-by-another");
  const own = await system.db.selectFrom("sessions").select("intent").where("session_id", "=", keygen).executeTakeFirstOrThrow();
  const forged = await replace(keygen, other, (intent) => {
    if (intent.action.case === "keygen") intent.action.value.initiators = [other.id];
  });
  // The parties make that key, because its initiator is in the roster.
  const running = system.coordinator.sessions.get(keygen) as { signedIntent: Uint8Array };
  const honestly = running.signedIntent;
  running.signedIntent = forged;
  system.coordinator.finish();
  await system.restart();
  await system.service().reconciled;
  expect((await system.call("GET", `/api/v1/accounts/${id}`)).body.code).toBe("account/altered-row");
  expect(await system.db.selectFrom("keys").select("key_id").where("account_id", "=", id).execute()).toEqual([]);
  // When the own intent is put back, the account gets its key.
  await system.db.updateTable("sessions").set({ intent: own.intent }).where("session_id", "=", keygen).execute();
  Object.assign(running, { signedIntent: honestly, status: "running", result: null });
  system.coordinator.finish();
  await system.restart();
  await system.service().reconciled;
  expect((await system.call("GET", `/api/v1/accounts/${id}`)).body.status).toBe("active");
});

it("of the service's own keygens only the one that the account's row names founds its key", async () => {
  const { id, keygen_session_id: keygen } = await begun("founded-otherwise");
  const forged = await replace(keygen, initiator, (intent) => {
    if (intent.action.case === "keygen") intent.action.value.initiators = [initiator.id, other.id];
  });
  const running = system.coordinator.sessions.get(keygen) as { signedIntent: Uint8Array };
  running.signedIntent = forged;
  system.coordinator.finish();
  await system.restart();
  await system.service().reconciled;
  for (const path of [`accounts/${id}`, `sessions/${keygen}`])
    expect((await system.call("GET", `/api/v1/${path}`)).body.code).toBe("account/altered-row");
  expect(await system.db.selectFrom("keys").select("key_id").where("account_id", "=", id).execute()).toEqual([]);
});

it("a keygen's session that ended otherwise than its account is altered", async () => {
  const account = (await system.createAccount()).body;
  const values = { status: "failed" as const, failure_code: "account/parties-missing", failure_message: "gone" };
  await system.db.updateTable("sessions").set(values).where("session_id", "=", account.keygen_session_id).execute();
  expect((await session(account.keygen_session_id)).code).toBe("account/altered-row");
});
