// Every field of every signing and key-generation message, lied about through the driver
// (dkls23-spec 10.3): what the honest party reports, which members it blames, what it burns for
// good, and that nothing is burned or staged where it must not be.

import { shareIndex } from "@covault/mpc/protocol";
import { protocols } from "@covault/party";
import { lyingProtocols, World } from "@covault/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import type { DkgContext } from "../../mpc/src/dkg/context.ts";
import { round1Layout as keygenRound1, round2Layout as keygenRound2, round3Layout as keygenRound3 } from "../../mpc/src/dkg/index.ts";
import { round1Layout, round2Layout, round3Layout } from "../../mpc/src/dkls23/sign/index.ts";
import { suite } from "../../mpc/src/dkls23/suite.ts";
import { digest, type Fixture, makeFixture, worldOf } from "./fixture.ts";
import { burnedOf } from "./standing.ts";

type Layout = Readonly<Record<string, number>>;
const seed = "liars";
const [honest, liar, third] = [1, 2, 3] as const;

interface Row {
  readonly round: number;
  readonly field: string;
  readonly code: string;
  readonly consequence: "retry" | "burn";
  readonly blamed: boolean;
  /** How the field is altered. Default: its lowest bit is flipped. */
  readonly lie?: "non-canonical";
  /**
   * The member that lies. Default: the sender of a field that only one of a pair sends, and the
   * receiver of the base OT for all others.
   */
  readonly liarIsSender?: boolean;
}
const burn = (round: number, field: string, code: string): Row => ({ round, field, code, consequence: "burn", blamed: true });
const blame = (round: number, field: string, code: string, lie?: "non-canonical"): Row => ({
  round,
  field,
  code,
  consequence: "retry",
  blamed: true,
  ...(lie && { lie }),
});
const nobody = (round: number, field: string, code: string): Row => ({ round, field, code, consequence: "retry", blamed: false });

function lieAbout(layout: Layout, { field, lie }: Row, body: Uint8Array): Uint8Array {
  const names = Object.keys(layout);
  const at = names.slice(0, names.indexOf(field)).reduce((sum, name) => sum + (layout[name] as number), 0);
  const view = body.subarray(at, at + (layout[field] as number));
  if (view.length === 0) throw new Error(`${field} is absent`);
  if (lie === "non-canonical") view.fill(255, 0, 32);
  else view[view.length - 1] = (view.at(-1) as number) ^ 1;
  return body;
}

describe("a lie about one field of a signature, through the driver", () => {
  const layouts: readonly Layout[] = [round1Layout, round2Layout, round3Layout];
  const rows: readonly Row[] = [
    burn(1, "com", "mpc/ot-check-failed"),
    burn(1, "U", "mpc/ot-check-failed"),
    burn(1, "x", "mpc/ot-check-failed"),
    burn(1, "t", "mpc/ot-check-failed"),
    nobody(2, "h1", "mpc/echo-mismatch"),
    blame(2, "R", "mpc/opening-mismatch"),
    blame(2, "rho", "mpc/opening-mismatch"),
    blame(2, "pk", "mpc/bad-message"),
    blame(2, "gu", "mpc/bad-message"),
    blame(2, "gv", "mpc/bad-message"),
    nobody(2, "psi", "mpc/signature-invalid"),
    blame(2, "psi", "mpc/bad-message", "non-canonical"),
    burn(2, "at", "mpc/mul-check-failed"),
    blame(2, "at", "mpc/bad-message", "non-canonical"),
    burn(2, "eta", "mpc/mul-check-failed"),
    burn(2, "mu", "mpc/mul-check-failed"),
    nobody(3, "w", "mpc/signature-invalid"),
    nobody(3, "u", "mpc/signature-invalid"),
    blame(3, "u", "mpc/bad-message", "non-canonical"),
  ];
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await makeFixture({ seed }, 2);
  });

  for (const row of rows)
    it(`R${row.round}.${row.field}${row.lie === undefined ? "" : `, ${row.lie}`}: ${row.code}, ${row.blamed ? row.consequence : "nobody blamed"}`, async () => {
      const tell = (body: Uint8Array, round: number): Uint8Array =>
        round === row.round ? lieAbout(layouts[round - 1] as Layout, row, body) : body;
      const protocolsOf = (index: number) => (index === liar ? lyingProtocols(protocols, tell) : protocols);
      const world = await worldOf(fixture, { seed: `${seed}-${row.round}-${row.field}`, protocolsOf });
      const session = world.coordinator.open(world.signIntent(fixture.key, digest(9)), [honest, liar]);
      let burnedBeforeAbort: readonly number[] | undefined;
      const { store } = world.actor(honest);
      world.hub.intercept = (flight, envelope) => {
        if (envelope.body.case === "aborted" && flight.from.partyId === world.actor(honest).partyId)
          void burnedOf(store, fixture.key).then((burned) => {
            burnedBeforeAbort = burned;
          });
        return [flight];
      };
      await world.hub.settle();
      const mine = session.aborts.filter((aborted) => aborted.rid.length === 32 && aborted.code !== "party/cancelled");
      const report = mine.find((aborted) => aborted.code === row.code);
      expect(mine.map((aborted) => aborted.code)).toContain(row.code);
      expect(report?.culprits).toEqual(row.blamed ? [liar] : []);
      expect(report?.consequence).toBe(row.consequence);
      const burned = row.consequence === "burn" ? [liar] : [];
      expect(await burnedOf(store, fixture.key)).toEqual(burned);
      expect(burnedBeforeAbort).toEqual(burned);
      // After a lie in round 3 the liar itself may hold the signature, so that the message counts
      // as possibly signed.
      expect(world.actor(honest).events.filter(({ kind }) => kind === "signed")).toEqual([]);

      // Afterwards a burned pair is refused, and another quorum signs.
      world.coordinator.attempt(session, [honest, liar]);
      await world.hub.settle();
      const refusal = session.declines.find((decline) => decline.code === "party/pair-burned");
      expect(refusal?.culprits ?? []).toEqual(burned);
      const before = session.signatures.length;
      world.coordinator.attempt(session, [honest, third]);
      await world.hub.settle();
      expect(session.signatures.length - before).toBe(2);
    });

  it("has a row for every field", () => {
    const fields = layouts.flatMap((layout, k) => Object.keys(layout).map((field) => `R${k + 1}.${field}`));
    expect(new Set(rows.map((row) => `R${row.round}.${row.field}`))).toEqual(new Set(fields));
  });
});

describe("a lie about one field of a key generation, through the driver", () => {
  const indices = [shareIndex(1), shareIndex(2)];
  // Of the pair {1, 2}, 1 sends the base OT and the reversal.
  const sender: readonly string[] = ["a", "U", "x", "t"];
  const rows: readonly Row[] = [
    nobody(1, "com", "mpc/echo-mismatch"),
    blame(1, "a", "mpc/bad-message"),
    blame(1, "list", "mpc/bad-message"),
    nobody(2, "h1", "mpc/echo-mismatch"),
    { ...blame(2, "zs", "mpc/ot-check-failed"), liarIsSender: true },
    blame(2, "U", "mpc/ot-check-failed"),
    blame(2, "x", "mpc/ot-check-failed"),
    blame(2, "t", "mpc/ot-check-failed"),
    blame(2, "f", "mpc/opening-mismatch"),
    blame(2, "cc", "mpc/opening-mismatch"),
    blame(2, "rho", "mpc/opening-mismatch"),
    blame(2, "pok", "mpc/bad-proof"),
    blame(2, "share", "mpc/bad-share"),
    nobody(2, "zs", "mpc/confirmation-mismatch"),
    nobody(3, "h2", "mpc/echo-mismatch"),
    nobody(3, "kc", "mpc/confirmation-mismatch"),
  ];

  for (const row of rows)
    it(`R${row.round}.${row.field}: ${row.code}, ${row.blamed ? "blamed" : "nobody blamed"}, nothing staged or burned by the honest party`, async () => {
      const layoutOf = [keygenRound1, keygenRound2, keygenRound3][row.round - 1] as (
        context: DkgContext,
        from: number,
        to: number,
      ) => Layout;
      const context = {
        suite,
        self: indices[0],
        threshold: 2,
        members: indices,
        dealers: indices,
        receivers: indices,
      } as unknown as DkgContext;
      const [liar, honest] = row.liarIsSender || sender.includes(row.field) ? [1, 2] : [2, 1];
      const layout = layoutOf(context, shareIndex(liar as number), shareIndex(honest as number));
      const tell = (body: Uint8Array, round: number): Uint8Array => (round === row.round ? lieAbout(layout, row, body) : body);
      const protocolsOf = (index: number) => (index === liar ? lyingProtocols(protocols, tell) : protocols);
      const world = await World.create({ seed: `${seed}-keygen-${row.field}-${liar}`, indices, protocolsOf });
      const session = world.coordinator.open(world.keygenIntent(2), indices);
      await world.hub.settle();
      const { store } = world.actor(honest as number);
      expect(
        session.aborts.filter(({ code }) => code === row.code).map(({ culprits, consequence }) => ({ culprits, consequence })),
      ).toContainEqual({
        culprits: row.blamed ? [liar] : [],
        consequence: "retry",
      });
      expect(await store.runningSessions()).toEqual([]);
      expect((await store.sharesOfSession(session.sessionId))[0]).toBeUndefined();
      expect(session.certificate).toBeUndefined();
    });

  it("has a row for every field", () => {
    const context = {
      suite,
      self: indices[0],
      threshold: 2,
      members: indices,
      dealers: indices,
      receivers: indices,
    } as unknown as DkgContext;
    const layouts = [keygenRound1, keygenRound2, keygenRound3].map((layout) => layout(context, shareIndex(1), shareIndex(2)));
    const fields = layouts.flatMap((layout, k) => Object.keys(layout).map((field) => `R${k + 1}.${field}`));
    expect(new Set(rows.map((row) => `R${row.round}.${row.field}`))).toEqual(new Set(fields));
  });
});
