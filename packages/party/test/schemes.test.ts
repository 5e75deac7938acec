// The other entries of the registry through the same driver: FROST for Ed25519 and BIP-340, and children of a key by a path.

import { fromBinary } from "@bufbuild/protobuf";
import { verifyEd25519 } from "@covault/crypto";
import { derivePath, derivePathEd25519 } from "@covault/mpc/derive";
import { World } from "@covault/testkit";
import { verifyBip340, verifyEcdsa } from "@covault/trust";
import { AckSchema, SignedSchema } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { digest } from "./fixture.ts";

const path = [44, 60, 7];
const message = new TextEncoder().encode("a message of any length");

interface Row {
  readonly scheme: string;
  readonly message: Uint8Array;
  /** As it stands in an intent. */
  readonly key: (publicKey: Uint8Array) => Uint8Array;
  readonly child: (publicKey: Uint8Array, chain: Uint8Array) => Uint8Array;
  readonly verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
}
const same = (key: Uint8Array): Uint8Array => key;
const rows: readonly Row[] = [
  {
    scheme: "ecdsa-secp256k1",
    message: digest(7),
    key: same,
    child: (key, chain) => derivePath(key, chain, path).publicKey,
    verify: (key, m, signature) => verifyEcdsa(key, m, signature.subarray(0, 64)),
  },
  {
    scheme: "eddsa-ed25519",
    message,
    key: same,
    child: (key, chain) => derivePathEd25519(key, chain, path).publicKey,
    verify: verifyEd25519,
  },
  {
    scheme: "schnorr-bip340",
    message: digest(7),
    key: same,
    child: (key, chain) => derivePath(Uint8Array.of(2, ...key), chain, path).publicKey.subarray(-32),
    verify: verifyBip340,
  },
];

describe("every scheme through the driver", () => {
  for (const { scheme, message: signed, key, child, verify } of rows)
    it(`${scheme}: makes a key, signs with it and with a child of it, also after a restart of everybody`, async () => {
      const world = await World.create({ seed: `scheme-${scheme}` });
      const keygen = world.coordinator.open(world.keygenIntent(2, scheme), [1, 2, 3]);
      await world.hub.settle();
      const share = await world.actor(1).store.shareOfSession(keygen.sessionId);
      expect(share?.status).toBe("committed");
      const ack = fromBinary(AckSchema, fromBinary(SignedSchema, share?.ack ?? new Uint8Array(0)).body);
      for (const index of [1, 2, 3]) await world.boot(index);
      for (const derivationPath of [[], path]) {
        const known = { keyId: ack.keyId, epoch: ack.epoch, publicKey: key(ack.publicKey), threshold: 2 };
        const session = world.coordinator.open(world.signIntent(known, signed, { scheme, derivationPath }), [1, 3]);
        await world.hub.settle();
        expect(session.declines.map((decline) => decline.message)).toEqual([]);
        expect(session.aborts.map((aborted) => aborted.code)).toEqual([]);
        expect(session.signatures).toHaveLength(2);
        const publicKey = derivationPath.length === 0 ? key(ack.publicKey) : child(ack.publicKey, ack.chain);
        for (const signature of session.signatures) expect(verify(publicKey, signed, signature)).toBe(true);
      }
    });
});
