// What the system of a fixture does: alice has a key that signed, with a burned pair; bob's keygen was abandoned; carol's share is staged at
// every party and not committed; dave's keygen stands between two rounds. Messages are held back for that, nothing is made up but the two
// API keys, and the burn and the open check of the party, which take a cheating partner.
import { create, toBinary } from "@bufbuild/protobuf";
import { signStatement } from "../../packages/channel/dist/index.js";
import { AbortedSchema, AccusationSchema, EnvelopeSchema, RoutedMessageSchema, signatureTags } from "../../packages/wire/dist/index.js";
import { makeInitiator } from "../../services/account/dist/intent/initiator.js";
import { hashApiKey, sealApiKey } from "../../services/account/dist/store/api-keys.js";
import { openSqlStore } from "../../services/server-party/dist/index.js";
import { identityOf, partyIds, seedOf } from "./system.js";

const [first, second, third] = partyIds;
const digest = (name) => `0x${Buffer.from(seedOf(name)).toString("hex")}`;
const isRound = (body) => body.case === "round" || body.case === "roundRequest";

export async function leaveWork(system) {
  const { call, held, database } = system;
  const rows = async (query, ...values) => (await database.pool.query(query, values)).rows;
  const newAccount = (user) => call("POST", "/accounts", { user_id: user, name: `of ${user}` }, { "idempotency-key": `create-${user}` });

  const alice = await answered(newAccount("alice"), 201);
  await answered(call("PUT", `/accounts/${alice.id}/signing-configuration`, { parties: partyIds, required: [first] }), 200);
  const sign = (name) => call("POST", `/accounts/${alice.id}/sign`, { message: digest(name) }, { "idempotency-key": `sign-${name}` });
  await answered(sign("one"), 200);

  held.of = (partyId, body) => partyId === second && isRound(body);
  const burning = sign("two");
  const [ready] = await until(() =>
    rows(`SELECT session_id, (SELECT data->>'rid' FROM coordinator.events s WHERE s.session_id = r.session_id AND type = 'AttemptStarted') AS rid
      FROM coordinator.sessions r WHERE kind = 'sign' AND status = 'running' AND
      EXISTS (SELECT FROM coordinator.events e WHERE e.session_id = r.session_id AND type = 'AttemptReady')`),
  );
  await accuse(system, ready);
  await answered(burning, 200);

  const withholds = (partyId, body) => partyId === third && ["acknowledged", "committed"].includes(body.case);
  held.of = withholds;
  const bob = await call("POST", "/accounts", { user_id: "bob" });
  if (bob.status === 201) throw new Error("bob's keygen was to fail");
  await until(() => rows("SELECT FROM party_server_party_1.abandoned"));

  void newAccount("carol");
  await until(() => rows("SELECT FROM party_server_party_1.shares WHERE status = 'staged'"));
  await until(() =>
    rows(`SELECT session_id FROM coordinator.events JOIN coordinator.sessions USING (session_id)
      WHERE type = 'Acknowledged' AND status = 'running' GROUP BY session_id HAVING count(*) = 2`),
  );
  held.of = (partyId, body) => withholds(partyId, body) || (partyId === second && isRound(body));
  void newAccount("dave");
  await until(() => rows("SELECT FROM party_server_party_1.sessions WHERE status = 'running'"));

  const [{ epoch }] = await rows("SELECT epoch FROM party_server_party_1.shares WHERE status = 'committed'");
  const { store } = await openSqlStore(database, first);
  await store.burn(epoch, [{ partner: 2, reason: "mpc/ot-check-failed", sid: seedOf("sid"), digest: seedOf("digest") }]);
  await store.beginCheck({ epoch, sid: seedOf("another sid"), partners: [3], nowMs: Date.now() });
  await addApiKeys(database);
}

/** As a router would bring it from the first party. */
async function accuse({ broker }, { session_id: sessionId, rid: hex }) {
  const rid = Buffer.from(hex, "hex");
  const code = "mpc/ot-check-failed";
  const body = create(AccusationSchema, { sessionId, rid, partyId: first, code, culprits: [2], consequence: "burn" });
  const accusation = signStatement(identityOf(first), signatureTags.accusation, first, toBinary(AccusationSchema, body));
  const value = create(AbortedSchema, { sessionId, attempt: 1, rid, round: 2, code, accusation });
  const payload = toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: { case: "aborted", value } }));
  const routed = { from: { partyId: first }, to: { partyId: "coordinator" }, payload, messageId: "msg_burn" };
  await broker.publish("coordinator", toBinary(RoutedMessageSchema, create(RoutedMessageSchema, routed)));
}

async function addApiKeys(database) {
  const { secretRowKey } = makeInitiator("account", seedOf("identity of account"));
  const db = database.schema("account");
  await db.insertInto("tenants").values({ tenant_id: "other", name: "another" }).execute();
  for (const [name, revoked_at] of [
    ["live", null],
    ["revoked", new Date(1_800_000_000_000)],
  ]) {
    const values = { api_key_id: `key_${name}`, tenant_id: "other", secret_hash: hashApiKey(`${name} api key of the tests`), label: name };
    const times = { expires_at: null, revoked_at, created_at: new Date(1_700_000_000_000) };
    await db
      .insertInto("api_keys")
      .values(sealApiKey(secretRowKey, { ...values, ...times }))
      .execute();
  }
}

async function answered(asked, status) {
  const answer = await asked;
  if (answer.status !== status) throw new Error(`answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** The rows that a query gives as soon as it gives any. */
async function until(query) {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const found = await query();
    if (found.length > 0) return found;
    await new Promise((wake) => setTimeout(wake, 20));
  }
  throw new Error(`in vain: ${query}`);
}
