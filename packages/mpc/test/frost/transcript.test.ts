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
    keygen: "2c9aacf91fe86a51a295e437d628fd64b829725865e13925fafccab7f8716e7a",
    share: "33045c5bab4fd723f3203a6ad5330ad050ab19ea42050c00be05a1cc8f80a88e",
    sign: "7091d1e4b3ea7044eaad86a446c6afd9c64a76dc67728d865542ea1dd06f292f",
    signature:
      "ce0c754a9a9230869e05a365f665bda9d5f4feca87d791aa58f520bc9440fc80d0fa02ebad6c235aaf6fd9bda933718ecae5eb8c04598b8e0eea8706f7060d0f",
  },
  "schnorr-bip340": {
    keygen: "3181a01cc25f60a0970cd457db7130ebe7e0517bab540ed1b4c38687b8549670",
    share: "e27c84f0839de5fdeb6577fa82384a2345ec248f8a3dad2a06a2f31a97c89b01",
    sign: "7d91caa71b39596e60679d72b84f1071057f7f41b3ecd6c1e7e5ad83f664632b",
    signature:
      "55041279c56f6645a6056dca112e9aea418d2060d4b228a5203a2c47682e58491f4fcbd4ece06f16ba5c41329aad2ddaab8a94904f9900ae0fa779278e1805ca",
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
