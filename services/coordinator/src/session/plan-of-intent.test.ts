// The plans of intents that leave a key in its epoch.
import { toBinary } from "@bufbuild/protobuf";
import { hex } from "@covault/crypto";
import { keysOf, openIntent, openKey } from "@covault/trust";
import { CertificateSchema, type Intent } from "@covault/wire";
import { describe, expect, it } from "vitest";
import {
  certificateOf,
  epochOfIntent,
  exportIntent,
  importIntent,
  keygenIntent,
  keyId,
  liveRoster,
  renewIntent,
  repairIntent,
  rosterWithout,
  signed,
  signIntent,
  stranger,
  verifiedRoster,
} from "../../test/cast.ts";
import { subjectOf } from "./plan.ts";
import { planOf } from "./plan-of-intent.ts";

const keygen = keygenIntent("ses_0", Date.now());
const key = openKey(toBinary(CertificateSchema, certificateOf(keygen)), [], { keysOf: keysOf(verifiedRoster), keyId });
const opened = (intent: Intent) => openIntent(signed(intent), keysOf(verifiedRoster), Date.now());
const plan = (intent: Intent, roster = verifiedRoster) => planOf(opened(intent), key, roster);
const within = { keyId: hex(keyId), epoch: hex(epochOfIntent(keygen)), epochNumber: 0 };

describe("planOf", () => {
  it("[CO60] has the two ends of a pair as members, whose acknowledgements are waited for", () => {
    const made = plan(renewIntent("r", Date.now(), { shareIndexLo: 1, shareIndexHi: 3, generation: 4 }));
    expect(made).toMatchObject({ kind: "renew", ackers: [1, 3], leaving: [], threshold: 2, holders: 3, within, generation: 4 });
    expect(made.seats.map(({ partyId }) => partyId)).toEqual(["p1", "p3"]);
    expect([made.key, made.continues, subjectOf(made)]).toEqual([undefined, undefined, { keyId: hex(keyId), part: "pair 1-3" }]);
  });
  it("[CO63] has the helpers and the receiver of a repair as members", () => {
    const made = plan(repairIntent("r", Date.now()));
    expect(made).toMatchObject({ kind: "repair", ackers: [], receiver: "p3", within });
    expect(made.seats.map(({ shareIndex }) => shareIndex)).toEqual([1, 2, 3]);
    expect(subjectOf(made)).toEqual({ keyId: hex(keyId), part: "share of p3" });
  });
  it("refuses ends that are no holders, another epoch, helpers that are too few, and members that the roster has lost", async () => {
    const refused = (intent: Intent, roster?: typeof verifiedRoster) => () => plan(intent, roster);
    const code = (name: string) => expect.objectContaining({ code: name });
    expect(refused(renewIntent("r", Date.now(), { shareIndexHi: 4 }))).toThrow(code("trust/bad-intent"));
    expect(refused(renewIntent("r", Date.now(), { epochNumber: 1 }))).toThrow(code("trust/bad-intent"));
    expect(() => planOf(opened(renewIntent("r", Date.now())), undefined, verifiedRoster)).toThrow(code("coordinator/unknown-key"));
    const roster = liveRoster();
    await roster.replace(rosterWithout("p2"));
    expect(refused(renewIntent("r", Date.now()), roster.current())).toThrow(code("trust/unknown-party"));
    expect(refused(repairIntent("r", Date.now()), roster.current())).toThrow(code("trust/unknown-party"));
  });

  it("seats whoever the roster says that speaks for a holder now, and the receiver of a repair only as the roster has it", () => {
    const successor = hex(stranger.publicKey);
    const parties = verifiedRoster.parties.map((party) => (party.partyId === "p3" ? { ...party, idpk: stranger.publicKey } : party));
    const now = { ...verifiedRoster, parties };
    const seat = (intent: Intent) => plan(intent, now).seats.find(({ partyId }) => partyId === "p3")?.idpk;
    expect(seat(signIntent("s", Date.now()))).toBe(successor);
    expect(seat(renewIntent("r", Date.now(), { shareIndexLo: 1, shareIndexHi: 3 }))).toBe(successor);
    // This intent names p3 with its former key.
    expect(() => plan(repairIntent("r", Date.now()), now)).toThrow(expect.objectContaining({ code: "trust/unknown-party" }));
  });

  it("refuses an export, which is no session of attempts", () => {
    expect(() => plan(exportIntent("within", Date.now()))).toThrow(
      expect.objectContaining({ code: "trust/bad-intent", message: expect.stringContaining("asks for a export, which is not run here") }),
    );
  });

  it("plans an import as the keygen that it wraps", () => {
    const founding = (intent: Intent) => planOf(opened(intent), undefined, verifiedRoster);
    const { kind, intentId, expiresAtMs, ...imported } = founding(importIntent("ses_0", Date.now()));
    expect(kind).toBe("import");
    expect(founding(keygen)).toMatchObject(imported);
  });
});
