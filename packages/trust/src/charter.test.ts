// These tests open a key's chain of certificates, and try every way of lying with one: a gap, a
// fork, a lower number, another key, strangers, amendments.
import type { Certificate, Member, RefreshAction } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { any, asMember, founding, holders, newcomer, next, open } from "../test/chain.ts";
import { refusal } from "../test/refused.ts";
import {
  bytesOf,
  chain,
  deviceMember,
  initiator,
  keyOf,
  keysOf,
  parties,
  phone,
  phoneId,
  publicKeyOf,
  type TestKey,
} from "../test/statements.ts";
import { checkContinues, compareEpochs, isInitiatorOf, keyIdOf, openIntent, openKey, type VerifiedKey } from "./index.ts";

const first = founding();
const key = open([first]);
const answer = (certificates: readonly Certificate[], expected = any): string => refusal(() => open(certificates, expected));
/** Gives the answer to a chain of the founding certificate and one more. */
const after = (certificate: Certificate, root = first): string => answer([root, certificate]);
const changed = (change: (action: RefreshAction, head: Record<string, unknown>) => unknown, from: VerifiedKey = key): Certificate =>
  next(from, { change });
const member = (from: VerifiedKey, at: number) => from.members[at] as Member;

describe("openKey", () => {
  it("makes the charter of the founding certificate", () => {
    expect(key.charter).toEqual({
      keyId: keyIdOf("ecdsa-secp256k1", publicKeyOf(5), chain),
      scheme: "ecdsa-secp256k1",
      publicKey: publicKeyOf(5),
      chain,
      tenantId: "default",
      accountId: "acc_1",
      custody: "server",
      required: [],
      initiators: ["account"],
      policyRoot: new Uint8Array(),
      policyDocument: new Uint8Array(),
      user: undefined,
      foundingIntentId: key.intentId,
      isImported: false,
      isExported: false,
    });
    expect(key).toMatchObject({ epochNumber: 0, threshold: 2, sessionId: "ses_1", indexMax: 3 });
    expect(key.members.map(({ partyId }) => partyId)).toEqual(["server-party-1", "server-party-2", "server-party-3"]);
  });

  it("follows the chain to its highest epoch, from messages as from bytes, with numbers left out", () => {
    const one = next(key);
    const second = open([first, one]);
    const two = changed((action) => Object.assign(action, { epochNumber: 9 }), second);
    const third = openKey(first, [one, two], any);
    expect(third).toMatchObject({ epochNumber: 9, charter: key.charter });
    expect(third.certificate.intent).toEqual(two.intent);
    expect([key, second, third].map(({ epoch }) => String(epoch)).filter((epoch, at, all) => all.indexOf(epoch) === at)).toHaveLength(3);
    expect(compareEpochs(third, second)).toBeGreaterThan(0);
    expect(compareEpochs(key, second)).toBeLessThan(0);
    const short = { ...key, epoch: key.epoch.subarray(0, 31) };
    expect([compareEpochs(short, key), compareEpochs(key, short), compareEpochs(key, key)].map(Math.sign)).toEqual([-1, 1, 0]);
  });

  it("orders two epochs of one number by their ids", () => {
    const [a, b] = [open([first, next(key)]), open([first, next(key, { run: 1 })])];
    const later = String(a.epoch) === String(b.epoch) ? 0 : Buffer.compare(a.epoch, b.epoch);
    expect(Math.sign(compareEpochs(a, b))).toBe(later);
    expect(Math.sign(compareEpochs(b, a))).toBe(-later);
    expect(compareEpochs(a, a)).toBe(0);
  });

  it("is of the key or the founding intent that was asked for", () => {
    expect(answer([first], { keysOf, keyId: key.charter.keyId })).toBe("accepted");
    expect(answer([first], { keysOf, foundingIntentId: key.intentId })).toBe("accepted");
    expect(answer([first], { keysOf, keyId: bytesOf(32, 1) })).toContain(
      "trust/bad-chain: The key's chain of certificates is refused: it is that",
    );
    expect(answer([first], { keysOf, keyId: bytesOf(32, 1), foundingIntentId: "any" })).toContain("of another key");
    expect(answer([first], { keysOf, foundingIntentId: bytesOf(32, 1) })).toContain("of another founding intent");
    expect(answer([first], { keysOf })).toContain("nothing says which key");
    expect(answer([first], { keysOf: () => [], foundingIntentId: "any" })).toContain("no known key of its initiator");
  });

  it("calls no fault of its caller a fault of the chain", () => {
    const broken = () => {
      throw new RangeError("the roster cannot be read");
    };
    expect(() => answer([first], { keysOf: broken, foundingIntentId: "any" })).toThrow(new RangeError("the roster cannot be read"));
  });

  it("refuses a chain that does not begin, or begins twice", () => {
    expect(answer([next(key)])).toContain("does not begin with the certificate of a keygen");
    expect(after(first)).toContain("it founds a key and does not continue one");
  });

  it("refuses a gap, a fork, and the same certificate again", () => {
    const one = next(key);
    const second = open([first, one]);
    const two = next(second);
    expect(answer([first, one, two])).toBe("accepted");
    expect(answer([first, two])).toContain("Certificate 1 of the key's chain is refused: old_epoch is not the epoch before it");
    const fork = next(key, { run: 1, change: (action) => Object.assign(action, { epochNumber: 2 }) });
    expect(answer([first, fork])).toBe("accepted");
    expect(answer([first, one, fork])).toContain("Certificate 2 of the key's chain is refused: old_epoch is not");
    expect(answer([first, one, one])).toContain("epoch_number is 1, not above 1");
    expect(answer([first, two, one])).toContain("old_epoch is not");
  });

  it("refuses a number that is not above the one before", () => {
    const second = open([first, changed((action) => Object.assign(action, { epochNumber: 5 }))]);
    const chainTo = (epochNumber: number): string =>
      answer([first, second.certificate, next(second, { run: 1, change: (action) => Object.assign(action, { epochNumber }) })]);
    expect(chainTo(4)).toContain("epoch_number is 4, not above 5");
    expect(chainTo(5)).toContain("epoch_number is 5, not above 5");
    expect(chainTo(6)).toBe("accepted");
  });

  it("refuses the certificate of another key", () => {
    const other = { publicKey: publicKeyOf(6), keyId: keyIdOf("ecdsa-secp256k1", publicKeyOf(6), chain) };
    expect(after(next(key, { key: 6, change: (action) => Object.assign(action, other) }))).toContain("it is that of another key");
  });

  it.each<[string, (action: RefreshAction, head: Record<string, unknown>) => unknown, string]>([
    ["another tenant", (_, head) => Object.assign(head, { tenantId: "other" }), "another tenant or account"],
    ["another account", (_, head) => Object.assign(head, { accountId: "acc_2" }), "another tenant or account"],
    ["another old epoch", (a) => Object.assign(a, { oldEpoch: bytesOf(32, 1) }), "old_epoch is not"],
    ["another old threshold", (a) => Object.assign(a, { kind: "reshare", oldThreshold: 3 }), "old_threshold is not"],
    [
      "a holder that was none",
      (a) => {
        const stranger = asMember(newcomer(9), 9);
        Object.assign(a, { kind: "reshare", oldMembers: [...a.oldMembers, stranger], dealers: [1, 2, 3] });
        a.oldPublicShares.push(publicKeyOf(9));
      },
      "old_members are not the holders",
    ],
    [
      "a holder less",
      (a) => {
        Object.assign(a, { kind: "reshare", oldMembers: a.oldMembers.slice(0, 2), members: a.members.slice(0, 2), dealers: [1, 2] });
        a.oldPublicShares.pop();
      },
      "old_members are not the holders",
    ],
    [
      "another identity key of a holder",
      (a) => {
        Object.assign(a.oldMembers[2] as Member, { idpk: keyOf(60).publicKey });
        Object.assign(a, { kind: "recover", dealers: [1, 2] });
      },
      "old_members are not the holders",
    ],
    [
      "another role of a holder",
      (a) => {
        for (const list of [a.oldMembers, a.members]) Object.assign(list[2] as Member, { role: "temporary" });
      },
      "old_members are not the holders",
    ],
    ["another role of one that stays", (a) => Object.assign(a.members[2] as Member, { role: "temporary" }), "changes the role"],
    ["no required party any more, by a refresh", (a) => Object.assign(a, { amendsRequired: true }), "required changes without a reshare"],
    [
      "a dealer who is no holder",
      (a) => {
        Object.assign(a, { kind: "reshare", dealers: [1, 2, 9] });
      },
      "dealers are not old_threshold old members",
    ],
  ])("refuses %s", (_name, change, text) => {
    const said = refusal(() => open([first, next(key, { change, by: new Map([...holders, [9, newcomer(9)]]) })]));
    expect(said).toContain("trust/bad-chain");
    expect(said).toContain(text);
  });

  it.each<[string, number, Partial<Member>]>([
    ["name", 3, { partyId: "server-party-9" }],
    ["index", 4, { shareIndex: 4 }],
  ])("refuses another %s of a holder that keeps its key", (_name, index, other) => {
    const by = new Map([...holders, [index, { partyId: other.partyId ?? "server-party-3", key: parties[2]?.key as TestKey }]]);
    const renamed = next(key, {
      by,
      change: (a) => {
        for (const list of [a.oldMembers, a.members]) Object.assign(list[2] as Member, other);
        Object.assign(a, { kind: "reshare", dealers: [1, 2, index] });
      },
    });
    expect(after(renamed)).toBe(
      "trust/bad-chain: Certificate 1 of the key's chain is refused: old_members are not the holders of the epoch before.",
    );
  });

  it("refuses an intent of somebody who is none of the key's initiators", () => {
    const named = (id: string) => (id === "other" ? [keyOf(90).publicKey] : keysOf(id));
    const stranger = next(key, { signer: { id: "other", key: keyOf(90) } });
    expect(answer([first, stranger], { keysOf: named, foundingIntentId: "any" })).toContain("its initiator other is none of the key's");
    expect(after(next(key, { signer: { id: phoneId, key: phone } }))).toContain("by a device that held no share then");
  });

  it("wants a former holder's index for nobody, also after one epoch without it", () => {
    const by = new Map([...holders, [4, newcomer(4)]]);
    const two = changed((a) => Object.assign(a, { kind: "reshare", members: a.members.slice(0, 2) }));
    const withoutThird = open([first, two]);
    expect(withoutThird).toMatchObject({ indexMax: 3, threshold: 2 });
    const taking = (index: number): string =>
      answer([
        first,
        two,
        next(withoutThird, {
          by: new Map([...by, [index, newcomer(4)]]),
          change: (a) => Object.assign(a, { kind: "reshare", members: [...a.members, asMember(newcomer(4), index)] }),
        }),
      ]);
    expect(taking(3)).toContain("an index that a former holder had");
    expect(taking(4)).toBe("accepted");
  });

  it("refuses a reshare without the acknowledgements of the dealers that leave", () => {
    const leaving = changed((a) => Object.assign(a, { kind: "reshare", members: a.members.slice(0, 2) }));
    expect(after(leaving)).toBe("accepted");
    expect(after({ ...leaving, dealerAcks: [] })).toContain("0 acknowledgements of dealers that leave for 1");
  });
});

describe("amendments", () => {
  it("say that the key was exported, for good", () => {
    const exported = changed((action) => Object.assign(action, { exported: true }));
    const said = open([first, exported]);
    expect([said.charter, open([first, exported, next(said)]).charter]).toEqual(Array(2).fill({ ...key.charter, isExported: true }));
    expect(open([first, next(key)]).charter.isExported).toBe(false);
  });
  const root = bytesOf(32, 0x66);
  it("takes a policy root where there was none, and none where there was one", () => {
    const withRoot = open([first, changed((a) => Object.assign(a, { policyRoot: root }))]);
    expect(withRoot.charter.policyRoot).toEqual(root);
    const again = (policyRoot: Uint8Array) =>
      answer([first, withRoot.certificate, changed((a) => Object.assign(a, { policyRoot }), withRoot)]);
    expect(again(root)).toContain("policy_root is set where there is one");
    expect(again(bytesOf(32, 1))).toContain("policy_root is set where there is one");
    expect(again(new Uint8Array())).toBe("accepted");
    expect(open([first, withRoot.certificate, next(withRoot)]).charter.policyRoot).toEqual(root);
    const founded = founding((k) => Object.assign(k, { policyRoot: root }));
    expect(answer([founded, changed((a) => Object.assign(a, { policyRoot: root }), open([founded]))])).toContain(
      "is set where there is one",
    );
  });

  it("takes other required parties when a reshare says so, and keeps them otherwise", () => {
    const required = ["server-party-1", "server-party-3"];
    const withRequired = open([first, changed((a) => Object.assign(a, { kind: "reshare", amendsRequired: true, required }))]);
    expect(withRequired.charter.required).toEqual(required);
    expect(open([first, withRequired.certificate, next(withRequired)]).charter.required).toEqual(required);
    const freed = changed((a) => Object.assign(a, { kind: "reshare", amendsRequired: true, required: [] }), withRequired);
    expect(open([first, withRequired.certificate, freed]).charter.required).toEqual([]);
  });

  it("loses no required party, and never requires more than sign", () => {
    const founded = founding((k) => Object.assign(k, { required: ["server-party-3"] }));
    const dropped = changed((a) => Object.assign(a, { kind: "reshare", members: a.members.slice(0, 2) }), open([founded]));
    expect(answer([founded, dropped])).toContain("a required party is not a member any more");
    const three = founding((k) => Object.assign(k, { threshold: 3, required: ["server-party-1", "server-party-2", "server-party-3"] }));
    const fewer = changed((a) => Object.assign(a, { kind: "reshare", threshold: 2 }), open([three]));
    expect(answer([three, fewer])).toContain("more parties are required than sign");
  });

  const user = { hpkeKey: bytesOf(32, 9), signingKey: keyOf(70).publicKey };
  const reshareTo = (custody: string, from: VerifiedKey, members: (list: RefreshAction["members"]) => unknown[] = (list) => list) =>
    next(from, {
      by: new Map([...holders, [4, { partyId: phoneId, key: phone }]]),
      change: (a) => Object.assign(a, { kind: "reshare", custody, members: members(a.members) }),
    });

  it("takes custody from a delegate to servers, which ends the user's part in the charter", () => {
    const founded = founding((k) => Object.assign(k, { custody: "delegate", user }));
    const before = open([founded]);
    expect(before.charter.user).toEqual(user);
    expect(open([founded, next(before)]).charter.user).toEqual(user);
    expect(open([founded, reshareTo("server", before)]).charter).toMatchObject({
      custody: "server",
      user: undefined,
      initiators: ["account"],
    });
  });

  it("takes custody to people: from then on their devices ask, and nobody else", () => {
    const handed = reshareTo("co-managed", key, (list) => [...list, deviceMember(phone, 4)]);
    const after_ = open([first, handed]);
    expect(after_.charter).toMatchObject({ custody: "co-managed", initiators: "devices" });
    expect(isInitiatorOf(after_, "account", initiator.publicKey)).toBe(false);
    expect(isInitiatorOf(after_, phoneId, phone.publicKey)).toBe(true);
    expect(after(reshareTo("co-managed", key))).toContain("members has no device");
  });

  it("refuses every other change of custody", () => {
    const founded = coManaged();
    const before = open([founded], any);
    const by = withPhone;
    const back = next(before, {
      by,
      signer: { id: phoneId, key: phone },
      change: (a) => Object.assign(a, { kind: "reshare", custody: "server" }),
    });
    expect(answer([founded, back])).toContain("custody stops to be co-managed");
    expect(after(reshareTo("delegate", key))).toContain("custody becomes delegate");
    expect(after(reshareTo("server", key))).toContain("custody is amended to what it is");
  });
});

const withPhone: typeof holders = new Map([...holders, [3, { partyId: phoneId, key: phone }]]);
function coManaged(): Certificate {
  return founding(
    (k) =>
      Object.assign(k, {
        custody: "co-managed",
        initiators: [],
        initiatorsRule: "devices",
        members: [...k.members.slice(0, 2), deviceMember(phone, 3)],
      }),
    withPhone,
  );
}

describe("the rule devices", () => {
  const founded = coManaged();
  const before = open([founded]);
  const lost = keyOf(41);
  const [other, otherId] = [lost, deviceMember(lost, 3).partyId];

  it("lets a device member of the epoch before continue the key, and not the account service", () => {
    expect(before.charter.initiators).toBe("devices");
    expect(answer([founded, next(before, { by: withPhone, signer: { id: phoneId, key: phone } })])).toBe("accepted");
    expect(answer([founded, next(before, { by: withPhone })])).toContain("its initiator account is none of the key's");
    const stranger = next(before, { by: withPhone, signer: { id: otherId, key: other } });
    expect(answer([founded, stranger])).toContain("by a device that held no share then");
  });

  it("knows the devices of the current certificate: one that has left asks for nothing any more", () => {
    const by = new Map([...withPhone, [4, { partyId: otherId, key: other }]]);
    const handed = next(before, {
      by,
      signer: { id: phoneId, key: phone },
      change: (a) => Object.assign(a, { kind: "reshare", members: [...a.members.slice(0, 2), deviceMember(other, 4)] }),
    });
    const now = open([founded, handed]);
    expect(member(now, 2).partyId).toBe(otherId);
    expect(isInitiatorOf(now, phoneId, phone.publicKey)).toBe(false);
    expect(answer([founded, handed, next(now, { by, signer: { id: phoneId, key: phone } })])).toContain(
      "by a device that held no share then",
    );
    expect(answer([founded, handed, next(now, { by, signer: { id: otherId, key: other } })])).toBe("accepted");
  });

  it("never leaves a key without a device", () => {
    const none = next(before, {
      by: withPhone,
      signer: { id: phoneId, key: phone },
      change: (a) => Object.assign(a, { kind: "reshare", members: a.members.slice(0, 2) }),
    });
    expect(answer([founded, none])).toContain("members has no device");
  });
});

describe("checkContinues", () => {
  const asked = (certificate: Certificate) => openIntent(certificate.intent as NonNullable<Certificate["intent"]>, keysOf, undefined);

  it("gives the charter that the certificate of an intent would leave, before there is one", () => {
    expect(checkContinues(key, asked(next(key)))).toEqual(key.charter);
    const amending = changed((action) => Object.assign(action, { kind: "reshare", amendsRequired: true, required: ["server-party-2"] }));
    expect(checkContinues(key, asked(amending))).toEqual(open([first, amending]).charter);
    expect(checkContinues(key, asked(amending)).required).toEqual(["server-party-2"]);
  });

  it("refuses an intent as the chain would refuse its certificate, and calls it a fault of the intent", () => {
    const lies: readonly Certificate[] = [
      changed((action) => Object.assign(action, { oldEpoch: bytesOf(32, 1) })),
      changed((_action, head) => Object.assign(head, { accountId: "acc_2" })),
      changed((action) => Object.assign(action, { oldThreshold: 3 })),
      next(key, { signer: { id: phoneId, key: phone } }),
    ];
    for (const lie of lies) expect(refusal(() => checkContinues(key, asked(lie)))).toMatch(/^trust\/bad-intent: The intent is refused: /);
    const founded = refusal(() => checkContinues(key, asked(first)));
    expect(founded).toContain("it founds a key and does not continue one");
    const second = open([first, next(key)]);
    expect(refusal(() => checkContinues(second, asked(next(key))))).toContain("epoch_number is 1, not above 1");
  });
});
