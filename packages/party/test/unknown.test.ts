// What a party does not know it refuses by name. Nothing is skipped, and nothing is done by halves.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { protocols } from "@covault/party";
import { toyKeygen, World } from "@covault/testkit";
import { deviceIdOf } from "@covault/trust";
import {
  type Intent,
  IntentSchema,
  type KeygenAction,
  type Member,
  PayloadSchema,
  RenewActionSchema,
  RepairActionSchema,
  type SignAction,
} from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { chainOf, opened, run } from "./epochs.ts";
import { digest, type Fixture, makeFixture, worldOf } from "./fixture.ts";

let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture({ seed: "unknown" }, 2);
});

/** How every party declines the intent: code and message. */
async function declined(world: World, intent: Intent, signers: readonly number[], bytes = toBinary(IntentSchema, intent)) {
  const signed = world.sign(fromBinary(IntentSchema, bytes));
  const session = world.coordinator.open(signed, signers);
  await world.hub.settle();
  expect([session.joins.size, session.declines.length]).toEqual([0, signers.length]);
  return session.declines.map(({ code, message }) => `${code}: ${message}`)[0];
}
const decode = ({ body }: { readonly body: Uint8Array }): Intent => fromBinary(IntentSchema, body);

describe("a keygen", () => {
  const user = { $typeName: "covault.v1.User" as const, hpkeKey: digest(1), signingKey: digest(1) };
  const rows: readonly (readonly [string, (keygen: KeygenAction, world: World) => void, RegExp])[] = [
    [
      "of custody delegate",
      (keygen, world) => {
        keygen.custody = "delegate";
        keygen.user = { ...user, signingKey: world.initiator.publicKey };
      },
      /^party\/unknown-protocol: .*custody delegate/,
    ],
    [
      "of custody co-managed",
      (keygen, world) => {
        const idpk = world.initiator.publicKey;
        keygen.custody = "co-managed";
        keygen.initiators = [];
        keygen.initiatorsRule = "devices";
        keygen.members = [
          ...keygen.members,
          { ...(keygen.members[0] as Member), partyId: deviceIdOf(idpk), idpk, role: "device", shareIndex: 9 },
        ];
      },
      /^party\/unknown-protocol: .*custody co-managed/,
    ],
    [
      "of a custody that nobody knows",
      (keygen) => {
        keygen.custody = "shared";
      },
      /^trust\/bad-intent: .*custody/,
    ],
    [
      "with a rule of initiators that nobody knows",
      (keygen) => {
        keygen.initiators = [];
        keygen.initiatorsRule = "everybody";
      },
      /^trust\/bad-intent: .*initiators_rule/,
    ],
    [
      "of a scheme that nobody knows",
      (keygen) => {
        keygen.scheme = "bls12-381";
      },
      /^trust\/bad-intent: .*scheme/,
    ],
    [
      "of a scheme that is not run here",
      (keygen) => {
        keygen.scheme = "eddsa-ed25519";
      },
      /^party\/unknown-protocol: .*keygen for eddsa-ed25519/,
    ],
  ];
  it.each(rows)("%s is refused by name", async (name, change, message) => {
    const world = await World.create({ seed: `unknown-${name}`, protocolsOf: () => [toyKeygen] });
    const intent = decode(world.keygenIntent(2));
    if (intent.action.case === "keygen") change(intent.action.value, world);
    expect(await declined(world, intent, [1, 2, 3])).toMatch(message);
  });
});

describe("a signature", () => {
  const rows: readonly (readonly [string, (sign: SignAction) => void, RegExp])[] = [
    [
      "of a payload",
      (sign) => {
        sign.message = new Uint8Array();
        sign.payload = create(PayloadSchema, { kind: "evm_transaction", body: digest(1), inputs: [{ index: 0 }] });
      },
      /^trust\/unknown-payload: .*evm_transaction/,
    ],
    [
      "of a field that nobody knows",
      (sign) => {
        sign.$unknown = [{ no: 99, wireType: 0, data: Uint8Array.of(1) }];
      },
      /^trust\/bad-intent: .*exactly one way/,
    ],
  ];
  it.each(rows)("%s is refused by name", async (name, change, message) => {
    const world = await worldOf(fixture, { seed: `unknown-${name}` });
    const intent = decode(world.signIntent(fixture.key, digest(1)));
    if (intent.action.case === "sign") change(intent.action.value);
    expect(await declined(world, intent, [1, 2])).toMatch(message);
  });
});

describe("a further epoch", () => {
  it("is refused by its kind as long as no protocol here makes one, and a kind that nobody knows as an intent", async () => {
    const protocolsOf = () => protocols.filter(({ publicRecord }) => publicRecord === undefined);
    const world = await worldOf(fixture, { seed: "unknown-kinds", protocolsOf });
    const key = opened(world, await chainOf(world, 1, fixture.key));
    world.coordinator.learn(fixture.key.keyId, { epoch: key.epoch, epochNumber: 0 });
    for (const kind of ["refresh", "reshare", "recover"]) {
      const { intent } = run(world, key, (action) => {
        action.kind = kind;
      });
      expect(await declined(world, decode(intent), [1, 2, 3])).toMatch(
        new RegExp(`^party/unknown-protocol: .*${kind} for ecdsa-secp256k1`),
      );
    }
    const { intent } = run(world, key, (action) => {
      action.kind = "rotate";
    });
    expect(await declined(world, decode(intent), [1, 2, 3])).toMatch(/^trust\/bad-intent: .*kind/);
  });
});

describe("a renewal or a repair", () => {
  it.each(["renew", "repair"] as const)("%s is refused by its kind where no protocol runs it", async (kind) => {
    const { keyId, epoch, publicKey } = fixture.key;
    const of = { scheme: "ecdsa-secp256k1", keyId, epoch, epochNumber: 0 };
    const pair = { shareIndexLo: 1, shareIndexHi: 2, generation: 1, oldPairId: new Uint8Array(32) };
    const world = await worldOf(fixture, {
      seed: `unknown-${kind}`,
      protocolsOf: () => protocols.filter((protocol) => protocol.kind !== kind),
    });
    const intent = decode(world.signIntent(fixture.key, digest(1)));
    const receiver = world.members().find(({ shareIndex }) => shareIndex === 3) as Member;
    const lost = { threshold: 2, helpers: [1, 2], receiver, publicShares: [publicKey, publicKey, publicKey] };
    intent.action =
      kind === "renew"
        ? { case: "renew", value: create(RenewActionSchema, { ...of, ...pair }) }
        : { case: "repair", value: create(RepairActionSchema, { ...of, ...lost }) };
    expect(await declined(world, intent, [1, 2])).toMatch(new RegExp(`^party/unknown-protocol: .*${kind} for ecdsa-secp256k1`));
  });
});
