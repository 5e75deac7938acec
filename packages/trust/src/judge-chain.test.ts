// These tests judge certificates that come for a key whose epoch is known. A chain that goes on is
// accepted, and former holders alone move nobody.
import { toBinary } from "@bufbuild/protobuf";
import { type Certificate, CertificateSchema, type RefreshAction, signatureTags } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { asMember, founding, holders, type Next, newcomer, next, open } from "../test/chain.ts";
import { refusal } from "../test/refused.ts";
import {
  deviceMember,
  initiatorInit,
  keyOf,
  nowMs,
  parties,
  phone,
  phoneId,
  root,
  roster,
  type rosterInit,
  statement,
  type TestKey,
} from "../test/statements.ts";
import { deviceIdOf, judgeChain, type VerifiedKey, verifyRoster } from "./index.ts";

const by = new Map(holders);
for (const n of [4, 5, 8, 9]) by.set(n, newcomer(n));
const entryOf = ({ partyId, key }: { partyId: string; key: TestKey }) => ({
  partyId,
  idpk: key.publicKey,
  role: "persistent",
  validFromMs: 5n,
  validUntilMs: 0n,
});
/** Gives the roster of now: parties 1 to 5, and the initiator. */
const rosterOf = (change: (init: typeof rosterInit) => unknown = () => undefined) =>
  verifyRoster(
    roster((init) => {
      init.parties.push(entryOf(newcomer(4)), entryOf(newcomer(5)));
      change(init);
    }),
    root.publicKey,
  );
const bytes = (chain: readonly Certificate[]) => chain.map((each) => toBinary(CertificateSchema, each));
const judged = (held: readonly Certificate[], shown: readonly Certificate[], list = rosterOf(), atMs = nowMs): string => {
  let verdict = "";
  const refused = refusal(() => {
    verdict = judgeChain(bytes(held), bytes(shown), { roster: list, nowMs: atMs });
  });
  return refused === "accepted" ? verdict : refused;
};
const without = (...partyIds: readonly number[]) =>
  rosterOf((init) => {
    init.parties = init.parties.filter(({ partyId }) => !partyIds.some((n) => partyId === `server-party-${n}`));
  });
const reshare =
  (members: readonly number[], epochNumber: number, dealers?: readonly number[]) =>
  (action: RefreshAction): void => {
    const before = new Map(action.oldMembers.map((member) => [member.shareIndex, member]));
    action.kind = "reshare";
    action.epochNumber = epochNumber;
    action.members = members.map((n) => before.get(n) ?? asMember(by.get(n) as ReturnType<typeof newcomer>, n));
    action.dealers = [...(dealers ?? action.dealers)];
  };
const made = (key: VerifiedKey, change: Next["change"], more: Omit<Next, "change" | "by"> = {}): Certificate =>
  next(key, { by, ...(change === undefined ? {} : { change }), ...more });

const first = founding();
const key = open([first]);
/** The epoch that is committed. Parties 1 and 2 have left. */
const now = made(key, reshare([3, 4, 5], 2));
const held = [first, now];
/** A certificate that 1 and 2 write of a run that may never have been, for strangers. */
const forged = made(key, reshare([8, 9], 9, [1, 2]), { run: 1 });

describe("judgeChain", () => {
  it("lets whatever continues the last certificate, whoever asked for it: what was certified stays certified", () => {
    const onward = made(open(held), reshare([3, 4, 5], 3));
    const revoked = rosterOf((init) => Object.assign(init.initiators[0] as object, { revoked: true }));
    for (const list of [rosterOf(), revoked, without(1, 2, 3, 4, 5)]) {
      expect(judged(held, [...held, onward], list)).toBe("continues");
      expect(judged([first], [...held, onward], list)).toBe("continues");
      expect(judged([], [...held, onward], list)).toBe("continues");
    }
  });

  it("says that nothing is new of what is held, or a beginning of it, also under other signatures", () => {
    const again = {
      ...now,
      intent: statement(signatureTags.intent, "account", keyOf(99), (now.intent as NonNullable<typeof now.intent>).body),
    };
    const onward = made(open(held), reshare([3, 4, 5], 3));
    for (const shown of [held, [first], [first, again]]) expect(judged(held, shown)).toBe("held");
    expect(judged(held, [first, again, onward], without(1, 2, 3, 4, 5))).toBe("continues");
    expect(judged([first, again], [...held, onward], without(1, 2, 3, 4, 5))).toBe("continues");
  });

  it("lets a fork whose initiator speaks for the key and whose dealers are valid, higher or lower than what is held", () => {
    expect(judged(held, [first, forged])).toBe("forks");
    expect(judged(held, [first, made(key, reshare([1, 2, 3], 1), { run: 2 })])).toBe("forks");
  });

  it("refuses a fork by former holders who are in the roster no more, under another key, or not at this time", () => {
    expect(judged(held, [first, forged], without(1))).toBe(
      "trust/bad-chain: Certificate 1 of the key's chain is refused: it forks below the committed epoch 2, and 1 of its dealers are valid now, and not 2.",
    );
    expect(judged(held, [first, forged], without(1, 2))).toContain("0 of its dealers");
    const changed = (change: object) => rosterOf((init) => Object.assign(init.parties[1] as object, change));
    expect(judged(held, [first, forged], changed({ idpk: keyOf(70).publicKey }))).toContain("1 of its dealers");
    expect(judged(held, [first, forged], changed({ validUntilMs: BigInt(nowMs) }))).toContain("1 of its dealers");
    expect(judged(held, [first, forged], changed({ validUntilMs: BigInt(nowMs) }), nowMs - 1)).toBe("forks");
    expect(judged(held, [first, forged], changed({ validFromMs: BigInt(nowMs + 1) }))).toContain("1 of its dealers");
    // As many dealers as sign are enough, where there are more dealers.
    expect(judged(held, [first, made(key, reshare([8, 9], 9), { run: 1 })], without(1))).toBe("forks");
  });

  it("refuses a fork that a revoked key of the initiator signed, and takes one by a key that is retired", () => {
    const list = (change: object) =>
      rosterOf((init) => {
        Object.assign(init.initiators[0] as object, change);
        init.initiators.push(initiatorInit(keyOf(99)));
      });
    expect(judged(held, [first, forged], list({ revoked: true }))).toContain(
      "nobody who may speak for the key now has asked for it (account)",
    );
    expect(judged(held, [first, forged], list({ retiredAtMs: 1n }))).toBe("forks");
    const other = made(key, reshare([8, 9], 9, [1, 2]), { run: 1, signer: { id: "account", key: keyOf(99) } });
    expect(judged(held, [first, other], list({ revoked: true }))).toBe("forks");
  });

  it("refuses a fork by an initiator that may not ask for this kind or for this tenant, and takes one that it may ask for", () => {
    const list = (change: object) => rosterOf((init) => Object.assign(init.initiators[0] as object, change));
    const { tenantId } = key.charter;
    for (const may of [
      { kinds: ["reshare"] },
      { kinds: ["sign", "reshare"] },
      { tenants: [tenantId] },
      { kinds: ["reshare"], tenants: ["x", tenantId] },
    ])
      expect([may, judged(held, [first, forged], list(may))]).toEqual([may, "forks"]);
    const refusals = [
      { kinds: ["sign"] },
      { kinds: ["keygen", "refresh"] },
      { tenants: ["other"] },
      { kinds: ["reshare"], tenants: ["other"] },
    ];
    for (const mayNot of [...refusals, { kinds: ["sign"], tenants: [tenantId] }])
      expect([mayNot, judged(held, [first, forged], list(mayNot))]).toEqual([
        mayNot,
        expect.stringContaining("nobody who may speak for the key now"),
      ]);
    // The entry of the key that signed counts, and not that of another key of the same initiator.
    const two = rosterOf((init) => {
      Object.assign(init.initiators[0] as object, { kinds: ["sign"] });
      init.initiators.push(initiatorInit(keyOf(99)));
    });
    expect(judged(held, [first, forged], two)).toContain("nobody who may speak for the key now");
  });

  it("lets what was certified stay so when the initiator may ask for nothing of it any more", () => {
    const onward = made(open(held), reshare([3, 4, 5], 3));
    for (const taken of [{ kinds: ["sign"] }, { tenants: ["other"] }]) {
      const list = rosterOf((init) => Object.assign(init.initiators[0] as object, taken));
      expect(judged(held, held, list)).toBe("held");
      expect(judged(held, [...held, onward], list)).toBe("continues");
      expect(judged([], [...held, onward], list)).toBe("continues");
    }
  });

  it("judges each certificate up to the first that leads higher, and none after that", () => {
    const lower = made(key, reshare([1, 2, 3], 1), { run: 2 });
    const onLower = made(open([first, lower]), reshare([8, 9], 9, [1, 2]), { run: 3, signer: { id: "account", key: keyOf(99) } });
    const list = rosterOf((init) => init.initiators.push({ ...initiatorInit(keyOf(99)), revoked: true }));
    expect(judged(held, [first, lower], list)).toBe("forks");
    expect(judged(held, [first, lower, onLower], list)).toContain("Certificate 2 of the key's chain is refused");
    const higher = made(key, reshare([1, 2, 3], 5), { run: 2 });
    const onHigher = made(open([first, higher]), reshare([8, 9], 9, [1, 2]), { run: 3, signer: { id: "account", key: keyOf(99) } });
    // The certificates are judged as if they had come one after the other.
    expect(judged(held, [first, higher, onHigher], list)).toBe("forks");
    expect(judged([first, higher], [first, higher, onHigher], list)).toBe("continues");
  });

  it("refuses another founding certificate of the same intent", () => {
    const elsewhere = founding((keygen) => Object.assign(keygen, { threshold: 3 }));
    expect(judged(held, [elsewhere])).toContain(
      "Certificate 0 of the key's chain is refused: it forks below the committed epoch 2, and it founds",
    );
  });
});

describe("judgeChain on single certificates", () => {
  it("tells two epochs apart that one intent has made", () => {
    const twin = made(
      key,
      (action, head) => {
        reshare([3, 4, 5], 2)(action);
        head.sessionId = "ses_1_0";
      },
      { run: 1 },
    );
    expect(twin.intent).toEqual(now.intent);
    expect(judged(held, [first, twin])).toBe("forks");
  });

  it.each<[string, Certificate | Uint8Array]>([
    ["bytes that are none", Uint8Array.of(1, 2, 3)],
    ["one without an intent", { ...now, intent: undefined } as Certificate],
    ["one without acknowledgements", { ...now, acks: [] }],
    ["one whose intent cannot be read", { ...now, intent: { ...now.intent, body: Uint8Array.of(255) } } as Certificate],
  ])("cannot judge %s", (_name, shown) => {
    expect(refusal(() => judgeChain(held, [first, shown], { roster: rosterOf(), nowMs }))).toBe(
      "trust/bad-chain: A certificate of the key's chain cannot be read in exactly one way.",
    );
  });
});

describe("judgeChain for a key of people", () => {
  const tablet = keyOf(41);
  const tabletId = deviceIdOf(tablet.publicKey);
  const people = new Map([
    [1, parties[0] as (typeof parties)[number]],
    [2, { partyId: phoneId, key: phone }],
    [3, { partyId: tabletId, key: tablet }],
    [4, newcomer(4)],
  ]) as typeof holders;
  const shared = founding(
    (k) =>
      Object.assign(k, {
        custody: "co-managed",
        initiators: [],
        initiatorsRule: "devices",
        members: [...k.members.slice(0, 1), deviceMember(phone, 2), deviceMember(tablet, 3)],
      }),
    people,
  );
  const ours = open([shared]);
  const signer = (of: TestKey) => ({ id: deviceIdOf(of.publicKey), key: of });
  const left = (indices: readonly number[], epochNumber: number, dealers: readonly number[], by: TestKey, run: number): Certificate =>
    next(ours, {
      by: people,
      run,
      signer: signer(by),
      change: (action) =>
        Object.assign(action, {
          kind: "reshare",
          epochNumber,
          dealers: [...dealers],
          members: indices.map((n) => action.members.find(({ shareIndex }) => shareIndex === n) ?? asMember(newcomer(n), n)),
        }),
    });
  /** The tablet was left out of the run, because it is lost. */
  const committed = [shared, left([1, 2, 4], 2, [1, 2, 3], phone, 0)];

  it("takes a fork that a device of the committed epoch asked for, with dealers that are members of it", () => {
    expect(judged(committed, [shared, left([1, 2, 3], 3, [1, 2], phone, 1)])).toBe("forks");
  });

  it("refuses one that a device asked for which has left, and one that such a device dealt for", () => {
    expect(judged(committed, [shared, left([1, 2, 3], 3, [1, 2], tablet, 1)])).toContain(`has asked for it (${tabletId})`);
    expect(judged(committed, [shared, left([1, 2, 3], 3, [2, 3], phone, 1)])).toContain("1 of its dealers are valid now, and not 2");
    expect(judged(committed, [shared, left([1, 2, 3], 3, [1, 3], phone, 1)])).toContain("1 of its dealers are valid now");
    expect(judged(committed, [shared, left([1, 2, 3], 3, [1, 2], phone, 1)], without(1))).toContain("1 of its dealers are valid now");
  });

  it("refuses one that an initiator asked for who gave the key to the devices since", () => {
    const handed = next(key, {
      by: new Map([...by, [6, { partyId: phoneId, key: phone }]]),
      change(action) {
        reshare([1, 2], 2)(action);
        action.custody = "co-managed";
        action.members.push(deviceMember(phone, 6) as RefreshAction["members"][number]);
      },
    });
    const back = made(key, reshare([1, 2, 3], 3), { run: 1 });
    expect(open([first, handed]).charter.initiators).toBe("devices");
    expect(judged([first, handed], [first, back])).toContain("nobody who may speak for the key now has asked for it (account)");
    // Before the devices had it, the initiator spoke for it.
    expect(judged([first, made(key, reshare([1, 2], 2))], [first, back])).toBe("forks");
  });
});
