// The plan of an intent whose kind this coordinator does not run is refused by name.
import { create } from "@bufbuild/protobuf";
import { keysOf, openIntent } from "@covault/trust";
import { type Intent, RenewActionSchema, RepairActionSchema } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { exportIntent, importIntent, keygenIntent, signed, verifiedRoster } from "../../test/cast.ts";
import { planOf } from "./plan-of-intent.ts";

const bytes = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const of = { keyId: bytes(1), epoch: bytes(2), epochNumber: 0 };
const keygen = keygenIntent("within", Date.now());
const { action } = keygen;
if (action.case !== "keygen") throw new Error("no keygen");
const [, , receiver] = action.value.members;
const renew = create(RenewActionSchema, {
  ...of,
  scheme: "ecdsa-secp256k1",
  shareIndexLo: 1,
  shareIndexHi: 2,
  generation: 1,
  oldPairId: bytes(0),
});
const repair = create(RepairActionSchema, {
  ...of,
  scheme: "eddsa-ed25519",
  threshold: 2,
  helpers: [1, 2],
  receiver,
  // The identity keys are points of the same curve.
  publicShares: action.value.members.slice(0, 3).map(({ idpk }) => idpk),
});

describe("planOf", () => {
  it.each<Intent["action"]>([
    { case: "renew", value: renew },
    { case: "repair", value: repair },
    exportIntent("within", Date.now()).action,
  ])("refuses a $case by its name", (asked) => {
    const kind = asked.case;
    const intent = { ...keygen, action: asked };
    const opened = openIntent(signed(intent), keysOf(verifiedRoster), Date.now());
    expect(opened.kind).toBe(kind);
    expect(() => planOf(opened, undefined, verifiedRoster)).toThrow(
      expect.objectContaining({ code: "trust/bad-intent", message: expect.stringContaining(`asks for a ${kind}, which is not run here`) }),
    );
  });

  it("plans an import as the keygen that it wraps", () => {
    const plan = (intent: Intent) => planOf(openIntent(signed(intent), keysOf(verifiedRoster), Date.now()), undefined, verifiedRoster);
    const { kind, intentId, expiresAtMs, ...imported } = plan(importIntent("within", Date.now()));
    expect(kind).toBe("import");
    expect(plan(keygen)).toMatchObject(imported);
  });
});
