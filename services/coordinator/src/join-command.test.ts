// What a join to sign must name, and what becomes of two joins that do not name one pair.

import { create } from "@bufbuild/protobuf";
import { fromHex, hex } from "@covault/crypto";
import { epochOf, intentIdOf } from "@covault/trust";
import { type Invite, InviteSchema, type Signed } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { joinOf, keygenIntent, keyId, publicKey, seed, signed, signIntent } from "../test/cast.ts";
import { at, given, opened, rid, signPlan, started, t0 } from "../test/given.ts";
import { joinCommand } from "./join-command.ts";
import { joinTokens } from "./join-token.ts";
import type { Command } from "./session/commands.ts";
import { fold } from "./session/evolve.ts";
import type { Plan } from "./session/plan.ts";

const intent = signed(signIntent("ses_1", t0));
const epoch = epochOf(keyId, seed(9));
const { action } = keygenIntent("ses_0", t0);
const members = action.case === "keygen" ? action.value.members : [];
const plan: Plan = {
  ...signPlan,
  intentId: hex(intentIdOf(intent.body)),
  seats: members.map(({ partyId, shareIndex, idpk }) => ({ partyId, shareIndex, idpk: hex(idpk) })),
  key: { keyId: hex(keyId), epoch: hex(epoch), epochNumber: 0, signsUnder: hex(publicKey) },
};
const tokens = joinTokens("a key for tests, 32 characters or more", () => t0);
const history = [opened(plan), started(1, [1, 2])];
const invite = (over: Partial<Pick<Invite, "epoch" | "epochNumber" | "signers">> = {}) =>
  create(InviteSchema, { sessionId: "ses_1", attempt: 1, rid: fromHex(rid(1)), intent, signers: [1, 2], epoch, ...over });

async function commandOf(index: number, join: Signed, before = history): Promise<Extract<Command, { type: "Join" }>["data"]> {
  const partyId = `p${index}`;
  const joinToken = await tokens.issue({ sessionId: "ses_1", partyId, attempt: 1, rid: rid(1) }, 60_000);
  const value = { $typeName: "covault.v1.Join" as const, sessionId: "ses_1", attempt: 1, joinToken, join };
  const command = await joinCommand(tokens, fold(before), { $typeName: "covault.v1.Address", partyId, instanceId: `${partyId}-a` }, value);
  if (command?.type !== "Join") throw new Error("no join");
  return command.data;
}
const joinedBy = async (index: number, join: Signed) => {
  const { instanceId, join: text, fresh } = await commandOf(index, join);
  return at(0, "Joined", { attempt: 1, partyId: `p${index}`, shareIndex: index, instanceId, join: text, fresh });
};

describe("a join to sign", () => {
  it("[CO27] names the key and the epoch of the attempt, and a pair with every other signer", async () => {
    await expect(commandOf(1, joinOf("p1", "p1-a", invite()))).resolves.toMatchObject({ partyId: "p1", strangers: [] });
    for (const other of [invite({ epoch: seed(1) }), invite({ epochNumber: 1 }), invite({ signers: [1, 3] })])
      await expect(commandOf(1, joinOf("p1", "p1-a", other))).rejects.toMatchObject({ code: "trust/bad-join" });
    const short: () => Uint8Array = () => seed(1).subarray(1);
    await expect(commandOf(1, joinOf("p1", "p1-a", invite(), 1, short))).rejects.toMatchObject({ code: "trust/bad-join" });
  });

  it("[CO51] that names another pair than its partner's, or none, costs the attempt, and the next one does without that pair", async () => {
    const first = await joinedBy(1, joinOf("p1", "p1-a", invite()));
    for (const pairId of [seed(77), new Uint8Array(32)]) {
      const data = await commandOf(
        2,
        joinOf("p2", "p2-a", invite(), 3, () => pairId),
        [...history, first],
      );
      expect(data.strangers).toEqual([1]);
      const after = given(...history, first).when("Join", data);
      after.thenTypes("Joined", "AttemptFailed", "AttemptStarted");
      after.thenHas("AttemptFailed", { code: "party/pair-mismatch", disputes: [[1, 2]], silent: [] });
      after.thenHas("AttemptStarted", { attempt: 2, members: [1, 3].map((index) => ({ partyId: `p${index}`, shareIndex: index })) });
    }
    const fits = await commandOf(2, joinOf("p2", "p2-a", invite(), 3), [...history, first]);
    expect(fits.strangers).toEqual([]);
    given(...history, first)
      .when("Join", fits)
      .thenTypes("Joined", "AttemptReady");
  });
});
