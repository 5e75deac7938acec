// Nothing of a repair stays in memory when it is over: neither the shares that were opened, nor the
// one that came out, nor a key that sealed or opened any of them. And nothing of it leaves a party
// but in sealed messages.
import type { FrostRepairOutput } from "@covault/mpc/frost";
import { inThreadRunner, type Protocol, protocols, type SharePlain } from "@covault/party";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { AttemptSecrets, Runner } from "../src/run/runner.ts";
import { Lifecycle } from "./lifecycle.ts";
import { askRepair, damage, holdByFour, isRepaired, openRepair, repair, secretOf } from "./repairs.ts";

const blank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
const contains = (where: Uint8Array, what: Uint8Array): boolean => Buffer.from(where).includes(Buffer.from(what));

describe("the secrets of a repair", () => {
  afterEach(() => vi.restoreAllMocks());

  it("are gone afterwards, at helpers and at the receiver, and were on no wire and in no event", async () => {
    const outputs: Uint8Array[] = [];
    const opened: Uint8Array[] = [];
    const seen = (protocol: Protocol): Protocol =>
      protocol.kind !== "repair"
        ? protocol
        : {
            ...protocol,
            make: (setup, share, own) => {
              if (share !== undefined) opened.push(share.secret);
              return protocol.make(setup, share, own);
            },
            outcome: (output, self) => {
              const made = (output as FrostRepairOutput).share;
              if (made !== undefined) outputs.push(made.secret);
              const outcome = protocol.outcome(output, self);
              const plain = outcome.kind === "repaired" ? (outcome.share as SharePlain | undefined) : undefined;
              if (plain !== undefined) outputs.push(plain.secret);
              return outcome;
            },
          };
    const life = await Lifecycle.of(await holdByFour("schnorr-bip340"), "repair-secrets", { protocolsOf: () => protocols.map(seen) });
    const { world } = life;
    const [secret, ...helpers] = [await secretOf(life, 3), await secretOf(life, 1), await secretOf(life, 2)];
    await damage(life, 3);
    const keys: Uint8Array[] = [];
    const importKey = crypto.subtle.importKey.bind(crypto.subtle) as (...args: unknown[]) => Promise<never>;
    vi.spyOn(crypto.subtle, "importKey").mockImplementation((...args: unknown[]) => {
      if (args[2] === "AES-GCM") keys.push(args[1] as Uint8Array);
      return importKey(...args);
    });
    const sent: Uint8Array[] = [];
    world.hub.intercept = (flight) => {
      sent.push(flight.bytes);
      return [flight];
    };
    const session = await repair(life, [1, 2], 3);
    // The damaged row was tried at the invite and before the write, two shares were opened, one
    // share was sealed, and it was opened for what its holder says of it.
    expect([keys.length, opened.length, outputs.length]).toEqual([6, 2, 2]);
    expect([...keys, ...opened, ...outputs].filter((each) => !blank(each))).toEqual([]);
    vi.restoreAllMocks();
    await isRepaired(life, 3, session, secret);
    const said = [...sent, ...[1, 2, 3].map((index) => Buffer.from(JSON.stringify(world.actor(index).events)))];
    // What a stored secret is beside its format's byte.
    for (const plain of [secret, ...helpers].map((each) => each.slice(1)))
      for (const bytes of said) expect(contains(bytes, plain)).toBe(false);
  });

  it("are gone when the party stops in the middle", async () => {
    const secrets: AttemptSecrets[] = [];
    const opened: Uint8Array[] = [];
    const seen = (protocol: Protocol): Protocol => ({
      ...protocol,
      make: (setup, share, own) => {
        if (share !== undefined) opened.push(share.secret);
        return protocol.make(setup, share, own);
      },
    });
    const life = await Lifecycle.of(await holdByFour("schnorr-bip340"), "repair-stop", {
      protocolsOf: () => protocols.map(seen),
      runnerOf: (_, run, entropy): Runner => {
        const inner = inThreadRunner(run, entropy);
        return {
          ...inner,
          open: () => {
            const made = inner.open();
            secrets.push(made);
            return made;
          },
        };
      },
    });
    const { world } = life;
    await damage(life, 3);
    world.hub.intercept = (flight, { body }) => (body.case === "round" ? [] : [flight]);
    openRepair(life, await askRepair(life, [1, 2], 3));
    await world.hub.settle();
    expect(opened.map(blank)).toEqual([false, false]);
    for (const index of [1, 2, 3]) await world.actor(index).party.stop();
    expect(opened.map(blank)).toEqual([true, true]);
    for (const each of secrets) await expect(each.check()).rejects.toMatchObject({ code: "party/bad-order" });
  });
});
