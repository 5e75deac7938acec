// These tests make pairs and shares anew within a key's epoch: renewal and repair, as callers ask
// for them, and as the service does it by itself for a signature that waits. The coordinator is one
// made by hand.
import type { RenewAction, RepairAction } from "@covault/wire";
import { beforeEach, describe, expect, it } from "vitest";
import { lookOf, refreshLookEveryMs } from "../src/operations/by-itself.ts";
import { digest, testSystem } from "./system.ts";
import { holdingOf, identity, lost, pairCertificate, pairIdOf, publicShareOf, repairedHolding } from "./trust.ts";

const system = await testSystem();
const { coordinator } = system;
const { behaviour } = coordinator;
const dayMs = 24 * 3_600_000;
const [one, two, three] = ["server-party-1", "server-party-2", "server-party-3"] as const;

async function account(body: object = { user_id: "user" }): Promise<{ id: string; keyId: string }> {
  const { status, body: made } = await system.createAccount(body);
  expect(status, JSON.stringify(made)).toBe(201);
  return { id: made.id, keyId: made.keys[0].key_id };
}
const ask = (id: string, kind: string, body: object = {}, headers?: Record<string, string>) =>
  system.call("POST", `/api/v1/accounts/${id}/${kind}`, body, headers);
const session = async (id: string) => (await system.call("GET", `/api/v1/sessions/${id}`)).body;
const code = async (id: string, kind: string, body: object) => {
  const { status, body: answer } = await ask(id, kind, body);
  return [status, answer.code, answer.errors?.[0]?.pointer];
};
function action(sessionId: string) {
  const asked = coordinator.sessions.get(sessionId)?.intent.action;
  return asked?.value as unknown as Omit<RenewAction, "$typeName"> & Omit<RepairAction, "$typeName">;
}
const renewals = () =>
  [...coordinator.sessions.values()].flatMap(({ intent }) => (intent.action.case === "renew" ? [intent.action.value] : []));
/** Those of one key. Others may have the same look of the day. */
const renewalsOf = (keyId: string) => renewals().filter((asked) => Buffer.from(asked.keyId).equals(Buffer.from(keyId.slice(2), "hex")));
const events = async (id: string, act: string) =>
  (await system.call("GET", `/api/v1/audit?account_id=${id}&act=${act}`)).body.entries.map(({ data }: { data: object }) => data);
/** Has a holder say other things of its pairs, by the share index of the partner. */
function standings(by: Readonly<Record<string, Readonly<Record<number, object>>>>): void {
  behaviour.holds = (partyId, question) => {
    const own = Number(partyId.at(-1));
    const pairs = [1, 2, 3]
      .filter((index) => index !== own)
      .map((index) => ({ shareIndex: index, state: "usable", pairId: pairIdOf(own, index), ...by[partyId]?.[index] }));
    return holdingOf(partyId, question, { pairs });
  };
}
beforeEach(() => {
  coordinator.sessions.clear();
});

describe("renew", () => {
  it("202: the session; when it has ended the result names the two ends, and the event log the pair", async () => {
    const { id, keyId } = await account();
    standings({ [one]: { 3: { generation: 2, pairId: pairIdOf(8, 9) } }, [three]: { 1: { generation: 1 } } });
    const begun = await ask(id, "renew", { parties: [three, one] });
    expect([begun.status, begun.headers.get("location")]).toEqual([202, `/api/v1/sessions/${begun.body.session_id}`]);
    const asked = action(begun.body.session_id);
    // Above what either end has, and the pair of the higher generation is the one before.
    expect([asked.shareIndexLo, asked.shareIndexHi, asked.generation]).toEqual([1, 3, 3]);
    expect(asked.oldPairId).toEqual(pairIdOf(8, 9));
    const ended = await session(begun.body.session_id);
    expect([ended.status, ended.kind, ended.threshold_t, ended.threshold_n]).toEqual(["completed", "renew", 2, 3]);
    expect(ended.result).toEqual({ key_id: keyId, scheme: "ecdsa-secp256k1", epoch: 0, generation: 3, renewed: [one, three] });
    const [changed] = await events(id, "key.renewed");
    expect(changed).toMatchObject({ key_id: keyId.slice(2), epoch_number: 0, share_indices: [1, 3], generation: 3 });
  });

  it("names no old pair where both ends have lost it", async () => {
    const { id } = await account();
    const gone = { state: "lost", pairId: new Uint8Array(32) };
    standings({ [one]: { 2: gone }, [two]: { 1: gone } });
    const { session_id } = (await ask(id, "renew", { parties: [one, two] })).body;
    expect([action(session_id).generation, action(session_id).oldPairId]).toEqual([1, new Uint8Array(32)]);
  });

  it("the same Idempotency-Key gives the same session, for the parties in either order; another pair is a conflict", async () => {
    const { id } = await account();
    const headers = { "idempotency-key": "again" };
    const first = (await ask(id, "renew", { parties: [one, two] }, headers)).body.session_id;
    expect((await ask(id, "renew", { parties: [two, one] }, headers)).body.session_id).toBe(first);
    expect((await ask(id, "renew", { parties: [one, three] }, headers)).body.code).toBe("account/idempotency-conflict");
  });

  it("400: parties that hold no share, that are one, or not two, and a key without pairs", async () => {
    const { id } = await account({ user_id: "two", schemes: ["ecdsa-secp256k1", "eddsa-ed25519"] });
    expect(await code(id, "renew", { parties: [one, "nobody"] })).toEqual([400, "account/bad-members", "/parties"]);
    expect(await code(id, "renew", { parties: [one, one] })).toEqual([400, "account/bad-members", "/parties"]);
    expect((await ask(id, "renew", { parties: [one] })).status).toBe(400);
    expect(await code(id, "renew", { parties: [one, two], key: "eddsa-ed25519" })).toEqual([400, "account/no-pairs", "/key"]);
    // The key that has pairs is meant where none is named.
    expect((await ask(id, "renew", { parties: [one, two] })).status).toBe(202);
  });

  it("409: a pair of which a failed check is not cleared at one end, with the operators that can clear it", async () => {
    const { id } = await account();
    standings({ [two]: { 1: { state: "burned", uncleared: true } } });
    const { status, body } = await ask(id, "renew", { parties: [one, two] });
    expect([status, body.code, body.message]).toEqual([
      409,
      "account/pair-uncleared",
      `A check of the pair of ${one} and ${two} has failed, and the operator of ${two} has not cleared it.`,
    ]);
    standings({ [two]: { 1: { state: "burned" } } });
    expect((await ask(id, "renew", { parties: [one, two] })).status).toBe(202);
  });

  it("409: a pair of generation 16, and an end that has lost its share; 503: an end that is away", async () => {
    const { id } = await account();
    standings({ [one]: { 2: { generation: 16 } } });
    expect(await code(id, "renew", { parties: [one, two] })).toEqual([409, "account/pair-exhausted", undefined]);
    behaviour.holds = (partyId, question) => holdingOf(partyId, question, partyId === two ? lost : {});
    expect(await code(id, "renew", { parties: [one, two] })).toEqual([409, "account/share-lost", undefined]);
    behaviour.holds = (partyId, question) => (partyId === two ? undefined : holdingOf(partyId, question));
    expect(await code(id, "renew", { parties: [one, two] })).toEqual([503, "account/holders-away", undefined]);
  });

  it("409: another renewal of the pair is under way; another pair and a refresh are not in its way, and a staged one is passed by", async () => {
    const { id } = await account();
    behaviour.renews = () => undefined;
    behaviour.continues = () => undefined;
    const first = (await ask(id, "renew", { parties: [one, two] })).body.session_id;
    expect(await code(id, "renew", { parties: [two, one] })).toEqual([409, "account/lifecycle-running", undefined]);
    expect((await ask(id, "renew", { parties: [one, three] })).status).toBe(202);
    expect((await ask(id, "refresh")).status).toBe(202);
    behaviour.staged = true;
    coordinator.finish();
    expect((await ask(id, "renew", { parties: [one, two] })).status).toBe(202);
    expect((await session(first)).status).toBe("failed");
  });

  it("takes no pair certificate but one of both ends for this very intent", async () => {
    const { id } = await account();
    const other = (await ask(id, "renew", { parties: [one, three] })).body.session_id;
    const forged = [
      (intent: Uint8Array) => pairCertificate(intent, { pairId: new Uint8Array(32) }),
      (intent: Uint8Array) => pairCertificate(intent, { generation: 2 }),
      () => pairCertificate(coordinator.sessions.get(other)!.signedIntent),
      () => new Uint8Array(10),
    ];
    for (const renews of forged) {
      behaviour.renews = renews;
      const ended = await session((await ask(id, "renew", { parties: [one, two] })).body.session_id);
      expect([ended.status, ended.error?.code]).toEqual(["failed", "account/bad-result"]);
    }
  });

  it("is completed by a pair certificate that comes after it has failed here, once, and by no other", async () => {
    const { id, keyId } = await account();
    behaviour.fail = { code: "coordinator/aborted", message: "A caller aborted the session." };
    const late = (await ask(id, "renew", { parties: [one, two] })).body.session_id;
    expect((await session(late)).status).toBe("failed");
    const known = coordinator.sessions.get(late)!;
    const shows = async (certificate: Uint8Array) => {
      Object.assign(known, { status: "completed", error: null, result: { pair_certificate: Buffer.from(certificate).toString("base64") } });
      return (await session(late)).status;
    };
    expect(await shows(pairCertificate(known.signedIntent, { generation: 2 }))).toBe("failed");
    expect(await shows(new Uint8Array(10))).toBe("failed");
    expect(await shows(pairCertificate(known.signedIntent))).toBe("completed");
    expect(await session(late)).toMatchObject({ status: "completed", error: null, result: { generation: 1, renewed: [one, two] } });
    expect(await events(id, "key.renewed")).toMatchObject([{ key_id: keyId.slice(2), generation: 1 }]);
    expect(await events(id, "session.completed")).toHaveLength(2);
    // It shows so also while the coordinator does not.
    Object.assign(known, { status: "failed", result: null, error: { code: "coordinator/aborted", message: "" } });
    expect((await session(late)).status).toBe("completed");
  });

  it("the same Idempotency-Key gives the same session also when its parties hold no share of the key any more", async () => {
    const { id } = await account();
    const headers = { "idempotency-key": "gone" };
    const first = (await ask(id, "renew", { parties: [one, three] }, headers)).body.session_id;
    await session(first);
    await session((await ask(id, "reshare", { leave_out: [three], force: "2-of-2" })).body.session_id);
    const { status, body } = await ask(id, "renew", { parties: [one, three] }, headers);
    expect([status, body.session_id, body.status]).toEqual([202, first, "completed"]);
    expect(body.result).toMatchObject({ renewed: [one, three] });
    expect(await code(id, "renew", { parties: [one, three] })).toEqual([400, "account/bad-members", "/parties"]);
  });

  it("is believed in its own epoch after the key has got a further one", async () => {
    const { id } = await account();
    behaviour.renews = () => undefined;
    const { session_id } = (await ask(id, "renew", { parties: [one, two] })).body;
    await session((await ask(id, "refresh")).body.session_id);
    behaviour.renews = (signedIntent) => pairCertificate(signedIntent);
    coordinator.finish();
    expect((await session(session_id)).result).toMatchObject({ epoch: 0, generation: 1 });
  });
});

describe("repair", () => {
  const lacks = (partyId: string): void => {
    behaviour.holds = (id, question) => holdingOf(id, question, id === partyId ? lost : {});
  };
  it("202: so many helpers as sign, with what they say alike; when it has ended the result names who has its share again", async () => {
    const { id, keyId } = await account();
    lacks(two);
    const { status, body } = await ask(id, "repair", { party_id: two });
    expect(status).toBe(202);
    const asked = action(body.session_id);
    expect([asked.helpers, asked.threshold, asked.receiver?.partyId]).toEqual([[1, 3], 2, two]);
    expect(asked.receiver?.idpk).toEqual(identity(two).publicKey);
    expect(asked.publicShares).toEqual([one, two, three].map((party) => publicShareOf(party, asked.epoch)));
    const ended = await session(body.session_id);
    expect([ended.status, ended.result]).toEqual(["completed", { key_id: keyId, scheme: "ecdsa-secp256k1", epoch: 0, repaired: two }]);
    expect(await events(id, "key.repaired")).toMatchObject([{ key_id: keyId.slice(2), party_id: two }]);
  });

  it("400: no holder; 409: one that has its share; 503: one that is away, or too few that could help", async () => {
    const { id } = await account();
    expect(await code(id, "repair", { party_id: "nobody" })).toEqual([400, "account/bad-members", "/party_id"]);
    expect(await code(id, "repair", { party_id: two })).toEqual([409, "account/share-held", undefined]);
    behaviour.holds = (partyId, question) => (partyId === two ? undefined : holdingOf(partyId, question));
    expect(await code(id, "repair", { party_id: two })).toEqual([503, "account/holders-away", undefined]);
    behaviour.holds = (partyId, question) => holdingOf(partyId, question, partyId === one ? {} : lost);
    expect(await code(id, "repair", { party_id: two })).toEqual([503, "account/holders-away", undefined]);
  });

  it("takes other helpers after a repair that failed", async () => {
    const { id } = await account({ user_id: "four", threshold_t: 2, threshold_n: 4 });
    lacks(two);
    behaviour.fail = { code: "mpc/bad-message", message: "no" };
    const first = (await ask(id, "repair", { party_id: two })).body.session_id;
    expect([action(first).helpers, (await session(first)).status]).toEqual([[1, 3], "failed"]);
    expect(action((await ask(id, "repair", { party_id: two })).body.session_id).helpers).toContain(4);
  });

  it("comes to helpers that are all honest, whichever holder fails every run that it helps in", async () => {
    const { id } = await account({ user_id: "liar", threshold_t: 2, threshold_n: 4 });
    lacks(two);
    for (const liar of [1, 3, 4]) {
      behaviour.fail = { code: "mpc/bad-message", message: "no" };
      let tried = 0;
      let helpers: readonly number[] = [liar];
      // One of two runs is without the liar, so that so many in a row are never with it.
      while (helpers.includes(liar) && tried++ < 60) {
        const begun = (await ask(id, "repair", { party_id: two })).body.session_id;
        helpers = action(begun).helpers;
        expect((await session(begun)).status).toBe("failed");
      }
      expect(helpers, `with a liar at ${liar}`).not.toContain(liar);
    }
    behaviour.fail = undefined;
  }, 60_000);

  it("takes no word but the receiver's that it holds its share in this epoch", async () => {
    const { id } = await account();
    lacks(two);
    const forged = [
      (intent: Uint8Array) => repairedHolding(intent, lost),
      (intent: Uint8Array) => repairedHolding(intent, { epoch: new Uint8Array(32).fill(9) }),
      (intent: Uint8Array) => repairedHolding(intent, { partyId: one }),
      () => new Uint8Array(10),
    ];
    for (const repairs of forged) {
      behaviour.repairs = repairs;
      const ended = await session((await ask(id, "repair", { party_id: two })).body.session_id);
      expect([ended.status, ended.error?.code]).toEqual(["failed", "account/bad-result"]);
    }
  });
});

/** The time at which the service looks at a key by itself, today. */
function itsLook(keyId: string): number {
  const own = lookOf({ charter: { keyId: new Uint8Array(Buffer.from(keyId.slice(2), "hex")) } } as Parameters<typeof lookOf>[0]);
  return Math.floor(Date.now() / dayMs) * dayMs + own * refreshLookEveryMs;
}

describe("a signature that waits for a pair", () => {
  const gone = { state: "lost", pairId: new Uint8Array(32) };
  /** A renewed pair is usable from then on. */
  function healing(pairs: Record<string, Record<number, object>>): void {
    standings(pairs);
    behaviour.renews = (signedIntent) => {
      const { shareIndexLo, shareIndexHi } = renewals().at(-1)!;
      delete pairs[`server-party-${shareIndexLo}`]?.[shareIndexHi];
      delete pairs[`server-party-${shareIndexHi}`]?.[shareIndexLo];
      behaviour.needsPairs = [];
      return pairCertificate(signedIntent);
    };
  }
  const sign = (id: string) => system.call("POST", `/api/v1/accounts/${id}/sign`, { digest });

  it("has the pair renewed by the service itself, and the others of the restored party behind it", async () => {
    const { id } = await account();
    healing({ [two]: { 1: gone, 3: gone } });
    behaviour.needsPairs = [[1, 2]];
    expect((await sign(id)).status).toBe(200);
    expect(renewals()).toMatchObject([{ shareIndexLo: 1, shareIndexHi: 2 }]);
    await system.service().renewed();
    expect(renewals()).toMatchObject([{ shareIndexHi: 2 }, { shareIndexLo: 2, shareIndexHi: 3 }]);
    expect(await events(id, "key.renewed")).toHaveLength(2);
  });

  it("renews the other pairs though one of them cannot be renewed any more", async () => {
    const { id } = await account();
    standings({ [one]: { 2: gone, 3: gone } });
    behaviour.fail = { code: "mpc/bad-message", message: "no" };
    for (let run = 0; run < 3; run++) await session((await ask(id, "renew", { parties: [one, two] })).body.session_id);
    behaviour.fail = undefined;
    healing({ [one]: { 2: gone, 3: gone } });
    const before = renewals().length;
    behaviour.needsPairs = [[1, 2]];
    expect((await sign(id)).status).toBe(200);
    await system.service().renewed();
    expect(renewals().slice(before)).toMatchObject([{ shareIndexLo: 1, shareIndexHi: 3 }]);
  });

  const older = { code: "party/restored", message: "The intent was made before this party's store was restored." };

  it("has the pair renewed at last of a party that was restored a moment ago and refuses what is asked for meanwhile", async () => {
    const { id } = await account();
    healing({ [two]: { 1: gone } });
    behaviour.needsPairs = [[1, 2]];
    const { renews } = behaviour;
    behaviour.renews = (signedIntent) => (renewals().length <= 4 ? older : renews(signedIntent));
    expect((await sign(id)).status).toBe(200);
    expect(renewals()).toHaveLength(5);
    await system.service().renewed();
  });

  it("asks a party that refuses so 16 times in a day, and no more", async () => {
    const { id, keyId } = await account();
    standings({ [two]: { 1: gone } });
    behaviour.renews = () => older;
    for (let run = 0; run < 15; run++) await session((await ask(id, "renew", { parties: [one, two] })).body.session_id);
    for (let look = 0; look < 2; look++) {
      await system.service().lookAtKeys(itsLook(keyId));
      await system.service().renewed();
    }
    expect(renewalsOf(keyId)).toHaveLength(16);
  });

  it("a renewal that takes long holds up no other key", async () => {
    const [slow, quick] = [await account(), await account()];
    standings({ [two]: { 1: gone } });
    const isOf = (signedIntent: Uint8Array, { keyId }: { keyId: string }) =>
      Buffer.from(signedIntent).includes(Buffer.from(keyId.slice(2), "hex"));
    behaviour.renews = (signedIntent) => (isOf(signedIntent, slow) ? undefined : pairCertificate(signedIntent));
    await system.service().lookAtKeys(itsLook(slow.keyId));
    await expect.poll(() => renewalsOf(slow.keyId).length, { timeout: 10_000 }).toBe(1);
    await system.service().lookAtKeys(itsLook(quick.keyId));
    await expect.poll(() => events(quick.id, "key.renewed"), { timeout: 10_000 }).toMatchObject([{ share_indices: [1, 2] }]);
    expect(await events(slow.id, "key.renewed")).toEqual([]);
    behaviour.renews = (signedIntent) => pairCertificate(signedIntent);
    coordinator.finish();
    await system.service().renewed();
    expect(await events(slow.id, "key.renewed")).toHaveLength(1);
  });

  it("shows the pairs while it waits, and three renewals of a pair in a day are enough", async () => {
    const { id } = await account();
    standings({ [two]: { 1: gone } });
    behaviour.needsPairs = [[1, 2]];
    behaviour.fail = { code: "mpc/bad-message", message: "no" };
    for (let run = 0; run < 3; run++) await session((await ask(id, "renew", { parties: [one, two] })).body.session_id);
    behaviour.fail = undefined;
    const before = renewals().length;
    const signing = sign(id);
    const waiting = () =>
      [...coordinator.sessions].flatMap(([sessionId, { intent }]) =>
        intent.action.case === "sign" ? [{ sessionId, accountId: intent.accountId }] : [],
      );
    await expect.poll(waiting).toEqual([{ sessionId: expect.stringMatching(/^ses_/), accountId: id }]);
    const shown = await session(waiting()[0]!.sessionId);
    expect([shown.status, shown.needs_pairs]).toEqual(["open", [[1, 2]]]);
    await system.service().renewed();
    expect(renewals()).toHaveLength(before);
    behaviour.needsPairs = [];
    expect((await signing).status).toBe(200);
  });

  /** The two sign, and nobody else. */
  const choose = async (id: string, ids: readonly string[]) =>
    expect((await system.call("PUT", `/api/v1/accounts/${id}/signing-configuration`, { parties: ids, required: ids })).status).toBe(200);
  const refusal = async (id: string) => {
    const { status, body } = await sign(id);
    const [asked] = [...coordinator.sessions.values()].filter(({ intent }) => intent.action.case === "sign");
    return [status, body.code, body.message.replace(/^The sign session \S+ failed: /, ""), asked?.error?.code];
  };

  it("ends with what to do, where no quorum can sign until people act: renewals in vain, an old pair, a failed check", async () => {
    const { id } = await account();
    behaviour.needsPairs = [[1, 2]];
    standings({ [two]: { 1: gone } });
    await choose(id, [one, two]);
    behaviour.renews = () => ({ code: "mpc/bad-message", message: "no" });
    for (let run = 0; run < 3; run++) await session((await ask(id, "renew", { parties: [one, two] })).body.session_id);
    const inVain = (advice: string) => [
      502,
      "account/session-failed",
      `No quorum of this key signs until people act. ${advice} (coordinator/no-quorum)`,
      "coordinator/aborted",
    ];

    expect(await refusal(id)).toEqual(
      inVain(
        `The pair of ${one} and ${two} was to be made anew too often in a day. After the reason is found, it is made anew by covault renew ${id} --parties ${one},${two}, and all pairs of the key by covault refresh ${id}.`,
      ),
    );
    expect(renewals()).toHaveLength(3);

    const old = (await account()).id;
    await choose(old, [one, two]);
    coordinator.sessions.clear();
    standings({ [one]: { 2: { state: "burned", strikes: 8, generation: 16 } } });
    expect(await refusal(old)).toEqual(
      inVain(
        `The pair of ${one} and ${two} was made anew 16 times in its epoch. All pairs of the key are made anew by covault refresh ${old}.`,
      ),
    );

    const failed = (await account()).id;
    await choose(failed, [one, two]);
    coordinator.sessions.clear();
    standings({ [one]: { 2: { state: "burned", uncleared: true } } });
    expect(await refusal(failed)).toEqual(
      inVain(
        `A check of the pair of ${one} and ${two} has failed. After the reason is found, the operator of ${one} can run covault pair clear for its pair with ${two}.`,
      ),
    );
  });

  it("goes on waiting while a holder that is away could make another quorum", async () => {
    const { id } = await account();
    behaviour.needsPairs = [[1, 2]];
    const failed = [{ shareIndex: 2, state: "burned", uncleared: true, pairId: pairIdOf(1, 2) }];
    behaviour.holds = (partyId, question) =>
      partyId === three ? undefined : holdingOf(partyId, question, partyId === one ? { pairs: failed } : {});
    const questions = () => coordinator.seen.filter((line) => line === "POST /api/v1/holdings").length;
    const before = questions();
    const signing = sign(id);
    // The second question is that about the key's other pairs, after the verdict on this one.
    await expect.poll(questions, { timeout: 10_000 }).toBeGreaterThanOrEqual(before + 2);
    behaviour.needsPairs = [];
    expect((await signing).status).toBe(200);
  });

  it("has a pair certified again that its ends call usable, and a coordinator with an older database burned", async () => {
    const { id } = await account();
    behaviour.fail = {
      code: "coordinator/no-quorum",
      message: "Every quorum of this key holds a pair that is burned.",
      parties: [one, two],
    };
    const { status, body } = await sign(id);
    behaviour.fail = undefined;
    expect([status, body.code]).toEqual([502, "account/session-failed"]);
    expect(body.message).toMatch(/made anew for the coordinator. Ask again in a moment. \(coordinator\/no-quorum\)$/);
    await system.service().renewed();
    expect(renewals()).toMatchObject([{ shareIndexLo: 1, shareIndexHi: 2, generation: 1 }]);
    expect((await sign(id)).status).toBe(200);
  });

  it("renews no pair of which a check has failed, and the refusal names who can clear it", async () => {
    const { id } = await account();
    standings({ [one]: { 2: { state: "burned", uncleared: true } } });
    behaviour.fail = { code: "coordinator/no-quorum", message: "Every quorum of this key holds a pair that is burned." };
    const { status, body } = await sign(id);
    expect([status, body.code]).toEqual([502, "account/session-failed"]);
    expect(body.message).toContain(`the operator of ${one} can run covault pair clear for its pair with ${two}`);
    expect(body.message).toMatch(/\(coordinator\/no-quorum\)$/);
    expect(renewals()).toEqual([]);
    // Once it is cleared a person asks for the renewal, and is told how.
    standings({ [one]: { 2: { state: "burned" } } });
    expect((await sign(id)).body.message).toContain(`covault renew ${id} --parties ${one},${two}`);
    expect(renewals()).toEqual([]);
  });
});

describe("abort", () => {
  const abort = (id: string) => system.call("POST", `/api/v1/sessions/${id}/abort`);
  it("200: what waits has failed, the next one can begin, and the event log says who did it", async () => {
    const { id } = await account();
    behaviour.continues = () => undefined;
    const { session_id } = (await ask(id, "refresh")).body;
    expect((await ask(id, "reshare", { leave_out: [three], force: "2-of-2" })).body.code).toBe("account/lifecycle-running");
    const { status, body } = await abort(session_id);
    expect([status, body.status, body.error?.message]).toEqual([200, "failed", expect.stringContaining("coordinator/aborted")]);
    expect((await ask(id, "reshare", { leave_out: [three], force: "2-of-2" })).status).toBe(202);
    expect(await events(id, "session.aborted")).toEqual([{ kind: "refresh" }]);
    // It is said once, and what has ended stays as it is.
    expect((await abort(session_id)).body.status).toBe("failed");
    expect(await events(id, "session.aborted")).toHaveLength(1);
  });
  it("503 while the coordinator is away: nothing is aborted, and the event log says nothing of it", async () => {
    const { id } = await account();
    behaviour.continues = () => undefined;
    const { session_id } = (await ask(id, "refresh")).body;
    behaviour.down = 503;
    expect((await abort(session_id)).status).toBe(503);
    behaviour.down = undefined;
    expect((await session(session_id)).status).toBe("open");
    expect(await events(id, "session.aborted")).toEqual([]);
    expect((await abort(session_id)).body.status).toBe("failed");
    expect(await events(id, "session.aborted")).toEqual([{ kind: "refresh" }]);
  });
  it("200: a session that the coordinator has not got yet ends as aborted at once", async () => {
    const { id } = await account();
    await system.restart({ timing: { openingMs: 60_000 } });
    behaviour.down = 503;
    expect((await system.call("POST", `/api/v1/accounts/${id}/sign`, { digest })).status).toBe(503);
    behaviour.down = undefined;
    const [stored] = await system.db.selectFrom("sessions").selectAll().where("kind", "=", "sign").where("status", "=", "open").execute();
    const { status, body } = await abort(stored!.session_id);
    expect([status, body.status, body.error?.message]).toEqual([200, "failed", expect.stringContaining("coordinator/aborted")]);
    expect(coordinator.sessions.has(stored!.session_id)).toBe(false);
  });
  it("200: a result that came first counts; 404: another tenant's; 409: a keygen", async () => {
    const { id } = await account();
    const { session_id } = (await ask(id, "refresh")).body;
    expect((await abort(session_id)).body.status).toBe("completed");
    expect((await abort("ses_none")).status).toBe(404);
    const [keygen] = [...coordinator.sessions].filter(([, { intent }]) => intent.action.case === "keygen");
    const refused = await abort(keygen![0]);
    expect([refused.status, refused.body.code]).toEqual([409, "account/not-abortable"]);
  });
});
