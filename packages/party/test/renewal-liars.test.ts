// Every field of every message of a renewal, lied about through the driver (dkls23-spec 7.1, 10.3):
// what the honest end reports, whom it blames, and that it keeps its old pair and burns nothing.
import { shareIndex } from "@covault/mpc/protocol";
import { protocols } from "@covault/party";
import { lyingProtocols } from "@covault/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { round1Layout, round2Layout, round3Layout } from "../../mpc/src/dkls23/renew/index.ts";
import { type Held, holdKey, Lifecycle, said } from "./lifecycle.ts";
import { type Ends, nth, pairOf, renew, standing } from "./renewing.ts";

type Layout = Readonly<Record<string, number>>;
const pair: Ends = [1, 2];
// Of the pair {1, 2}, 1 sends the base OT and the reversal.
const layoutOf = (round: number, from: number, to: number): Layout =>
  [round1Layout, round2Layout, round3Layout][round - 1]?.(shareIndex(from), shareIndex(to)) as Layout;

interface Row {
  readonly round: number;
  readonly field: string;
  readonly liar: 1 | 2;
  readonly code: string;
  readonly blamed: boolean;
}
const blame = (round: number, field: string, liar: 1 | 2, code: string): Row => ({ round, field, liar, code, blamed: true });
const nobody = (round: number, field: string, liar: 1 | 2, code: string): Row => ({ round, field, liar, code, blamed: false });
const rows: readonly Row[] = [
  nobody(1, "com", 1, "mpc/echo-mismatch"),
  nobody(1, "com", 2, "mpc/echo-mismatch"),
  blame(1, "a", 1, "mpc/bad-message"),
  blame(1, "list", 2, "mpc/bad-message"),
  nobody(2, "h1", 1, "mpc/echo-mismatch"),
  nobody(2, "h1", 2, "mpc/echo-mismatch"),
  blame(2, "rho", 1, "mpc/opening-mismatch"),
  blame(2, "rho", 2, "mpc/opening-mismatch"),
  // The half of S is in the salt of the reversal.
  blame(2, "zs", 1, "mpc/ot-check-failed"),
  nobody(2, "zs", 2, "mpc/confirmation-mismatch"),
  blame(2, "U", 1, "mpc/ot-check-failed"),
  blame(2, "x", 1, "mpc/ot-check-failed"),
  blame(2, "t", 1, "mpc/ot-check-failed"),
  nobody(3, "h2", 1, "mpc/echo-mismatch"),
  nobody(3, "h2", 2, "mpc/echo-mismatch"),
  nobody(3, "kc", 1, "mpc/confirmation-mismatch"),
  nobody(3, "kc", 2, "mpc/confirmation-mismatch"),
];

describe("a lie about one field of a renewal, through the driver", () => {
  let held: Held;
  beforeAll(async () => {
    held = await holdKey("ecdsa-secp256k1");
  }, 300_000);

  it.each(rows)("R$round.$field of party $liar: $code, and the honest end keeps its pair", async ({ round, field, liar, code, blamed }) => {
    const honest = liar === 1 ? 2 : 1;
    const layout = layoutOf(round, liar, honest);
    const tell = (body: Uint8Array, of: number): Uint8Array => {
      if (of !== round) return body;
      const names = Object.keys(layout);
      const at = names.slice(0, names.indexOf(field) + 1).reduce((sum, name) => sum + (layout[name] as number), 0) - 1;
      body[at] = (body[at] as number) ^ 1;
      return body;
    };
    let lies = true;
    const lying = lyingProtocols(
      protocols.filter(({ kind }) => kind === "renew"),
      (body, of) => (lies ? tell(body, of) : body),
    );
    const protocolsOf = (index: number) => (index === liar ? [...protocols.filter(({ kind }) => kind !== "renew"), ...lying] : protocols);
    const life = await Lifecycle.of(held, `renewal-liars-${round}-${field}-${liar}`, { protocolsOf });
    const { world } = life;
    const before = await pairOf(life, honest, liar);
    const session = await renew(life, pair);
    const mine = session.aborts.filter(({ code: said }) => said === code);
    expect(session.aborts.map(({ code: said }) => said)).toContain(code);
    expect(mine.map(({ culprits, consequence }) => [culprits, consequence])).toContainEqual([blamed ? [liar] : [], "retry"]);
    expect(session.aborts.flatMap(({ consequence }) => (consequence === "burn" ? [consequence] : []))).toEqual([]);
    // Nothing was signed, so that all of the old pair is there: it was neither burned nor struck.
    expect(await pairOf(life, honest, liar)).toEqual(before);
    expect(session.pairCertificate).toBeUndefined();
    expect(await world.actor(honest).store.runningSessions()).toEqual([]);
    for (const { events } of world.actors.values()) expect(events.filter(({ kind }) => kind === "burned" || kind === "failed")).toEqual([]);
    // Where the liar has not signed either, the old pair signs. The next generation goes always.
    const stands = await standing(life, pair);
    const signed = await life.signs(pair);
    expect(signed.signatures.length).toBe(stands.every(([generation]) => generation === 0) ? 2 : 0);
    world.coordinator.cancel(signed);
    lies = false;
    expect(said(await renew(life, pair, nth(2)))).toEqual([]);
    expect((await life.signs(pair, 2)).signatures).toHaveLength(2);
  });

  it("has a row for every field", () => {
    const fields = [1, 2, 3].flatMap((round) =>
      pair.flatMap((liar) =>
        Object.entries(layoutOf(round, liar, 3 - liar)).flatMap(([field, bytes]) => (bytes > 0 ? [`R${round}.${field} of ${liar}`] : [])),
      ),
    );
    expect(rows.map(({ round, field, liar }) => `R${round}.${field} of ${liar}`).sort()).toEqual(fields.sort());
  });
});
