// Every byte of a key generation and a signature from fixed entropy: the wire format, the hashing and the order in which entropy is used. A
// change here is another protocol, or another version.
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { encodeFrostRecord, encodeFrostSecret, type FrostKeyShare } from "../../src/frost/index.ts";
import type { ShareIndex } from "../../src/protocol/index.ts";
import { bytesFrom, type Envelope, hex, idx, outputOf, runSession } from "../simulation.ts";
import { keygenMachines, signMachines } from "./cast.ts";

const frozen = {
  "eddsa-ed25519": {
    keygen: "df8cda186ae2aa468c50e13aa3474f13c71a39f01f726ae16c97c23d8cde2c2f",
    share: "6c0c6ea51f319cd88e7bc4645a110ded51025064692464def33b9b97cc804bf6",
    sign: "e3c1741f1f9fb4010fb18010762124bb8ed28832dce8b2427b45324d0cf49caf",
    signature:
      "af9f7239060c059ec93b287a1dafead6afea5c5696e9e5cefc526df90dfbcd583d0a62a31c71f2fc57ba2693c7a8e0844a3b40e6018501cded4fdcba531f5b07",
  },
  "schnorr-bip340": {
    keygen: "0798f3394646680619e921d382e1f1bd7b87bdaaef2e882f04df9e85609d00d9",
    share: "cd1a251ebe1a93816aef9c6b7cc545d9663c3073b3ba41130d162db94590c3a3",
    sign: "bd4ee83c4a340494febecc6e52d08821c9e5a0a99f041203e2d5feaa3efcb180",
    signature:
      "7094797ad4ef00edf4dab52769d26a95424b071b26244fb6e4733f3125f7debe1489822930f7f764aa161fcec3a24efc929639a21b4f2a37923c723ba7b6e6df",
  },
} as const;

const recorder = () => {
  const hash = sha256.create();
  const observe = ({ round, from, to }: Envelope, body: Uint8Array): void => {
    hash.update(Uint8Array.of(round, from, to)).update(body);
  };
  return { observe, digest: () => hex(hash.digest()) };
};

describe.each(["eddsa-ed25519", "schnorr-bip340"] as const)("%s, version 1", (scheme) => {
  it("is what it was", () => {
    const parties = [1, 2, 3].map(idx);
    const keygen = recorder();
    const made = runSession(keygenMachines(scheme, parties, 2, "frozen"), { seed: "frozen", observe: keygen.observe });
    const shares = new Map(parties.map((party): [ShareIndex, FrostKeyShare] => [party, outputOf(made, party).share]));
    const { record, secret } = shares.get(idx(3)) as FrostKeyShare;
    const sign = recorder();
    const signing = { signers: [1, 3].map(idx), message: bytesFrom("frozen"), seed: "frozen" };
    const { signature } = outputOf(runSession(signMachines(shares, signing), { seed: "frozen", observe: sign.observe }), idx(1));
    expect({
      keygen: keygen.digest(),
      share: hex(sha256(Uint8Array.of(...encodeFrostRecord(record), ...encodeFrostSecret(secret)))),
      sign: sign.digest(),
      signature: hex(signature),
    }).toEqual(frozen[scheme]);
  });
});
