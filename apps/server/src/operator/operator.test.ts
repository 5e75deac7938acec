import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityKeyFromSeed } from "@covault/channel";
import { rosterInitiator, rosterParty, verifyRoster } from "@covault/trust";
import { afterAll, describe, expect, it } from "vitest";
import { keyKinds, newKey } from "./new-keys.ts";
import { signRosterFile } from "./roster-file.ts";

const folder = mkdtempSync(join(tmpdir(), "covault-operator-"));
afterAll(() => rmSync(folder, { recursive: true }));
const list = (text: string): string => {
  const path = join(folder, "parties.yaml");
  writeFileSync(path, text);
  return path;
};

describe("covault keys new", () => {
  it.each(keyKinds)("makes a fresh %s key under the setting that takes it", (kind) => {
    const [one, other] = [newKey(kind), newKey(kind)];
    expect(one.secret).toMatch(/^[0-9a-f]{64}$/);
    expect(one.secret).not.toBe(other.secret);
    expect(one.setting).toMatch(/^[A-Z_]+$/);
    if (one.public !== undefined)
      expect(one.public.key).toBe(Buffer.from(identityKeyFromSeed(Buffer.from(one.secret, "hex")).publicKey).toString("hex"));
  });

  it("names the kinds when asked for another", () => expect(() => newKey("toString")).toThrow("identity"));
});

describe("covault roster sign", () => {
  const root = newKey("root");
  const [party, initiator, former] = [newKey("identity"), newKey("initiator"), newKey("initiator")];
  const yaml = `
parties:
  - id: server-party-1
    identity_key: ${party.public?.key}
    valid_until: 2030-01-01T00:00:00Z
initiators:
  - id: account
    key: ${initiator.public?.key}
    tenants: [default]
    kinds: [sign]
  - id: account
    key: ${former.public?.key}
    retired_at: 2029-01-01T00:00:00Z
    revoked: true
tenants:
  - id: default
    policy_roots: [${"ab".repeat(32)}]
    version_zero_allowed: true
`;

  it("makes a roster that services verify, with what the list says", () => {
    const signed = signRosterFile(list(yaml), root.secret, 7n);
    expect(signed.rootPublicKey).toBe(root.public?.key);
    const roster = verifyRoster(Buffer.from(signed.text.trim(), "base64"), Buffer.from(signed.rootPublicKey, "hex"));
    expect(roster.serial).toBe(7n);
    expect(Buffer.from(rosterParty(roster, "server-party-1", Date.UTC(2029, 0))?.idpk ?? []).toString("hex")).toBe(party.public?.key);
    expect(rosterParty(roster, "server-party-1", Date.UTC(2031, 0))).toBeUndefined();
    expect(rosterInitiator(roster, "account")).toMatchObject([
      { tenants: ["default"], kinds: ["sign"], retiredAtMs: 0n, revoked: false },
      { tenants: [], kinds: [], retiredAtMs: BigInt(Date.UTC(2029, 0)), revoked: true },
    ]);
    expect(roster.tenants).toMatchObject([{ tenant: "default", versionZeroAllowed: true }]);
    expect(roster.tenants[0]?.policyRoots.map((policyRoot) => Buffer.from(policyRoot).toString("hex"))).toEqual(["ab".repeat(32)]);
  });

  it.each([
    ["a party without a key", yaml.replace(/ +identity_key.*\n/, ""), "identity_key"],
    ["a party id that is none", yaml.replace("server-party-1", "Server 1"), "parties.0.id"],
    ["a key of another length", yaml.replace(/key: (..)/g, "key: "), "64 hexadecimal"],
    ["a field that there is not", yaml.replace("tenants", "tenant"), "tenant"],
    ["no parties", "parties: []\ninitiators: []", "at least one party"],
  ])("refuses %s and says where", (_, text, told) => {
    expect(() => signRosterFile(list(text), root.secret, 1n)).toThrow(told);
  });

  it("refuses two parties with one key, as services would", () => {
    const twice = yaml.replace("parties:", `parties:\n  - { id: server-party-2, identity_key: ${party.public?.key} }`);
    expect(() => signRosterFile(list(twice), root.secret, 1n)).toThrow("idpk");
  });

  it("names ROOT_KEY when it is missing or wrong, without showing it", () => {
    expect(() => signRosterFile(list(yaml), undefined, 1n)).toThrow("ROOT_KEY");
    expect(() => signRosterFile(list(yaml), "hunter2", 1n)).toThrow(/^(?!.*hunter2).*ROOT_KEY/);
  });
});
