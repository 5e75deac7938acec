// These tests export keys, as callers ask for it. The coordinator is one made by hand, which gives
// what holders have signed, or lies.
import { createHash } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import { checkBackups, encodeBackup } from "@covault/party/backup";
import { type ExportAction, IntentSchema, SignedSchema } from "@covault/wire";
import { beforeEach, describe, expect, it } from "vitest";
import { testSystem } from "./system.ts";
import { type AskedExport, identity, recipient as recipientKey, releaseOf, sealedShare } from "./trust.ts";

const system = await testSystem({ allowExport: true });
const { coordinator, db } = system;
const { behaviour } = coordinator;
const recipient = createHash("sha256").update(recipientKey).digest("hex");
const body = { recipient, reason: "leaving" };
const refused = { document: new Uint8Array(), code: "party/recipient-refused" };

async function account(more: object = { user_id: "user" }): Promise<{ id: string; keyId: string }> {
  const { status, body: made } = await system.createAccount(more);
  expect(status, JSON.stringify(made)).toBe(201);
  return { id: made.id, keyId: made.keys[0].key_id };
}
const ask = (id: string, asked: object = body, headers?: Record<string, string>) =>
  system.call("POST", `/api/v1/accounts/${id}/export`, asked, headers);
const session = async (id: string) => (await system.call("GET", `/api/v1/sessions/${id}`)).body;
const exposed = async (id: string) =>
  (await system.call("GET", `/api/v1/accounts/${id}/keys`)).body.keys.map((key: { exposed: unknown }) => key.exposed);
const acts = async (id: string) =>
  (await system.call("GET", `/api/v1/audit?account_id=${id}&limit=100`)).body.entries.map(({ act }: { act: string }) => act);
interface Released {
  readonly party_id: string;
  readonly document: string;
}
const bytesOf = ({ document }: Released): Uint8Array => new Uint8Array(Buffer.from(document, "base64"));
/** Which parties' documents are the key, as the recipient's own check has it. */
function checked(documents: readonly Released[]): readonly string[] {
  const files = documents.map((each) => ({ name: each.party_id, bytes: bytesOf(each) }));
  const { keys, faults } = checkBackups(files, { recipients: [recipient] });
  expect([keys.length, faults]).toEqual([1, []]);
  const [epoch] = keys[0]?.epochs ?? [];
  return epoch?.isWhole === true ? epoch.shares.flatMap(({ names }) => names) : [];
}
function askedIn(signedIntent: Uint8Array): ExportAction {
  const { action } = fromBinary(IntentSchema, fromBinary(SignedSchema, signedIntent).body);
  if (action.case !== "export") throw new Error("it exports nothing");
  return action.value;
}

describe("an export", () => {
  it("202: the documents of the holders that consent; the key shows it for good, and goes on signing", async () => {
    const { id, keyId } = await account();
    expect(await exposed(id)).toEqual([null]);
    const { status, body: begun, headers } = await ask(id);
    expect([status, headers.get("location")]).toEqual([202, `/api/v1/sessions/${begun.session_id}`]);
    expect(begun).toMatchObject({ kind: "export", status: "completed", threshold_t: 2, threshold_n: 3 });
    const ended = await session(begun.session_id);
    expect(ended.result).toMatchObject({ key_id: keyId, scheme: "ecdsa-secp256k1", epoch: 0, recipient: `0x${recipient}`, refused: [] });
    expect(checked(ended.result.documents)).toEqual(["server-party-1", "server-party-2", "server-party-3"]);
    expect(ended.parties.map(({ state }: { state: string }) => state)).toEqual(["joined", "joined", "joined"]);
    expect(await exposed(id)).toEqual(["exported"]);
    expect((await acts(id)).slice(-5)).toEqual(["session.opened", "key.exported", "key.exported", "key.exported", "session.completed"]);
    expect((await system.call("POST", `/api/v1/accounts/${id}/sign`, { digest: "ab".repeat(32) })).status).toBe(200);

    // The key is in another epoch, with another holder, and the export is of its own epoch still.
    const refreshed = (await system.call("POST", `/api/v1/accounts/${id}/refresh`, {})).body;
    expect((await session(refreshed.session_id)).status, JSON.stringify(refreshed)).toBe("completed");
    expect(await exposed(id)).toEqual(["exported"]);
    expect((await session(begun.session_id)).result).toEqual(ended.result);
  });

  it("signs an intent for the key's epoch, the recipient and the reason, and takes no key in the place of a fingerprint", async () => {
    const { id, keyId } = await account();
    const intents: ExportAction[] = [];
    behaviour.releases = (partyId, asked) => {
      intents.push(askedIn(asked.signedIntent));
      return releaseOf(partyId, asked);
    };
    await ask(id, { ...body, recipient: `0X${recipient.toUpperCase()}` });
    expect(intents[0]).toMatchObject({ scheme: "ecdsa-secp256k1", epochNumber: 0, reason: "leaving" });
    expect(Buffer.from(intents[0]?.recipient ?? []).toString("hex")).toBe(recipient);
    expect(`0x${Buffer.from(intents[0]?.keyId ?? []).toString("hex")}`).toBe(keyId);
    for (const wrong of [
      { recipient: `02${recipient}` },
      { recipient: "" },
      { reason: "" },
      { reason: "x".repeat(201) },
      { reason: "a\nb" },
      { recipient_key: "02" },
      { parties: ["server-party-1"] },
    ])
      expect((await ask(id, { ...body, ...wrong })).status).toBe(400);
    expect((await ask(id, { ...body, key: "eddsa-ed25519" })).body.code).toBe("account/no-such-key");
    expect((await ask("acc_none")).body.code).toBe("account/not-found");
    expect((await system.call("POST", `/api/v1/accounts/${id}/export`, body, { "x-api-key": "api-key-of-another-tenant" })).status).toBe(
      404,
    );
  });

  it("403 where ALLOW_EXPORT is off, which is the default, and nobody is asked", async () => {
    const { id } = await account();
    await system.restart({ allowExport: false });
    const before = coordinator.seen.length;
    const { status, body: said } = await ask(id);
    expect([status, said.code]).toEqual([403, "account/export-off"]);
    expect(coordinator.seen.slice(before)).not.toContain("POST /api/v1/exports");
    await system.restart({ allowExport: true });
  });

  it("of one Idempotency-Key is one, and another one with it is a conflict", async () => {
    const { id } = await account();
    const headers = { "idempotency-key": "export-1" };
    const [one, same] = await Promise.all([ask(id, body, headers), ask(id, body, headers)]);
    expect(same.body.session_id).toBe(one.body.session_id);
    const conflict = await ask(id, { ...body, reason: "another" }, headers);
    expect([conflict.status, conflict.body.code]).toEqual([409, "account/idempotency-conflict"]);
  });

  it("completes with t consents, and names the holders that refuse", async () => {
    const { id } = await account();
    behaviour.releases = (partyId, asked) => releaseOf(partyId, asked, partyId === "server-party-2" ? refused : {});
    const { body: said } = await ask(id);
    expect(checked(said.result.documents)).toEqual(["server-party-1", "server-party-3"]);
    expect(said.result.refused).toEqual([{ party_id: "server-party-2", code: "party/recipient-refused" }]);
  });

  it("409 when so many refuse that fewer than t are left; the key is exported where one has consented", async () => {
    const [none, one] = [await account(), await account()];
    behaviour.releases = (partyId, asked) => releaseOf(partyId, asked, refused);
    const { status, body: said } = await ask(none.id);
    expect([status, said.code]).toEqual([409, "account/export-refused"]);
    expect(said.message).toContain("server-party-1 (party/recipient-refused), server-party-2 (party/recipient-refused)");
    expect(await exposed(none.id)).toEqual([null]);
    behaviour.releases = (partyId, asked) => releaseOf(partyId, asked, partyId === "server-party-1" ? {} : refused);
    expect((await ask(one.id)).status).toBe(409);
    expect(await exposed(one.id)).toEqual(["exported"]);
    expect((await acts(one.id)).slice(-2)).toEqual(["key.exported", "session.failed"]);
  });

  it("stays open while too few have answered, and asks again whenever somebody looks, until its intent is over", async () => {
    const { id } = await account();
    behaviour.releases = (partyId, asked) => (partyId === "server-party-1" ? releaseOf(partyId, asked) : undefined);
    const { status, body: begun } = await ask(id);
    expect([status, begun.status, begun.result]).toEqual([202, "open", null]);
    expect(begun.parties.map(({ state }: { state: string }) => state)).toEqual(["joined", "unknown", "unknown"]);
    expect(await exposed(id)).toEqual(["exported"]);
    expect((await session(begun.session_id)).status).toBe("open");
    behaviour.down = 502;
    expect((await session(begun.session_id)).status).toBe("open");
    behaviour.down = undefined;
    behaviour.releases = (partyId, asked) => releaseOf(partyId, asked);
    expect((await session(begun.session_id)).result.documents).toHaveLength(3);

    behaviour.releases = () => undefined;
    const { session_id } = (await ask(id)).body;
    await db
      .updateTable("sessions")
      .set({ expires_at: new Date(Date.now() + 60_000) })
      .where("session_id", "=", "none")
      .execute();
    await system.restart({ timing: { lifecycleTtlMs: 1 } });
    const late = (await ask(id)).body.session_id;
    const over = await session(late);
    expect([over.status, over.error?.code]).toEqual(["failed", "account/session-failed"]);
    expect(over.error.message).toContain("too few holders have answered before its intent expired");
    await system.restart({ allowExport: true });
    expect((await session(session_id)).status).toBe("open");
  });

  it("is taken up after a crash, by whichever replica starts", async () => {
    const { id } = await account();
    behaviour.releases = () => undefined;
    const { session_id } = (await ask(id)).body;
    behaviour.releases = (partyId, asked) => releaseOf(partyId, asked);
    await system.restart({ allowExport: true });
    await system.service().reconciled;
    const row = await db.selectFrom("sessions").select("status").where("session_id", "=", session_id).executeTakeFirstOrThrow();
    expect(row.status).toBe("completed");
    expect(await exposed(id)).toEqual(["exported"]);
  });

  it("503 with nothing decided while the coordinator is away, and the same key finds the session", async () => {
    const { id } = await account();
    const headers = { "idempotency-key": "export-away" };
    let isDown = true;
    behaviour.meanwhile = async () => {
      // It goes away after the holdings were asked for.
      if (isDown) behaviour.down = 503;
    };
    expect((await ask(id, body, headers)).status).toBe(503);
    isDown = false;
    behaviour.down = undefined;
    expect((await ask(id, body, headers)).body.status).toBe("completed");
  });

  it("fails when the coordinator refuses the intent, and says so", async () => {
    const { id } = await account();
    behaviour.releases = () => undefined;
    const { session_id } = (await ask(id)).body;
    behaviour.refuses = { status: 403, code: "trust/not-entitled" };
    const ended = await session(session_id);
    expect([ended.status, ended.error.code]).toEqual(["failed", "account/coordinator-refused"]);
  });
});

describe("what the coordinator gives for answers", () => {
  beforeEach(() => system.log.splice(0));
  it.each<[string, (partyId: string, asked: AskedExport) => ReturnType<typeof releaseOf> | undefined]>([
    ["answers to another intent", (partyId, asked) => releaseOf(partyId, asked, { intentId: new Uint8Array(32) })],
    ["answers about another key", (partyId, asked) => releaseOf(partyId, asked, { keyId: new Uint8Array(32) })],
    ["answers in another party's name", (partyId, asked) => releaseOf(partyId, asked, { partyId: "server-party-9" })],
    ["answers of a stranger", (_, asked) => releaseOf("server-party-9", asked, { document: Uint8Array.of(1) })],
    [
      "answers that the stranger signs for a holder",
      (partyId, asked) => ({ ...releaseOf("server-party-9", asked, { partyId, document: Uint8Array.of(1) }), signer: partyId }),
    ],
    [
      "holdings in the place of answers",
      (partyId, asked) => identity(partyId).statement("covault/holding/v1", releaseOf(partyId, asked).body),
    ],
  ])("counts for nothing when it is %s", async (_name, releases) => {
    const { id } = await account();
    behaviour.releases = releases;
    const { body: said } = await ask(id);
    expect([said.status, said.result]).toEqual(["open", null]);
    expect(await exposed(id)).toEqual([null]);
    expect(system.log.join("")).toContain("an answer to the export is worthless");
  });

  it("counts once for each holder: one that is asked again keeps its first word", async () => {
    const { id } = await account();
    behaviour.releases = (partyId, asked) => (partyId === "server-party-1" ? releaseOf(partyId, asked) : undefined);
    const { session_id } = (await ask(id)).body;
    behaviour.releases = (partyId, asked) => releaseOf(partyId, asked, partyId === "server-party-1" ? refused : {});
    const { documents, refused: none } = (await session(session_id)).result;
    expect([checked(documents), none]).toEqual([["server-party-1", "server-party-2", "server-party-3"], []]);
  });

  it("is verified again whenever it is read: an altered row is refused", async () => {
    const { id } = await account();
    const [one, other] = [(await ask(id)).body.session_id, (await ask(id)).body.session_id];
    const ofOther = db.selectFrom("releases").select("release").where("session_id", "=", other).where("party_id", "=", "server-party-1");
    const { release } = await ofOther.executeTakeFirstOrThrow();
    await db.updateTable("releases").set({ release }).where("session_id", "=", one).where("party_id", "=", "server-party-1").execute();
    const session_id = one;
    const { status, body: said } = await system.call("GET", `/api/v1/sessions/${session_id}`);
    expect([status, said.code]).toEqual([500, "account/altered-row"]);
  });

  it("leaves no document in the log", async () => {
    const { id } = await account();
    const { documents } = (await ask(id)).body.result;
    for (const { document } of documents) expect(system.log.join("")).not.toContain(document.slice(0, 200));
    expect(system.log.join("")).not.toContain(JSON.parse(Buffer.from(documents[0].document, "base64").toString()).sealed);
  });
});

describe("a holder that lies in its document", () => {
  const liar = "server-party-2";
  const lies = (lie: (asked: AskedExport) => Uint8Array) => {
    behaviour.releases = (partyId, asked) => releaseOf(partyId, asked, partyId === liar ? { document: lie(asked) } : {});
  };
  const sealed =
    (over: Parameters<typeof sealedShare>[2], partyId = liar) =>
    (asked: AskedExport) =>
      encodeBackup(sealedShare(partyId, asked, over));
  const other = new Uint8Array(32).fill(3);
  beforeEach(() => system.log.splice(0));

  it.each<[string, (asked: AskedExport) => Uint8Array]>([
    ["that is no document", () => new TextEncoder().encode("my share, honestly")],
    ["that is damaged", (asked) => sealed({})(asked).map((byte, at) => (at === 900 ? byte ^ 1 : byte))],
    ["whose sealed bytes hold no share", sealed({ sealed: new Uint8Array(6_027) })],
    ["of another key", sealed({ keyId: other })],
    ["of another epoch", sealed({ epoch: other })],
    ["of another epoch number", sealed({ epochNumber: 5 })],
    ["of another holder", sealed({}, "server-party-1")],
    ["that names another share", sealed({ shareIndex: 3 })],
    ["that is sealed to somebody else", sealed({ recipient: Uint8Array.from([2, ...recipientKey.subarray(1)]).fill(9, 1) })],
    ["that answers another export", sealed({ intentId: other })],
    [
      "that answers no export, as a backup",
      (asked) => {
        const { intentId: _, ...backup } = sealedShare(liar, asked);
        return encodeBackup(backup);
      },
    ],
    ["whose shares lie on a polynomial of its own", sealed({ slope: 8n })],
  ])("%s is named, and its document counts for nothing", async (_name, lie) => {
    lies(lie);
    const { id } = await account();
    const { body: said } = await ask(id);
    expect([said.status, said.result?.refused], system.log.join("")).toEqual([
      "completed",
      [{ party_id: liar, code: "backup/not-proven" }],
    ]);
    expect(checked(said.result.documents)).toEqual(["server-party-1", "server-party-3"]);
    expect(system.log.join("")).toContain(liar);
  });

  it.each<[string, (asked: AskedExport) => Uint8Array, string]>([
    ["a worthless document", sealed({ intentId: other }), `${liar} (backup/not-proven)`],
    ["one of another polynomial", sealed({ slope: 8n }), `documents of server-party-1, ${liar} are not of one key`],
  ])("409 with %s beside one honest holder alone, and the answer says whose", async (_name, lie, said) => {
    lies(lie);
    const { releases } = behaviour;
    behaviour.releases = (partyId, asked) => (partyId === "server-party-3" ? releaseOf(partyId, asked, refused) : releases(partyId, asked));
    const { status, body: failed } = await ask((await account()).id);
    expect([status, failed.code]).toEqual([409, "account/export-refused"]);
    expect(failed.message).toContain(said);
    expect(failed.message).toContain("server-party-3 (party/recipient-refused)");
  });

  it("alone marks no key as exported", async () => {
    const { id } = await account();
    behaviour.releases = (partyId, asked) =>
      partyId === liar ? releaseOf(partyId, asked, { document: sealed({ intentId: other })(asked) }) : undefined;
    const { body: said } = await ask(id);
    expect([said.status, await exposed(id)]).toEqual(["open", [null]]);
  });

  it("is checked once: whoever looks again later waits for no proof", async () => {
    const { id } = await account();
    lies(sealed({ intentId: other }));
    const { session_id } = (await ask(id)).body;
    system.log.splice(0);
    expect((await session(session_id)).result.refused).toEqual([{ party_id: liar, code: "backup/not-proven" }]);
    expect(system.log.join("")).not.toContain("proves no share");
  });
});
