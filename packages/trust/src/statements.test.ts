import { create } from "@bufbuild/protobuf";
import { AbandonmentSchema, AccusationSchema, AckSchema, JoinStatementSchema, type Member, signatureTags } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { refusal } from "../test/refused.ts";
import {
  type AckInit,
  ack,
  ackInit,
  bytesOf,
  encode,
  initiator,
  intent,
  join,
  joinInit,
  keygenInit,
  keyOf,
  memberInits,
  parties,
  publicKeyOf,
  statement,
  termsOf,
} from "../test/statements.ts";
import { pairFaults, verifyAbandonment, verifyAccusation, verifyAck, verifyJoin } from "./index.ts";

const members = memberInits as unknown as readonly Member[];
const party = (at: number) => parties[at] as (typeof parties)[number];

describe("verifyJoin", () => {
  const expected = { rid: joinInit.rid, intentId: joinInit.intentId, attempt: 1, signers: [1, 2, 3], member: members[1] as Member };
  const answer = (signed: ReturnType<typeof join>): string => refusal(() => verifyJoin(signed, expected));

  it("gives the statement that the member signed for this attempt", () => {
    expect(verifyJoin(join(), expected).contribution).toEqual(joinInit.contribution);
  });

  it("refuses another member's signature, another signer's name, another tag", () => {
    expect(answer(join(undefined, party(0).key))).toContain("its identity key did not sign it");
    expect(answer(join(undefined, party(1).key, "server-party-1"))).toContain("another party claims");
    expect(answer(statement(signatureTags.ack, "server-party-2", party(1).key, encode(JoinStatementSchema, joinInit)))).toContain(
      "did not sign it",
    );
  });

  it.each<[string, Partial<typeof joinInit>, string]>([
    ["the join of another attempt's routing id", { rid: bytesOf(32, 9) }, "rid"],
    ["the join to another intent", { intentId: bytesOf(32, 9) }, "intent_id"],
    ["another attempt number", { attempt: 2 }, "attempt"],
    ["another share index", { shareIndex: 3 }, "share_index"],
    ["another party id inside", { partyId: "server-party-3" }, "party_id"],
    ["no instance", { instanceId: "" }, "instance_id"],
    ["a contribution of 31 bytes", { contribution: bytesOf(31, 1) }, "contribution"],
    ["a channel key of 33 bytes", { x25519: bytesOf(33, 1) }, "x25519"],
    ["another quorum", { signers: [1, 2] }, "signers"],
    ["the same quorum in another order", { signers: [2, 1, 3] }, "signers"],
    ["a policy without its hash", { policyVersion: 1n }, "policy_hash has 0 bytes"],
    ["the hash of no policy", { policyHash: bytesOf(32, 1) }, "policy_hash has 32 bytes"],
    ["a key where one is made", { keyId: bytesOf(32, 1) }, "key_id"],
    ["an epoch where one is made", { epoch: bytesOf(32, 1) }, "epoch"],
    ["an epoch number where one is made", { epochNumber: 1 }, "epoch_number is 1, not 0"],
    ["pairs where they are made", { pairs: [{ shareIndex: 1, pairId: bytesOf(32, 1) }] }, "pairs"],
  ])("refuses %s", (_name, change, text) => {
    const text_ = answer(join((init) => Object.assign(init, change)));
    expect(text_).toContain("trust/bad-join: The join of server-party-2 is refused");
    expect(text_).toContain(text);
  });

  it("refuses a flipped bit anywhere", () => {
    const signed = join();
    for (let at = 0; at < signed.body.length; at += 7) {
      const body = signed.body.slice();
      body[at] = (body[at] as number) ^ 4;
      expect(answer({ ...signed, body })).toContain("did not sign it");
    }
  });
});

describe("verifyJoin, of a signature", () => {
  const key = { keyId: bytesOf(32, 0x51), epoch: bytesOf(32, 0x52), epochNumber: 3, pairs: true };
  const pair = (shareIndex: number, fill = 0x60 + shareIndex) => ({ shareIndex, pairId: bytesOf(32, fill) });
  const { pairs: _pairs, ...named } = key;
  const expected = {
    rid: joinInit.rid,
    intentId: joinInit.intentId,
    attempt: 1,
    signers: [1, 2, 3],
    member: members[1] as Member,
    key,
  };
  const answer = (change: object, asked: Partial<typeof key> = {}): string =>
    refusal(() =>
      verifyJoin(
        join((init) => Object.assign(init, named, { pairs: [pair(1), pair(3)] }, change)),
        { ...expected, key: { ...key, ...asked } },
      ),
    );

  it("takes the key, the epoch and a pair for each other signer, also one that is not there", () => {
    expect(answer({})).toBe("accepted");
    expect(answer({ pairs: [pair(1), pair(3, 0)] })).toBe("accepted");
    expect(answer({ pairs: [] }, { pairs: false })).toBe("accepted");
    expect(answer({ policyVersion: 7n, policyHash: bytesOf(32, 1), generation: 5n })).toBe("accepted");
  });

  it.each<[string, object, string]>([
    ["another key", { keyId: bytesOf(32, 1) }, "key_id"],
    ["no key", { keyId: new Uint8Array() }, "key_id"],
    ["another epoch", { epoch: bytesOf(32, 1) }, "epoch is not"],
    ["another epoch number", { epochNumber: 2 }, "epoch_number is 2, not 3"],
    ["a pair too few", { pairs: [pair(1)] }, "pairs are not one for each"],
    ["a pair with itself", { pairs: [pair(1), pair(2), pair(3)] }, "pairs are not one for each"],
    ["pairs in another order", { pairs: [pair(3), pair(1)] }, "pairs are not one for each"],
    ["a pair id of 31 bytes", { pairs: [pair(1), { shareIndex: 3, pairId: bytesOf(31, 1) }] }, "pairs.pair_id has 31 bytes"],
  ])("refuses %s", (_name, change, text) => expect(answer(change)).toContain(text));

  it("refuses pairs of a scheme that has none", () => expect(answer({}, { pairs: false })).toContain("pairs are not"));
});

describe("pairFaults", () => {
  /**
   * Gives the joins of 1, 2 and 3, with each pair named by its two indices. `change` renames what
   * one of them says of another.
   */
  const joins = (change: Record<string, number> = {}) =>
    [1, 2, 3].map((self) =>
      create(JoinStatementSchema, {
        shareIndex: self,
        pairs: [1, 2, 3]
          .filter((other) => other !== self)
          .map((other) => ({ shareIndex: other, pairId: bytesOf(32, change[`${self}-${other}`] ?? 0x10 * self * other) })),
      }),
    );
  it("finds none where both ends of each pair name one", () => expect(pairFaults(joins())).toEqual([]));
  it.each<[string, Record<string, number>, [number, number][]]>([
    ["a pair that its ends name differently", { "1-3": 9 }, [[1, 3]]],
    ["a pair that one end lost", { "3-2": 0 }, [[2, 3]]],
    ["a pair that both lost", { "1-2": 0, "2-1": 0 }, [[1, 2]]],
    [
      "two such",
      { "1-2": 9, "3-1": 9 },
      [
        [1, 2],
        [1, 3],
      ],
    ],
  ])("names %s", (_name, change, faults) => {
    expect(pairFaults(joins(change))).toEqual(faults);
    expect(pairFaults(joins(change).reverse())).toEqual(faults);
  });
  it("names a pair that a join leaves out", () => {
    const [one, two, three] = joins();
    expect(pairFaults([one, { ...two, pairs: [] }, three] as never)).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });
});

describe("verifyAck", () => {
  const signedIntent = intent(keygenInit);
  const terms = termsOf(signedIntent);
  const expected = { members, intentId: terms.intentId, sessionId: "ses_1", scheme: "ecdsa-secp256k1" as const, epochNumber: 0 };
  const answer = (signed: ReturnType<typeof ack>): string => refusal(() => verifyAck(signed, expected));

  it("gives a member's acknowledgement", () => {
    expect(verifyAck(ack(2, terms), expected).shareIndex).toBe(2);
  });

  it("refuses a signer outside the members, another member's signature, another tag", () => {
    const body = encode(AckSchema, ackInit(1, terms));
    expect(answer(statement(signatureTags.ack, "server-party-9", party(0).key, body))).toContain("its signer is not a member");
    expect(answer(statement(signatureTags.ack, "server-party-1", party(1).key, body))).toContain("did not sign it");
    expect(answer(statement(signatureTags.join, "server-party-1", party(0).key, body))).toContain("did not sign it");
  });

  it.each<[string, Partial<AckInit>, string]>([
    ["another member's index", { shareIndex: 2 }, "share_index"],
    ["the ack of another intent", { intentId: bytesOf(32, 1) }, "intent_id"],
    ["the ack of another session", { sessionId: "ses_2" }, "session_id"],
    ["a short h2", { h2: bytesOf(31, 1) }, "h2 has 31 bytes, not 32"],
    ["another h2 than its epoch's", { h2: bytesOf(32, 1) }, "epoch is not that"],
    ["a short chain code", { chain: bytesOf(31, 1) }, "chain has 31 bytes, not 32"],
    ["another chain code than its key id's", { chain: bytesOf(32, 1) }, "key_id is not that"],
    ["another public key than its key id's", { publicKey: publicKeyOf(6) }, "key_id is not that"],
    [
      "a public key off the curve",
      { publicKey: Uint8Array.of(2, ...bytesOf(32, 0xff)) },
      "public_key is not a public key of ecdsa-secp256k1",
    ],
    ["an epoch of its own", { epoch: bytesOf(32, 1) }, "epoch is not that"],
    ["a key id of its own", { keyId: bytesOf(32, 1) }, "key_id is not that"],
  ])("refuses %s", (_name, change, text) => {
    const answered = answer(ack(1, terms, (init) => Object.assign(init, change)));
    expect(answered).toContain(`trust/bad-ack: The acknowledgement is refused: `);
    expect(answered).toContain(text);
  });
});

describe("verifyAccusation", () => {
  const content = {
    sessionId: "ses_1",
    rid: joinInit.rid,
    partyId: "server-party-2",
    code: "mpc/ot-check-failed",
    culprits: [1, 3],
    consequence: "burn",
  };
  const expected = { sessionId: "ses_1", rid: joinInit.rid, member: members[1] as Member, report: "aborted" as const };
  const accusation = (
    change: Partial<typeof content>,
    signer = "server-party-2",
    key = party(1).key,
    tag: keyof typeof signatureTags = "accusation",
  ) => statement(signatureTags[tag], signer, key, encode(AccusationSchema, { ...content, ...change }));
  const answer = (...what: Parameters<typeof accusation>): string => refusal(() => verifyAccusation(accusation(...what), expected));

  it("gives what the member signed for this attempt", () => {
    expect(verifyAccusation(accusation({}), expected)).toMatchObject({ culprits: [1, 3], consequence: "burn" });
    expect(answer({ consequence: "retry", culprits: [3] })).toBe("accepted");
  });

  it("refuses another member's signature, another signer's name, another tag", () => {
    expect(answer({}, "server-party-2", party(0).key)).toContain("its identity key did not sign it");
    expect(answer({}, "server-party-1", party(1).key)).toContain("another party claims");
    expect(answer({}, "server-party-2", party(1).key, "join")).toContain("did not sign it");
  });

  it("refuses in one report what was signed for another", () => {
    for (const [report, tag] of [
      ["aborted", "accusation"],
      ["decline", "refusal"],
      ["progress", "wait"],
    ] as const)
      for (const other of ["accusation", "refusal", "wait"] as const) {
        const signed = accusation({}, "server-party-2", party(1).key, other);
        const said = refusal(() => verifyAccusation(signed, { ...expected, report }));
        expect([report, other, said === "accepted"]).toEqual([report, other, other === tag]);
      }
  });

  it.each<[string, Partial<typeof content>, string]>([
    ["that of another attempt", { rid: bytesOf(32, 9) }, "rid"],
    ["that of another session", { sessionId: "ses_2" }, "session_id"],
    ["one in another's name", { partyId: "server-party-1" }, "party_id"],
    ["one of nobody", { culprits: [] }, "culprits"],
    ["one of the share index 0", { culprits: [0, 1] }, "culprits"],
    ["one that names somebody twice", { culprits: [1, 1] }, "culprits"],
    ["one in another order", { culprits: [3, 1] }, "culprits"],
    ["one of another consequence", { consequence: "ban" }, "consequence"],
  ])("refuses %s", (_name, change, text) => {
    expect(answer(change)).toMatch(new RegExp(`^trust/bad-accusation: The accusation by server-party-2 is refused: .*${text}`));
  });

  it("refuses a flipped bit anywhere", () => {
    const signed = accusation({});
    for (let at = 0; at < signed.body.length; at++) {
      const body = signed.body.slice();
      body[at] = (body[at] as number) ^ 4;
      expect(refusal(() => verifyAccusation({ ...signed, body }, expected))).toContain("did not sign it");
    }
  });
});

describe("verifyAbandonment", () => {
  const content = { sessionId: "ses_1", intentId: bytesOf(32, 5), initiatorId: "account" };
  const expected = { ...content, keys: [initiator.publicKey] };
  const answer = (change: Partial<typeof content>, signer = "account", key = initiator, tag: "abandon" | "intent" = "abandon"): string =>
    refusal(() =>
      verifyAbandonment(statement(signatureTags[tag], signer, key, encode(AbandonmentSchema, { ...content, ...change })), expected),
    );

  it("accepts the initiator's own for this session, and nothing else", () => {
    expect(answer({})).toBe("accepted");
    expect(answer({ sessionId: "ses_2" })).toContain("another session");
    expect(answer({ intentId: bytesOf(32, 6) })).toContain("another session");
    expect(answer({ initiatorId: "other" })).toContain("another session");
    expect(answer({}, "other")).toContain("did not sign it");
    expect(answer({}, "account", keyOf(9))).toContain("did not sign it");
    expect(answer({}, "account", initiator, "intent")).toContain("did not sign it");
  });
});

describe("a statement with a field that is not known here", () => {
  const member = members[1] as Member;
  const terms = termsOf(intent(keygenInit));
  const { rid, intentId } = joinInit;
  const content = { sessionId: "ses_1", intentId, initiatorId: "account" };
  /**
   * Gives a body that is signed as it should be. A lenient reader would not see that anything is
   * wrong with it.
   */
  const signed = (tag: keyof typeof signatureTags, body: Uint8Array, signer = member.partyId, key = party(1).key) =>
    statement(signatureTags[tag], signer, key, Uint8Array.of(...body, 0xf8, 0x07, 1));
  it.each<[string, string, () => unknown]>([
    [
      "bad-join",
      "The join of server-party-2",
      () => verifyJoin(signed("join", encode(JoinStatementSchema, joinInit)), { rid, intentId, attempt: 1, signers: [1, 2, 3], member }),
    ],
    [
      "bad-ack",
      "The acknowledgement",
      () => verifyAck(signed("ack", encode(AckSchema, ackInit(2, terms))), { members, scheme: "ecdsa-secp256k1", ...terms }),
    ],
    [
      "bad-accusation",
      "The accusation by server-party-2",
      () =>
        verifyAccusation(
          signed(
            "accusation",
            encode(AccusationSchema, { sessionId: "ses_1", rid, partyId: member.partyId, culprits: [1], consequence: "burn" }),
          ),
          { sessionId: "ses_1", rid, member, report: "aborted" },
        ),
    ],
    [
      "bad-abandonment",
      "The abandonment",
      () =>
        verifyAbandonment(signed("abandon", encode(AbandonmentSchema, content), "account", initiator), {
          ...content,
          keys: [initiator.publicKey],
        }),
    ],
  ])("is refused as %s", (code, what, act) =>
    expect(refusal(act)).toBe(`trust/${code}: ${what} is refused: its body cannot be read in exactly one way.`),
  );
});
