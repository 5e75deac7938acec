// An attempt's worker has no plain secret left when the attempt has ended: neither what was decoded
// of the share, nor what a machine gave out, nor a key that sealed or opened any of it, at rest or
// on its way to a peer.
import type { PairChannel } from "@covault/channel";
import { asCovaultError } from "@covault/errors";
import type { KeygenOutput } from "@covault/mpc/dkls23";
import { lyingProtocols, World } from "@covault/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import { inThreadRunner, type Protocol, type Protocols, protocols } from "../src/index.ts";
import type { AttemptSecrets, Job, Runner } from "../src/run/runner.ts";
import type { KeyRing } from "../src/vault/blob.ts";
import { digest, makeKey } from "./fixture.ts";

const channels = vi.hoisted(() => [] as PairChannel[]);
vi.mock("@covault/channel", async (original) => {
  const real = await original<typeof import("@covault/channel")>();
  const deriveChannel: typeof real.deriveChannel = (setup) => {
    const channel = real.deriveChannel(setup);
    channels.push(channel);
    return channel;
  };
  return { ...real, deriveChannel };
});

const blank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
/** The protocols of party 1, with `as` between them and their machines. */
const seen = (as: (protocol: Protocol) => Protocol) => (index: number) => (index === 1 ? protocols.map(as) : protocols);

describe("a worker's secrets", () => {
  it("are gone after a key generation: the share and its pairs, whose encodings alone were sealed", async () => {
    const outputs: KeygenOutput[] = [];
    const outcome = (protocol: Protocol): Protocol => ({
      ...protocol,
      outcome: (output, self) => {
        if (protocol.name === "keygen") outputs.push(output as KeygenOutput);
        return protocol.outcome(output, self);
      },
    });
    const world = await World.create({ seed: "worker-secrets/keygen", indices: [1, 2], protocolsOf: seen(outcome) });
    world.coordinator.open(world.keygenIntent(2), [1, 2]);
    await world.hub.settle();
    const [share] = outputs.map((output) => output.share);
    const pair = share?.pairs?.partners.get(2 as never);
    expect(
      [share?.secret, pair?.send.delta, pair?.send.seeds, pair?.recv.pairs, pair?.zeroSeed].map((each) => each && blank(each)),
    ).toEqual(new Array(5).fill(true));
  });

  it("are gone when a stored round was restored and its session cancelled", async () => {
    const snapshots: Uint8Array[] = [];
    const restore = (protocol: Protocol): Protocol => ({
      ...protocol,
      restore: (setup, snapshot) => {
        snapshots.push(snapshot);
        return protocol.restore(setup, snapshot);
      },
    });
    const world = await World.create({ seed: "worker-secrets/restore", indices: [1, 2], protocolsOf: seen(restore) });
    world.hub.intercept = (flight, envelope) => (envelope.body.case === "round" ? [] : [flight]);
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2]);
    await world.hub.settle();
    await world.boot(1);
    await world.hub.settle();
    expect(snapshots.map(blank)).toEqual([false]);
    world.coordinator.cancel(session);
    await world.hub.settle();
    expect(snapshots.map(blank)).toEqual([true]);
  });
});

describe("the keys of a session", () => {
  afterEach(() => vi.restoreAllMocks());

  /**
   * Every key that seals or opens something at rest from here on, as the very array that the
   * platform is given.
   */
  function keysAtRest(): Uint8Array[] {
    const keys: Uint8Array[] = [];
    const importKey = crypto.subtle.importKey.bind(crypto.subtle) as (...args: unknown[]) => Promise<never>;
    vi.spyOn(crypto.subtle, "importKey").mockImplementation((...args: unknown[]) => {
      if (args[2] === "AES-GCM") keys.push(args[1] as Uint8Array);
      return importKey(...args);
    });
    channels.length = 0;
    return keys;
  }
  const isWiped = (channel: PairChannel): boolean => {
    try {
      channel.seal({ protocol: 1, round: 9, from: 1, to: 2, rid: new Uint8Array(32), sid: new Uint8Array(32) }, new Uint8Array(0));
      return false;
    } catch (error) {
      return /has ended/.test(asCovaultError(error)?.message ?? "");
    }
  };
  function nothingLeft(keys: readonly Uint8Array[]): void {
    expect(keys.length).toBeGreaterThan(0);
    expect(channels.length).toBeGreaterThan(1);
    expect(keys.filter((key) => !blank(key))).toEqual([]);
    expect(channels.filter((channel) => !isWiped(channel))).toEqual([]);
  }
  const inRounds = (world: World): void => {
    world.hub.intercept = (flight, { body }) => (body.case === "round" ? [] : [flight]);
  };

  it("are gone when a key and a signature are made", async () => {
    const keys = keysAtRest();
    const world = await World.create({ seed: "keys/done", indices: [1, 2] });
    const key = await makeKey(world, 2);
    nothingLeft(keys);
    const session = world.coordinator.open(world.signIntent(key, digest(1)), [1, 2]);
    await world.hub.settle();
    expect(session.signatures).toHaveLength(2);
    nothingLeft(keys);
  });

  it("are gone on both sides of a worker's border, which has copies of its own", async () => {
    const given: Job[] = [];
    const rings: KeyRing[] = [];
    const keys = keysAtRest();
    const world = await World.create({
      seed: "keys/border",
      indices: [1, 2],
      runnerOf: (_, run, entropy): Runner => {
        const runner = inThreadRunner(run, entropy);
        const open = (): AttemptSecrets => {
          const inner = runner.open();
          const [startInner, sealInner] = [inner.start.bind(inner), inner.sealShare.bind(inner)];
          const start: AttemptSecrets["start"] = (job) => {
            given.push(job);
            return startInner(structuredClone(job));
          };
          const sealShare: AttemptSecrets["sealShare"] = (secret, pairs) => {
            rings.push(secret.keys, pairs);
            return sealInner(structuredClone(secret), structuredClone(pairs));
          };
          return Object.assign(inner, { start, sealShare });
        };
        return { ...runner, open };
      },
    });
    await makeKey(world, 2);
    nothingLeft(keys);
    const all = [...given.map(({ stateKeys }) => stateKeys ?? []), ...rings].flat().map(({ key }) => key);
    expect(all).toHaveLength(6);
    expect(all.filter((key) => !blank(key))).toEqual([]);
  });

  it("are gone when a cheat ended the attempt", async () => {
    const protocolsOf = (index: number): Protocols =>
      index === 2 ? lyingProtocols(protocols, (body, round) => (round === 2 ? body.fill(1) : body)) : protocols;
    const keys = keysAtRest();
    const world = await World.create({ seed: "keys/aborted", indices: [1, 2], protocolsOf });
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2]);
    await world.hub.settle();
    expect(session.aborts.length).toBeGreaterThan(0);
    for (const index of [1, 2]) await world.actor(index).party.stop();
    nothingLeft(keys);
  });

  it("are gone when the party stops in the middle of a key generation, and of one that it has resumed", async () => {
    const keys = keysAtRest();
    const world = await World.create({ seed: "keys/stopped", indices: [1, 2] });
    inRounds(world);
    world.coordinator.open(world.keygenIntent(2), [1, 2]);
    await world.hub.settle();
    expect(keys.filter((key) => !blank(key))).not.toEqual([]);
    expect(channels.filter(isWiped)).toEqual([]);
    await world.actor(2).party.stop();
    await world.actor(1).party.stop();
    nothingLeft(keys);
    await world.boot(1);
    await world.hub.settle();
    expect(channels.filter((channel) => !isWiped(channel))).toHaveLength(1);
    await world.actor(1).party.stop();
    nothingLeft(keys);
  });

  it("are gone when the attempt ends at its start, by a member whose join key is a weak point", async () => {
    const machines: { wiped: boolean }[] = [];
    const watched: Protocols = protocols.map((protocol) => ({
      ...protocol,
      make: (...args) => {
        const machine = protocol.make(...args);
        const state = { wiped: false };
        machines.push(state);
        const wipe = machine.wipe.bind(machine);
        machine.wipe = () => {
          state.wiped = true;
          wipe();
        };
        return machine;
      },
    }));
    const keys = keysAtRest();
    const world = await World.create({
      seed: "keys/weak",
      protocolsOf: (index) => (index === 1 ? watched : protocols),
      runnerOf: (index, run, entropy) => {
        const runner = inThreadRunner(run, entropy);
        if (index !== 3) return runner;
        return { ...runner, open: () => Object.assign(runner.open(), { joinKey: async () => new Uint8Array(32) }) };
      },
    });
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
    await world.hub.settle();
    expect(session.aborts.map(({ code }) => code)).toContain("channel/bad-key");
    for (const index of [1, 2, 3]) await world.actor(index).party.stop();
    expect(machines).toEqual([{ wiped: true }]);
    nothingLeft([...keys, new Uint8Array(32)]);
  });
});
