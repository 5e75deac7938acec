// No secret leaves the worker: not to the store, the network, the log, an inspector or the main
// thread (which sees only what crosses the Runner border). The tests search for every party's
// share, OT state and master key, raw, in hex, in base64 and as JSON lists.
import { inspect } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import { type AttemptSecrets, inThreadRunner, type protocols, type Runner, type Store } from "@covault/party";
import { CrashPoint, seeded, World } from "@covault/testkit";
import { intentIdOf } from "@covault/trust";
import { SignedSchema } from "@covault/wire";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import { openBlob } from "../src/vault/blob.ts";
import { pairAad, shareAad } from "../src/vault/vault.ts";
import { digest, makeKey } from "./fixture.ts";

/** Collects everything that passes. */
class Net {
  readonly #bytes: Buffer[] = [];
  #text = "";

  catch(value: unknown): void {
    if (value instanceof Uint8Array) this.#bytes.push(Buffer.from(value));
    else if (value instanceof Map) for (const entry of value) this.catch(entry);
    else if (typeof value === "object" && value !== null) for (const entry of Object.values(value)) this.catch(entry);
    else if (typeof value === "string") this.#text += `${value}\n`;
  }
  /** Tells whether the secret appears, in any of the forms. */
  holds(secret: Uint8Array): boolean {
    const raw = Buffer.from(secret);
    const text = this.#text.toLowerCase();
    const forms = [
      raw.toString("hex"),
      raw.toString("base64").replace(/=+$/, "").slice(0, -1).toLowerCase(),
      [...secret].join(","),
      [...secret].join(", "),
    ];
    return this.#bytes.some((bytes) => bytes.includes(raw)) || forms.some((form) => text.includes(form));
  }
  get size(): number {
    return this.#bytes.length;
  }
}

const spied = <T extends object>(target: T, net: Net): T =>
  new Proxy(target, {
    get: (inner, property) => {
      const member = Reflect.get(inner, property) as unknown;
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        net.catch(args);
        const result = member.apply(inner, args) as unknown;
        if (result instanceof Promise)
          void result.then(
            (value) => net.catch(value),
            (error) => net.catch(inspect(error)),
          );
        return result;
      };
    },
  });

/** What a party's share and pairs really are. */
async function secretsOf(world: World, index: number, keyId: Uint8Array): Promise<readonly Uint8Array[]> {
  const { store, vault, partyId } = world.actor(index);
  const share = await store.committedShare(keyId);
  if (share === undefined) throw new Error("no share");
  const madeBy = intentIdOf(fromBinary(SignedSchema, share.intent).body);
  const { epoch, record } = share;
  const secret = await openBlob(await vault.shareKeys(keyId, epoch), shareAad(partyId, keyId, epoch, record, madeBy), share.secret);
  const [pair] = await store.pairs(keyId, epoch);
  if (pair?.state === undefined) throw new Error("no pair");
  const opened = await openBlob(await vault.pairKeys(keyId, epoch), pairAad(partyId, pair, pair), pair.state);
  // The last 32 bytes of the secret are the share. Of the pairs, some stretches of 16 bytes are
  // searched for.
  return [
    secret.slice(-32),
    opened.slice(-32),
    ...[200, 1000, 3000, 5000].map((at) => opened.slice(at, at + 16)),
    seeded(`master-${index}`).bytes(32),
  ];
}

describe("secrets", () => {
  it("stay where they belong through a keygen, its sealed backups, a signature and a failing one", async () => {
    const net = new Net();
    const border = new Net();
    const runnerOf = (_: number, run: typeof protocols, entropy: Parameters<typeof inThreadRunner>[1]): Runner => {
      const inner = inThreadRunner(run, entropy);
      return { open: () => spied<AttemptSecrets>(inner.open(), border), close: async () => {} };
    };
    const recipients = [secp256k1.getPublicKey(seeded("recipient").bytes(32), true)];
    const world = await World.create({ seed: "secrets", indices: [1, 2], runnerOf, backupsOf: () => ({ recipients }) });
    for (const index of [1, 2]) {
      const { store } = world.actor(index);
      await world.boot(index, new CrashPoint(0, "before"), { store: spied<Store>(store, net) });
    }
    let views = "";
    world.hub.intercept = (flight, envelope) => {
      net.catch(flight.bytes);
      for (const { party, events, vault } of world.actors.values())
        views += inspect([party, vault, events, envelope], {
          depth: 12,
          showHidden: true,
          maxArrayLength: 100_000,
          maxStringLength: 100_000,
        });
      return [flight];
    };
    const key = await makeKey(world, 2);
    const session = world.coordinator.open(world.signIntent(key, digest(1)), [1, 2]);
    await world.hub.settle();
    expect(session.signatures).toHaveLength(2);
    for (const { party, store } of world.actors.values()) {
      await party.idle();
      expect(await store.backups(key.keyId)).toHaveLength(1);
    }
    world.hub.intercept = (flight, envelope) => (envelope.body.case === "round" && envelope.body.value.header[2] === 2 ? [] : [flight]);
    world.coordinator.cancel(world.coordinator.open(world.signIntent(key, digest(2)), [1, 2]));
    await world.hub.settle();
    for (const { events } of world.actors.values()) net.catch(JSON.stringify(events));
    net.catch(views);

    expect(net.size).toBeGreaterThan(50);
    expect(border.size).toBeGreaterThan(50);
    for (const index of [1, 2])
      for (const [k, secret] of (await secretsOf(world, index, key.keyId)).entries()) {
        expect(net.holds(secret), `secret ${k} of party ${index} outside`).toBe(false);
        expect(border.holds(secret), `secret ${k} of party ${index} in the main thread`).toBe(false);
      }
    // The net does catch, since what is public is in it.
    expect(net.holds(key.publicKey)).toBe(true);
    expect(border.holds(key.publicKey)).toBe(true);
  });
});
