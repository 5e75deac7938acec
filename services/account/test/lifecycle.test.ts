// These tests make further epochs of keys: refresh, reshare and recovery, as callers ask for them.
// The coordinator is one made by hand, and what it delivers is what holders would make.
import { fromBinary } from "@bufbuild/protobuf";
import { IntentSchema, type RefreshAction, SignedSchema } from "@covault/wire";
import { beforeEach, describe, expect, it } from "vitest";
import { digest, testSystem } from "./system.ts";
import { factsOf, holdingOf, identity, lost, publicShareOf, rosterOf } from "./trust.ts";

const system = await testSystem();
const { coordinator, roster, db } = system;
const { behaviour } = coordinator;
const all = ["server-party-1", "server-party-2", "server-party-3", "server-party-4"];
let serial = 1n;
const change = (changes: Omit<Parameters<typeof rosterOf>[0], "serial"> = {}) => {
  serial += 1n;
  return roster.replace(rosterOf({ serial, ...changes }));
};
beforeEach(() => void change());

async function account(body: object = { user_id: "user" }): Promise<{ id: string; keyId: string }> {
  const { status, body: made } = await system.createAccount(body);
  expect(status, JSON.stringify(made)).toBe(201);
  return { id: made.id, keyId: made.keys[0].key_id.slice(2) };
}
const ask = (id: string, kind: string, body: object = {}, headers?: Record<string, string>) =>
  system.call("POST", `/api/v1/accounts/${id}/${kind}`, body, headers);
const session = async (id: string) => (await system.call("GET", `/api/v1/sessions/${id}`)).body;
const shown = async (id: string) => (await system.call("GET", `/api/v1/accounts/${id}`)).body;
const partiesOf = ({ parties }: { parties: { party_id: string; share_index: number }[] }) =>
  parties.map(({ party_id, share_index }) => `${party_id} ${share_index}`);
const sign = (id: string, headers?: Record<string, string>) => system.call("POST", `/api/v1/accounts/${id}/sign`, { digest }, headers);
/** Asks, and follows to the end. */
async function done(id: string, kind: string, body: object = {}) {
  const { status, body: begun } = await ask(id, kind, body);
  expect(status, JSON.stringify(begun)).toBe(202);
  return session(begun.session_id);
}
function asked(sessionId: string): RefreshAction {
  const action = coordinator.sessions.get(sessionId)?.intent.action;
  if (action?.case !== "refresh") throw new Error("it continues no key");
  return action.value;
}
const acts = async (id: string) =>
  (await system.call("GET", `/api/v1/audit?account_id=${id}&limit=100`)).body.entries.map(({ act }: { act: string }) => act);
/** The rows of the account's key as they are now, to be put back later. */
async function backup(id: string): Promise<() => Promise<void>> {
  const key = await db.selectFrom("keys").selectAll().where("account_id", "=", id).executeTakeFirstOrThrow();
  const epochs = await db.selectFrom("epochs").selectAll().where("key_id", "=", key.key_id).execute();
  return async () => {
    await db.deleteFrom("sessions").where("key_id", "=", key.key_id).execute();
    await db.deleteFrom("epochs").where("key_id", "=", key.key_id).execute();
    await db.updateTable("keys").set(key).where("key_id", "=", key.key_id).execute();
    await db.insertInto("epochs").values(epochs).execute();
  };
}

describe("refresh", () => {
  it("202: the session and its Location; when it has ended the key is in its next epoch, and signs", async () => {
    const { id, keyId } = await account();
    const { status, body, headers } = await ask(id, "refresh");
    expect([status, headers.get("location"), headers.get("retry-after")]).toEqual([202, `/api/v1/sessions/${body.session_id}`, "1"]);
    expect(body).toMatchObject({ kind: "refresh", threshold_t: 2, threshold_n: 3, account_id: id });
    const { status: ended, result } = await session(body.session_id);
    expect([ended, result]).toEqual(["completed", { key_id: `0x${keyId}`, scheme: "ecdsa-secp256k1", epoch: 1 }]);
    const { keys, parties } = await shown(id);
    expect([keys[0].epoch, parties.length]).toEqual([1, 3]);
    expect((await system.call("GET", `/api/v1/accounts/${id}/keys`)).body.keys[0].certificates).toHaveLength(2);
    expect((await sign(id)).status).toBe(200);
    expect(await acts(id)).toEqual([
      ...["account.created", "session.opened", "account.activated", "session.completed", "session.opened"],
      ...["session.completed", "key.refreshed", "session.opened", "session.completed"],
    ]);
  });

  it("asks for all holders with the public shares that enough of them say alike, and a number above all that honest ones know", async () => {
    const { id, keyId } = await account();
    // A liar states other shares and a number that nobody can have reached.
    behaviour.holds = (partyId, question) => {
      if (partyId === "server-party-2") return holdingOf(partyId, question, { highestEpochNumber: 7 });
      if (partyId !== "server-party-3") return holdingOf(partyId, question);
      const publicShares = [1, 2, 3].map((shareIndex) => ({ shareIndex, point: publicShareOf("liar", new Uint8Array([shareIndex])) }));
      return holdingOf(partyId, question, { highestEpochNumber: 4_000_000_000, publicShares });
    };
    const { session_id } = (await ask(id, "refresh")).body;
    const { kind, dealers, members, oldMembers, epochNumber, oldPublicShares } = asked(session_id);
    const [founding = new Uint8Array()] = coordinator.chains.get(keyId) ?? [];
    expect([kind, dealers, epochNumber]).toEqual(["refresh", [1, 2, 3], 8]);
    expect(members).toEqual(oldMembers);
    expect(oldPublicShares).toEqual(members.map(({ partyId }) => publicShareOf(partyId, factsOf(founding).epoch)));
    // What this service asked for counts as well, though no holder knows of it.
    await session(session_id);
    behaviour.continues = () => undefined;
    behaviour.staged = true;
    behaviour.holds = (partyId, question) => holdingOf(partyId, question);
    const passed = (await ask(id, "refresh")).body.session_id;
    expect(asked((await ask(id, "refresh")).body.session_id).epochNumber).toBe(asked(passed).epochNumber + 1);
  });

  it("says that the key was exported when a holder states it, though no export is stored here, and the key shows it from then on", async () => {
    const { id } = await account();
    const exposed = async () => (await system.call("GET", `/api/v1/accounts/${id}/keys`)).body.keys[0].exposed;
    const refreshed = async () => {
      const { session_id } = (await ask(id, "refresh")).body;
      expect((await session(session_id)).status).toBe("completed");
      return asked(session_id).exported;
    };
    expect([await refreshed(), await exposed()]).toEqual([false, null]);
    behaviour.holds = (partyId, question) => holdingOf(partyId, question, partyId === "server-party-2" ? { exposed: "exported" } : {});
    expect([await refreshed(), await exposed()]).toEqual([true, "exported"]);
    behaviour.holds = (partyId, question) => holdingOf(partyId, question);
    expect([await refreshed(), await exposed()]).toEqual([true, "exported"]);
  });

  it.each([2 ** 16, 2 ** 16 - 1, 2 ** 16 - 200])(
    "one holder that says number %i leaves room for runs that the others join",
    async (said) => {
      const { id } = await account();
      behaviour.holds = (partyId, question) =>
        holdingOf(partyId, question, partyId === "server-party-3" ? { highestEpochNumber: said } : {});
      behaviour.fail = { code: "mpc/bad-proof", message: "no" };
      for (let run = 1; run <= 3; run += 1) {
        const { session_id } = (await ask(id, "reshare", { leave_out: ["server-party-3"], force: "2-of-2" })).body;
        expect((await session(session_id)).status).toBe("failed");
        // A party joins no run that is more than 2^16 above what it knows.
        expect(asked(session_id).epochNumber).toBeLessThanOrEqual(2 ** 16 - 200);
      }
    },
  );

  it("a bad request, and one that holders do not answer, passes no staged session by", async () => {
    const { id } = await account();
    behaviour.continues = () => undefined;
    behaviour.staged = true;
    const { session_id } = (await ask(id, "refresh")).body;
    expect((await session(session_id)).status).toBe("staged");
    expect((await ask(id, "reshare", { leave_out: ["nobody"] })).status).toBe(400);
    behaviour.holds = () => undefined;
    expect((await ask(id, "refresh")).status).toBe(503);
    expect((await session(session_id)).status).toBe("staged");
  });

  it("503: fewer holders than sign answer alike, and the message says who answered and who is away", async () => {
    const { id } = await account();
    behaviour.holds = (partyId, question) => (partyId === "server-party-1" ? holdingOf(partyId, question) : undefined);
    const headers = { "idempotency-key": "few" };
    const { status, body } = await ask(id, "refresh", {}, headers);
    expect([status, body.code]).toEqual([503, "account/holders-away"]);
    expect(body.message).toContain("Answered: server-party-1 (held, epoch 0). Away: server-party-2, server-party-3.");
    // A statement for another question is nobody's.
    behaviour.holds = (partyId, question) =>
      holdingOf(partyId, { ...question, ...(partyId !== "server-party-1" && { nonce: new Uint8Array(32) }) });
    const silent = (await ask(id, "refresh", {}, headers)).body;
    expect([silent.code, silent.message]).toEqual([
      "account/holders-away",
      expect.stringContaining("Connected and silent: server-party-2, server-party-3."),
    ]);
    behaviour.holds = (partyId, question) => holdingOf(partyId, question);
    expect((await ask(id, "refresh", {}, headers)).status).toBe(202);
  });

  it("names whom it waits for, and no other begins meanwhile: 409, and a staged one is passed by", async () => {
    const { id } = await account();
    behaviour.continues = () => undefined;
    const first = (await ask(id, "refresh")).body;
    expect(await session(first.session_id)).toMatchObject({ status: "open", awaited: ["server-party-3"] });
    for (const kind of ["refresh", "reshare"]) {
      const { status, body } = await ask(id, kind);
      expect([status, body.code, body.session_id]).toEqual([409, "account/lifecycle-running", first.session_id]);
    }
    behaviour.staged = true;
    coordinator.finish();
    expect((await session(first.session_id)).status).toBe("staged");
    behaviour.continues = (signedIntent, key) => honestly(signedIntent, key);
    const second = await done(id, "refresh");
    expect([second.status, (await session(first.session_id)).status, (await shown(id)).keys[0].epoch]).toEqual(["completed", "failed", 2]);
  });

  it("409: a holder that answered has lost its share, and 409 while the roster has not all holders", async () => {
    const { id } = await account();
    behaviour.holds = (partyId, question) => holdingOf(partyId, question, partyId === "server-party-2" ? lost : {});
    const { status, body } = await ask(id, "refresh");
    expect([status, body.code, body.message]).toEqual([409, "account/share-lost", expect.stringContaining("server-party-2")]);
    behaviour.holds = (partyId, question) => holdingOf(partyId, question);
    await change({ without: ["server-party-3"] });
    expect((await ask(id, "refresh")).body.code).toBe("account/holders-removed");
  });

  it("the same Idempotency-Key gives the same session, and another body is refused", async () => {
    const { id } = await account();
    const headers = { "idempotency-key": "once" };
    const [one, two] = [await ask(id, "refresh", {}, headers), await ask(id, "refresh", { key: "ecdsa-secp256k1" }, headers)];
    expect([two.status, two.body.session_id]).toEqual([202, one.body.session_id]);
    expect((await ask(id, "reshare", {}, headers)).status).toBe(202);
    expect((await ask(id, "reshare", { threshold_n: 4 }, headers)).body.code).toBe("account/idempotency-conflict");
  });

  it("400: an account with several keys needs one of them named", async () => {
    const { id } = await account({ user_id: "two", schemes: ["ecdsa-secp256k1", "schnorr-bip340"] });
    for (const body of [{}, { key: "eddsa-ed25519" }]) {
      const answer = await ask(id, "refresh", body);
      expect([answer.status, answer.body.code, answer.body.errors?.[0]?.pointer]).toEqual([400, "account/no-such-key", "/key"]);
    }
    const [, second] = (await shown(id)).keys;
    expect((await ask(id, "refresh", { key: "ecdsa-secp256k1" })).body.session_id).toMatch(/^ses_/);
    behaviour.holds = () => undefined;
    expect((await ask(id, "refresh", { key: second.key_id })).body.code).toBe("account/holders-away");
  });
});

const honestly = behaviour.continues;

describe("reshare", () => {
  it("a further holder comes with an index that nobody had, and the account shows what remains", async () => {
    const { id } = await account();
    const ended = await done(id, "reshare", { threshold_t: 2, threshold_n: 4 });
    expect([ended.status, ended.threshold_t, ended.threshold_n]).toEqual(["completed", 2, 4]);
    expect(asked(ended.session_id).dealers).toEqual([1, 2, 3]);
    const now = await shown(id);
    expect([now.threshold_t, now.threshold_n, partiesOf(now)]).toEqual([2, 4, all.map((party, at) => `${party} ${at + 1}`)]);
    // One that left and comes back gets another index.
    await done(id, "reshare", { leave_out: ["server-party-4"] });
    expect(partiesOf(await shown(id))).toEqual(["server-party-1 1", "server-party-2 2", "server-party-3 3"]);
    await done(id, "reshare", { threshold_n: 4 });
    expect(partiesOf(await shown(id)).at(-1)).toBe("server-party-4 5");
    expect((await acts(id)).filter((act: string) => act === "key.reshared")).toHaveLength(3);
    expect((await sign(id)).status).toBe(200);
  });

  it("409: so few holders that none can be spared, unless what remains is named", async () => {
    const { id } = await account();
    const few = { leave_out: ["server-party-3"] };
    const { status, body } = await ask(id, "reshare", few);
    expect([status, body.code, body.message]).toEqual([409, "account/too-few-holders", expect.stringContaining('"force": "2-of-2"')]);
    expect((await ask(id, "reshare", { ...few, force: "2-of-3" })).body.code).toBe("account/too-few-holders");
    expect(await done(id, "reshare", { ...few, force: "2-of-2" })).toMatchObject({ status: "completed", threshold_t: 2, threshold_n: 2 });
    // A holder that leaves deals where those that stay are too few.
    const other = await done(id, "reshare", { parties: ["server-party-1", "server-party-4"], force: "2-of-2" });
    expect([asked(other.session_id).dealers, partiesOf(await shown(id))]).toEqual([
      [1, 2],
      ["server-party-1 1", "server-party-4 4"],
    ]);
  });

  it("a newcomer's word on the public shares counts for nothing, since it holds none", async () => {
    const { id, keyId } = await account();
    const publicShares = [1, 2, 3].map((shareIndex) => ({ shareIndex, point: publicShareOf("liar", new Uint8Array([shareIndex])) }));
    const pairs = [2, 3].map((shareIndex) => ({ shareIndex, state: "usable", strikes: 0 }));
    behaviour.holds = (partyId, question) => {
      const { epoch } = factsOf(question.certificate);
      const lie = { share: "held", epoch, shareIndex: 1, publicShares, pairs };
      return holdingOf(partyId, question, ["server-party-1", "server-party-4"].includes(partyId) ? lie : {});
    };
    const { session_id } = (await ask(id, "reshare", { parties: ["server-party-1", "server-party-2", "server-party-4"] })).body;
    const { oldMembers, oldPublicShares } = asked(session_id);
    const [founding = new Uint8Array()] = coordinator.chains.get(keyId) ?? [];
    expect(oldPublicShares).toEqual(oldMembers.map(({ partyId }) => publicShareOf(partyId, factsOf(founding).epoch)));
  });

  it("a signing configuration that requires more than sign afterwards is asked to be set anew", async () => {
    const { id } = await account({ user_id: "three", threshold_t: 3, threshold_n: 4 });
    const put = (required: string[]) => system.call("PUT", `/api/v1/accounts/${id}/signing-configuration`, { parties: all, required });
    expect((await put(all.slice(0, 3))).status).toBe(200);
    expect((await done(id, "reshare", { threshold_t: 2 })).status).toBe("completed");
    const refused = await sign(id);
    expect([refused.status, refused.body.code, refused.body.hint]).toEqual([
      409,
      "account/holders-removed",
      expect.stringContaining("another signing configuration"),
    ]);
    expect((await put(all.slice(0, 2))).status).toBe(200);
    expect((await sign(id)).status).toBe(200);
  });

  it("holders that are away or have lost their share deal nothing, and the former give way first", async () => {
    const { id } = await account({ user_id: "four", threshold_t: 2, threshold_n: 4 });
    behaviour.holds = (partyId, question) =>
      partyId === "server-party-1" ? undefined : holdingOf(partyId, question, partyId === "server-party-2" ? lost : {});
    const { session_id } = (await ask(id, "reshare", { threshold_n: 3 })).body;
    const { members, dealers } = asked(session_id);
    expect([members.map(({ shareIndex }) => shareIndex), dealers]).toEqual([
      [2, 3, 4],
      [3, 4],
    ]);
  });

  it("400 and 503: parties that the roster does not have, that are named twice, strangers to leave out, too few that are free", async () => {
    const { id } = await account();
    const refused = async (body: object) => (await ask(id, "reshare", body)).body.code;
    expect(await refused({ parties: ["server-party-1", "server-party-2", "nobody"] })).toBe("account/bad-members");
    expect(await refused({ parties: ["server-party-1", "server-party-2", "helper"] })).toBe("account/bad-members");
    expect(await refused({ parties: ["server-party-1", "server-party-1", "server-party-2"] })).toBe("account/bad-members");
    expect(await refused({ parties: ["server-party-1", "server-party-2"], threshold_n: 3 })).toBe("account/bad-threshold");
    expect(await refused({ leave_out: ["server-party-4"] })).toBe("account/bad-members");
    expect(await refused({ parties: all, leave_out: ["server-party-1"] })).toBe("account/bad-members");
    expect(await refused({ threshold_n: 5 })).toBe("account/bad-threshold");
    Object.assign(behaviour, { candidates: all.slice(0, 2), absent: ["server-party-3", "server-party-4"] });
    const away = (await ask(id, "reshare", { threshold_n: 4 })).body;
    expect([away.code, away.message]).toEqual(["account/parties-missing", expect.stringContaining("Missing: server-party-4.")]);
    behaviour.candidates = all;
    expect(await refused({ threshold_t: 4, threshold_n: 3 })).toBe("account/bad-threshold");
    await change({ without: ["server-party-3"] });
    expect(await refused({ parties: ["server-party-1", "server-party-2", "server-party-3"] })).toBe("account/bad-members");
    // Who is not in the roster leaves, without being named.
    const { session_id } = (await ask(id, "reshare", { threshold_n: 3 })).body;
    expect(asked(session_id).members.map(({ partyId, shareIndex }) => `${partyId} ${shareIndex}`)).toEqual([
      "server-party-1 1",
      "server-party-2 2",
      "server-party-4 4",
    ]);
    expect(asked(session_id).dealers).toEqual([1, 2]);
  });
});

describe("recover", () => {
  it("the others deal, and the share is made anew for the same index and the identity key that the roster has", async () => {
    const { id } = await account();
    behaviour.holds = (partyId, question) => (partyId === "server-party-2" ? undefined : holdingOf(partyId, question));
    const identityKey = Buffer.from(identity("server-party-2").publicKey).toString("hex");
    const ended = await done(id, "recover", { party_id: "server-party-2", replacement_identity: identityKey });
    expect([ended.status, asked(ended.session_id).dealers]).toEqual(["completed", [1, 3]]);
    expect(asked(ended.session_id).members).toEqual(asked(ended.session_id).oldMembers);
    expect((await acts(id)).filter((act: string) => act === "key.recovered")).toHaveLength(1);
  });
  it("400: no holder, not in the roster, or another identity key than the roster's; 503: too few others hold their shares", async () => {
    const { id } = await account();
    const refused = async (body: object) => {
      const answer = await ask(id, "recover", body);
      return [answer.status, answer.body.code];
    };
    expect(await refused({ party_id: "server-party-4" })).toEqual([400, "account/bad-members"]);
    expect(await refused({ party_id: "server-party-2", replacement_identity: "ab".repeat(32) })).toEqual([400, "account/bad-members"]);
    behaviour.holds = (partyId, question) => holdingOf(partyId, question, partyId === "server-party-3" ? lost : {});
    expect(await refused({ party_id: "server-party-2" })).toEqual([503, "account/holders-away"]);
    behaviour.holds = (partyId, question) => holdingOf(partyId, question);
    await change({ without: ["server-party-2"] });
    expect(await refused({ party_id: "server-party-2" })).toEqual([400, "account/bad-members"]);
    await change({ without: ["server-party-1"] });
    expect(await refused({ party_id: "server-party-2" })).toEqual([409, "account/holders-removed"]);
  });
});

describe("a key that went on without this service", () => {
  it("a restored database takes the certificates before it asks for a further epoch", async () => {
    const { id } = await account();
    const restore = await backup(id);
    await done(id, "refresh");
    await done(id, "reshare", { threshold_n: 4 });
    await restore();
    expect((await shown(id)).keys[0].epoch).toBe(0);
    const next = (await ask(id, "refresh")).body.session_id;
    expect([asked(next).epochNumber, asked(next).members.length]).toEqual([3, 4]);
    await session(next);
    expect((await shown(id)).keys[0].epoch).toBe(3);
  });

  it("a restored database signs in the newest epoch once the coordinator has refused the one before", async () => {
    const { id } = await account();
    const restore = await backup(id);
    await done(id, "reshare", { parties: ["server-party-1", "server-party-2", "server-party-4"] });
    await restore();
    behaviour.refuses = { status: 400, code: "trust/bad-intent" };
    const headers = { "idempotency-key": "signs" };
    const { status, body } = await sign(id, headers);
    expect([status, body.code]).toEqual([503, "account/key-behind"]);
    behaviour.refuses = undefined;
    const signed = await sign(id, headers);
    expect([signed.status, (await shown(id)).keys[0].epoch]).toEqual([200, 1]);
    const action = coordinator.sessions.get(signed.body.session_id)?.intent.action;
    expect(action?.case === "sign" && action.value.eligible).toEqual(["server-party-1", "server-party-2", "server-party-4"]);
    // Where the coordinator knows no more, its refusal is what it is.
    behaviour.refuses = { status: 400, code: "trust/bad-intent" };
    expect((await sign(id)).body.code).toBe("account/coordinator-refused");
  });

  it("a certificate that came after the session's end counts, and so does a run that passed it by", async () => {
    const { id, keyId } = await account();
    const restore = await backup(id);
    // The run of number 1 ends without a certificate here, and that comes late.
    behaviour.fail = { code: "coordinator/expired", message: "late" };
    const late = (await ask(id, "refresh")).body.session_id;
    expect((await session(late)).status).toBe("failed");
    behaviour.fail = undefined;
    const { signedIntent } = coordinator.sessions.get(late)!;
    coordinator.chains.get(keyId)!.push(honestly(signedIntent, coordinator.keyOf(keygenOf(keyId)))!);
    expect((await shown(id)).keys[0].epoch).toBe(0);
    behaviour.continues = () => undefined;
    behaviour.staged = true;
    // The next one continues it.
    const next = (await ask(id, "refresh")).body.session_id;
    expect([asked(next).epochNumber, Buffer.from(asked(next).oldEpoch)]).toEqual([
      2,
      Buffer.from(factsOf(coordinator.chains.get(keyId)!.at(-1)!).epoch),
    ]);
    expect((await shown(id)).keys[0].epoch).toBe(1);
    // Its session is completed by that, and the log has both.
    expect(await session(late)).toMatchObject({ status: "completed", error: null, result: { key_id: `0x${keyId}`, epoch: 1 } });
    const entries = (await system.call("GET", `/api/v1/audit?account_id=${id}&limit=100`)).body.entries;
    const ofLate = entries.filter(({ object }: { object: { session_id?: string } }) => object.session_id === late);
    expect(ofLate.map(({ act }: { act: string }) => act)).toEqual([
      "session.opened",
      "session.failed",
      "key.refreshed",
      "session.completed",
    ]);
    // A run of number 9 from the epoch before both was certified by the holders. It passes them by.
    await restore();
    coordinator.chains.set(keyId, coordinator.chains.get(keyId)!.slice(0, 1));
    behaviour.holds = (partyId, question) => holdingOf(partyId, question, { highestEpochNumber: 8 });
    const ninth = (await ask(id, "refresh")).body.session_id;
    const passing = honestly(coordinator.sessions.get(ninth)!.signedIntent, coordinator.keyOf(keygenOf(keyId)))!;
    await restore();
    coordinator.chains.get(keyId)!.push(honestly(signedIntent, coordinator.keyOf(keygenOf(keyId)))!);
    behaviour.holds = (partyId, question) => holdingOf(partyId, question);
    await ask(id, "refresh");
    expect((await shown(id)).keys[0].epoch).toBe(1);
    coordinator.chains.get(keyId)!.push(passing);
    await ask(id, "refresh");
    expect((await shown(id)).keys[0].epoch).toBe(9);
    expect((await sign(id)).status).toBe(200);
  });

  it("a run that another one has passed by says so, and the key is where the other one led", async () => {
    const { id, keyId } = await account();
    behaviour.continues = () => undefined;
    behaviour.staged = true;
    const other = (await ask(id, "refresh")).body.session_id;
    behaviour.staged = false;
    const first = (await ask(id, "refresh")).body.session_id;
    // The one that was passed by is certified all the same, before the other one has begun.
    const { signedIntent } = coordinator.sessions.get(other)!;
    coordinator.chains.get(keyId)!.push(honestly(signedIntent, coordinator.keyOf(keygenOf(keyId)))!);
    behaviour.fail = { code: "coordinator/superseded", message: "The key has got a higher epoch." };
    coordinator.finish();
    const { status, error } = await session(first);
    expect([status, error.code, (await shown(id)).keys[0].epoch]).toEqual(["failed", "account/key-behind", 1]);
    expect((await session(other)).status).toBe("completed");
  });

  it("a session that the coordinator calls failed, and whose certificate the key has by then, is completed", async () => {
    const { id, keyId } = await account();
    behaviour.continues = () => undefined;
    const { session_id } = (await ask(id, "refresh")).body;
    const { signedIntent } = coordinator.sessions.get(session_id)!;
    coordinator.chains.get(keyId)!.push(honestly(signedIntent, coordinator.keyOf(keygenOf(keyId)))!);
    behaviour.fail = { code: "coordinator/superseded", message: "The key has got a higher epoch." };
    coordinator.finish();
    expect([(await session(session_id)).status, (await shown(id)).keys[0].epoch]).toEqual(["completed", 1]);
  });

  it("a session that failed is completed by who asks for it, when the coordinator has got its certificate since", async () => {
    const { id, keyId } = await account();
    const headers = { "idempotency-key": "late" };
    behaviour.fail = { code: "coordinator/expired", message: "late" };
    const { session_id } = (await ask(id, "refresh", {}, headers)).body;
    expect((await session(session_id)).status).toBe("failed");
    behaviour.fail = undefined;
    const known = coordinator.sessions.get(session_id)!;
    const certificate = Buffer.from(honestly(known.signedIntent, coordinator.keyOf(keygenOf(keyId)))!).toString("base64");
    Object.assign(known, { status: "completed", error: null, result: { certificate } });
    const { status, error, result } = await session(session_id);
    expect([status, error, result.epoch, (await shown(id)).keys[0].epoch]).toEqual(["completed", null, 1, 1]);
    expect((await ask(id, "refresh", {}, headers)).body).toMatchObject({ session_id, status: "completed" });
    expect((await sign(id)).status).toBe(200);
  });

  it("a certificate that comes when the key is higher, or holds it already, completes its session and moves nothing", async () => {
    const { id, keyId } = await account();
    const restore = await backup(id);
    const made = (sessionId: string) => honestly(coordinator.sessions.get(sessionId)!.signedIntent, coordinator.keyOf(keygenOf(keyId)))!;
    /** The coordinator refuses a signature, and the service learns what it shows. */
    const learns = async (certificate: Uint8Array) => {
      coordinator.chains.get(keyId)!.push(certificate);
      behaviour.refuses = { status: 400, code: "trust/bad-intent" };
      expect((await sign(id)).body.code).toBe("account/key-behind");
      behaviour.refuses = undefined;
    };
    behaviour.continues = () => undefined;
    behaviour.holds = (partyId, question) => holdingOf(partyId, question, { highestEpochNumber: 8 });
    const ninth = made((await ask(id, "refresh")).body.session_id);
    await restore();
    behaviour.holds = (partyId, question) => holdingOf(partyId, question);
    const first = (await ask(id, "refresh")).body.session_id;
    await learns(ninth);
    behaviour.continues = honestly;
    coordinator.finish();
    expect([(await session(first)).status, (await shown(id)).keys[0].epoch]).toEqual(["completed", 9]);
    behaviour.continues = () => undefined;
    const tenth = (await ask(id, "refresh")).body.session_id;
    await learns(made(tenth));
    behaviour.continues = honestly;
    coordinator.finish();
    expect([(await session(tenth)).status, (await shown(id)).keys[0].epoch]).toEqual(["completed", 10]);
  });

  it("certificates that continue nothing, or that nobody of the key has asked for, change nothing", async () => {
    const { id, keyId } = await account();
    const other = await account();
    await done(other.id, "refresh");
    const foreign = coordinator.chains.get(other.keyId)!.at(-1)!;
    coordinator.chains.get(keyId)!.push(foreign);
    behaviour.holds = (partyId, question) => holdingOf(partyId, { ...question, certificate: coordinator.chains.get(keyId)![0]! });
    expect((await ask(id, "refresh")).status).toBe(202);
    expect(Number((await shown(id)).keys[0].epoch)).toBe(0);
  });

  it("a certificate of another session, or a forged one, fails the session and leaves the key where it was", async () => {
    const { id } = await account();
    const first = await done(id, "refresh");
    const stolen = coordinator.sessions.get(first.session_id)!.signedIntent;
    behaviour.continues = (_, key) => honestly(stolen, key);
    const ended = await done(id, "refresh");
    expect([ended.status, ended.error.code, (await shown(id)).keys[0].epoch]).toEqual(["failed", "account/bad-result", 1]);
  });
});

/** The session that founded a key, by its certificate. */
function keygenOf(keyId: string): string {
  for (const [sessionId, { intent }] of coordinator.sessions)
    if (intent.action.case === "keygen" && coordinator.chains.get(keyId)?.[0] !== undefined) {
      const [founding = new Uint8Array()] = coordinator.chains.get(keyId) ?? [];
      if (sessionOf(founding) === sessionId) return sessionId;
    }
  throw new Error("no keygen");
}
function sessionOf(certificate: Uint8Array): string {
  const signed = coordinatorIntent(certificate);
  return fromBinary(IntentSchema, fromBinary(SignedSchema, signed).body).sessionId;
}
function coordinatorIntent(certificate: Uint8Array): Uint8Array {
  for (const { signedIntent, result } of coordinator.sessions.values())
    if (result !== null && "certificate" in result && result.certificate === Buffer.from(certificate).toString("base64"))
      return signedIntent;
  throw new Error("no session has made it");
}
