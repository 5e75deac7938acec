// Lies in a repair, as the parties see them (dkls23-spec 7.2, 9): which lie names its sender, and
// at whom. Every lie ends the run without harm, and another choice of helpers repairs the share.
import { fromBinary } from "@bufbuild/protobuf";
import { protocols } from "@covault/party";
import { type Lie, lyingProtocols } from "@covault/testkit";
import { AccusationSchema } from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { type Held, Lifecycle, said } from "./lifecycle.ts";
import { askRepair, holdByFour, holdingOf, isRepaired, loseStore, openRepair, repair, schemes, secretOf } from "./repairs.ts";

const [liar, helper, other, receiver] = [1, 2, 4, 3] as const;

describe.each(schemes)("a helper that lies in the repair of a share for %s", (scheme) => {
  const point = scheme === "ecdsa-secp256k1" ? 64 : scheme === "schnorr-bip340" ? 33 : 32;
  const row = 2 * point;
  let held: Held;
  beforeAll(async () => {
    held = await holdByFour(scheme);
  }, 300_000);

  /** Puts the second point of a row in the place of the first. It is a point, and another row. */
  const anotherRow = (body: Uint8Array): Uint8Array => body.copyWithin(0, point, row);
  const changeRow: Lie = (body, round) => (round === 1 ? anotherRow(body) : body);
  const noPoint: Lie = (body, round) => (round === 1 ? body.fill(0, point, row) : body);
  const tooLarge =
    (at: number, round: number, to: number): Lie =>
    (body, of, receiverOf) =>
      of === round && receiverOf === to ? body.fill(255, at, at + 32) : body;
  const flipped =
    (at: number, round: number, to: number): Lie =>
    (body, of, receiverOf) => {
      if (of === round && receiverOf === to) body[at + 20] = (body[at + 20] as number) ^ 1;
      return body;
    };
  /** [what, the lie, who catches it, the code, whether the liar is named]. */
  const lies: readonly (readonly [string, Lie, number, string, boolean])[] = [
    ["a row that does not make its share, to everybody", changeRow, helper, "mpc/dealer-mismatch", true],
    ["a row with no point, to everybody", noPoint, helper, "mpc/bad-message", true],
    ["a part that does not fit its row", flipped(row, 1, helper), helper, "mpc/bad-share", true],
    ["a part that is not below the order", tooLarge(row, 1, helper), helper, "mpc/bad-message", true],
    [
      "another row, to the receiver alone",
      (body, round, to) => (to === receiver ? changeRow(body, round, to) : body),
      receiver,
      "mpc/echo-mismatch",
      false,
    ],
    ["another digest of the rows", flipped(32, 2, receiver), receiver, "mpc/echo-mismatch", false],
    ["another sum", flipped(0, 2, receiver), receiver, "mpc/bad-share", true],
    ["a sum that is not below the order", tooLarge(0, 2, receiver), receiver, "mpc/bad-share", true],
  ];

  it.each(lies)("sends %s: it is found, nothing is kept or burned, and others repair the share", async (what, lie, at, code, named) => {
    const protocolsOf = (index: number) => (index === liar ? lyingProtocols(protocols, lie) : protocols);
    const life = await Lifecycle.of(held, `repair-lie-${scheme}-${what.length}-${code}`, { protocolsOf });
    const { world } = life;
    const secret = await secretOf(life, receiver);
    await loseStore(life, receiver);
    const session = await repair(life, [liar, helper], receiver);
    const reports = session.aborts.filter((report) => report.code !== "party/cancelled");
    expect(reports.map((report) => [report.code, report.culprits, report.consequence])).toEqual([[code, named ? [liar] : [], "retry"]]);
    expect(world.actor(at).events.filter(({ kind }) => kind === "aborted")).toMatchObject([{ code, burn: false }]);
    expect([await life.share(receiver), holdingOf(life, receiver, session)]).toEqual([undefined, undefined]);
    expect(world.actor(receiver).events.map(({ kind }) => kind)).not.toContain("repaired");
    world.coordinator.cancel(session);
    await world.hub.settle();
    for (const { events } of world.actors.values()) expect(events.filter(({ kind }) => kind === "burned" || kind === "failed")).toEqual([]);
    await isRepaired(life, receiver, await repair(life, [helper, other], receiver), secret);
  });

  it("says nothing: whoever waits for it says so, signed, and others repair the share", async () => {
    const life = await Lifecycle.of(held, `repair-silence-${scheme}`);
    const { world } = life;
    await loseStore(life, receiver);
    const missing = new Map<string, readonly number[]>();
    world.hub.intercept = (flight, { body }) => {
      if (body.case === "progress" && body.value.accusation !== undefined)
        missing.set(flight.from.partyId, fromBinary(AccusationSchema, body.value.accusation.body).culprits);
      return body.case === "round" && flight.from.partyId === `party-${liar}` ? [] : [flight];
    };
    const session = await repair(life, [liar, helper], receiver);
    await world.pass(4_000);
    expect([helper, receiver].map((index) => missing.get(`party-${index}`))).toEqual([[liar], [liar]]);
    expect(said(session)).toEqual([]);
    world.coordinator.cancel(session);
    await world.hub.settle();
    expect(await life.share(receiver)).toBeUndefined();
    await isRepaired(life, receiver, await repair(life, [helper, other], receiver));
  });

  it("of the public shares, with every other helper: the receiver finds that they lie on no polynomial through the key", async () => {
    const protocolsOf = (index: number) =>
      index === receiver
        ? protocols
        : protocols.map((protocol) =>
            protocol.kind === "repair" && protocol.publicRecord !== undefined
              ? {
                  ...protocol,
                  // What it compares the intent with, and not what it computes with.
                  publicRecord: (record: Uint8Array) => {
                    const honest = (protocol.publicRecord as NonNullable<typeof protocol.publicRecord>)(record);
                    const [first, second, ...others] = honest.holders;
                    if (first === undefined || second === undefined) throw new Error("no holders");
                    return { ...honest, holders: [{ ...first, publicShare: second.publicShare }, second, ...others] };
                  },
                }
              : protocol,
          );
    const life = await Lifecycle.of(held, `repair-polynomial-${scheme}`, { protocolsOf });
    const { world } = life;
    await loseStore(life, receiver);
    const asked = await askRepair(life, [liar, helper], receiver, ({ publicShares }) => {
      publicShares[0] = publicShares[1] as Uint8Array;
    });
    const session = openRepair(life, asked);
    await world.hub.settle();
    expect(session.aborts.find(({ code }) => code === "mpc/bad-setup")?.culprits).toEqual([]);
    expect(world.actor(receiver).events).toContainEqual(expect.objectContaining({ kind: "aborted", code: "mpc/bad-setup" }));
    expect(await life.share(receiver)).toBeUndefined();
  });
});
