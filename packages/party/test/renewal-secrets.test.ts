// The secrets of a renewal: nothing plain of the share, the old pair or the new one is left in the
// worker, goes over the network or into the store, and the old state is gone from the store with
// the acknowledgement.
import { asCovaultError } from "@covault/errors";
import { decodePairs, type RenewalOutput } from "@covault/mpc/dkls23";
import type { ShareIndex } from "@covault/mpc/protocol";
import { inThreadRunner, type Protocol, pairAad, protocols } from "@covault/party";
import { seeded } from "@covault/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import type { AttemptSecrets } from "../src/run/runner.ts";
import { openBlob } from "../src/vault/blob.ts";
import { digest } from "./fixture.ts";
import { type Held, holdKey, Lifecycle } from "./lifecycle.ts";
import { type Ends, heal, lose, pairOf, renew } from "./renewing.ts";

let held: Held;
beforeAll(async () => {
  held = await holdKey("ecdsa-secp256k1");
}, 300_000);

const pair: Ends = [1, 2];
const blank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** Opens the pair that a party's store has, as its worker would. */
async function opened(life: Lifecycle, index: number, partner: number) {
  const { keyId, epoch, generation, pairId, state } = await pairOf(life, index, partner);
  const { vault, partyId } = life.world.actor(index);
  const plain = await openBlob(
    await vault.pairKeys(keyId, epoch),
    pairAad(partyId, { keyId, epoch, partner }, { generation, pairId }),
    state as Uint8Array,
  );
  const { partners, self } = decodePairs(plain);
  expect([self, [...partners.keys()]]).toEqual([index, [partner]]);
  return partners.get(partner as ShareIndex) as NonNullable<ReturnType<typeof partners.get>>;
}

describe("the secrets of a renewal", () => {
  it("are gone from the worker when it has ended: the share, the pair, its encoding, the rounds and the keys", async () => {
    const outputs: RenewalOutput[] = [];
    const kept: Uint8Array[] = [];
    const seen = (protocol: Protocol): Protocol =>
      protocol.kind !== "renew"
        ? protocol
        : {
            ...protocol,
            make: (setup, share, own) =>
              protocol.make(
                setup,
                share && {
                  ...share,
                  keep: (secret) => {
                    kept.push(secret, share.secret);
                    return share.keep(secret);
                  },
                },
                own,
              ),
            restore: (setup, snapshot) => {
              kept.push(snapshot);
              return protocol.restore(setup, snapshot);
            },
            outcome: (output, self) => {
              outputs.push(output as RenewalOutput);
              const outcome = protocol.outcome(output, self);
              if (outcome.kind === "pair") kept.push(outcome.pair.state);
              return outcome;
            },
          };
    const rings: Uint8Array[] = [];
    const life = await Lifecycle.of(held, "renewal-secrets", {
      protocolsOf: (index) => (index === 1 ? protocols.map(seen) : protocols),
      runnerOf: (_, run, entropy) => {
        const runner = inThreadRunner(run, entropy);
        const open = (...given: Parameters<typeof runner.open>): AttemptSecrets => {
          const secrets = runner.open(...given);
          return new Proxy(secrets, {
            get(target, name) {
              const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
              return (...args: unknown[]) => {
                if (name === "sealPair") for (const { key } of args[0] as { key: Uint8Array }[]) rings.push(key);
                if (name === "start")
                  for (const { key } of (args[0] as { stateKeys?: { key: Uint8Array }[] }).stateKeys ?? []) rings.push(key);
                return method.apply(target, args);
              };
            },
          });
        };
        return { ...runner, open };
      },
    });
    const { world } = life;
    world.hub.intercept = (flight, { body }) => (body.case === "round" && body.value.header[2] === 2 ? [] : [flight]);
    await renew(life, pair);
    await world.actor(1).party.stop();
    await world.boot(1);
    heal(world);
    await world.pass(6_000);
    expect(await pairOf(life, 1, 2)).toMatchObject({ generation: 1, status: "committed" });
    const made = outputs[0]?.renewed.partners.get(2 as ShareIndex);
    expect([made?.send.delta, made?.send.seeds, made?.recv.pairs, made?.zeroSeed].map((each) => each && blank(each))).toEqual(
      Array(4).fill(true),
    );
    expect(kept.length).toBeGreaterThan(3);
    expect(kept.filter((each) => !blank(each))).toEqual([]);
    expect(rings.length).toBeGreaterThan(2);
    expect(rings.filter((each) => !blank(each))).toEqual([]);
  });

  it("are the same at both ends, new, and nowhere in what was sent or said; a worker that renews gets no pair at all", async () => {
    const jobs: unknown[] = [];
    const life = await Lifecycle.of(held, "renewal-secrets-net", {
      runnerOf: (_, run, entropy) => {
        const runner = inThreadRunner(run, entropy);
        const open = (...given: Parameters<typeof runner.open>): AttemptSecrets => {
          const secrets = runner.open(...given);
          const start: AttemptSecrets["start"] = (job) => {
            jobs.push(job.share?.pairs);
            return secrets.start(job);
          };
          return new Proxy(secrets, {
            get: (target, name) => {
              const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
              return name === "start" ? start : method.bind(target);
            },
          });
        };
        return { ...runner, open };
      },
    });
    const { world } = life;
    const before = await opened(life, 1, 2);
    const sent: Buffer[] = [];
    world.hub.intercept = (flight) => {
      sent.push(Buffer.from(flight.bytes));
      return [flight];
    };
    await renew(life, pair);
    expect(jobs).toEqual([[], []]);
    const [mine, theirs] = [await opened(life, 1, 2), await opened(life, 2, 1)];
    expect(mine.zeroSeed).toEqual(theirs.zeroSeed);
    expect([mine.id, mine.generation]).toEqual([theirs.id, 1]);
    const secrets = [before, mine].flatMap(({ send, recv, zeroSeed }) => [
      send.delta,
      send.seeds.slice(0, 16),
      recv.pairs.slice(0, 16),
      zeroSeed,
    ]);
    expect(new Set(secrets.map((each) => Buffer.from(each).toString("hex"))).size).toBe(8);
    const said = JSON.stringify([...world.actors.values()].map(({ events }) => events));
    for (const secret of [...secrets, seeded("master-1").bytes(32)]) {
      expect(sent.some((bytes) => bytes.includes(Buffer.from(secret)))).toBe(false);
      expect(said.includes(Buffer.from(secret).toString("hex"))).toBe(false);
    }
  });

  it("of the pair before are erased with the acknowledgement, before anybody hears of it", async () => {
    const life = await Lifecycle.of(held, "renewal-erased");
    const { world } = life;
    const { store } = world.actor(1);
    const states: unknown[] = [];
    lose(world, ["pairAcknowledged", "pairCommitted", "pairRequest"], () => true);
    const losing = world.hub.intercept;
    world.hub.intercept = (flight, envelope) => {
      if (envelope.body.case === "pairAcknowledged" && flight.from.partyId === "party-1")
        void store.pairs(life.key.charter.keyId, life.key.epoch).then((pairs) => states.push(pairs.map(({ generation }) => generation)));
      return losing(flight, envelope);
    };
    const before = (await pairOf(life, 1, 2)).state as Uint8Array;
    await renew(life, pair);
    expect(states[0]).toEqual([1, 0]);
    const after = await pairOf(life, 1, 2);
    expect([after.status, after.state?.length]).toEqual(["staged", before.length]);
    expect(after.state).not.toEqual(before);
  });

  it("are not asked for out of order: a worker seals a pair after it has made one, and no share then", async () => {
    const secrets = inThreadRunner(protocols, { bytes: (length) => digest(1).slice(0, length) }).open("stored");
    const failure = await secrets.sealPair([{ masterId: digest(1).slice(0, 4), key: digest(2) }]).catch((error: unknown) => error);
    expect(asCovaultError(failure)?.code).toBe("party/bad-order");
    secrets.end();
  });
});
