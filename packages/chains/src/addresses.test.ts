// Addresses against libraries that others wrote, and against values that others published.

import { asCovaultError } from "@covault/errors";
import { bip32Child, extendedKeyText, parseExtendedKey, type SchemeName, schemeNames, schemeOf } from "@covault/trust";
import { ed25519 } from "@noble/curves/ed25519.js";
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { createBase58check } from "@scure/base";
import { HDKey } from "@scure/bip32";
import { NETWORK, p2tr, p2wpkh, TEST_NETWORK } from "@scure/btc-signer";
import { getAddressDecoder } from "@solana/addresses";
import fc from "fast-check";
import { publicKeyToAddress } from "viem/utils";
import { describe, expect, it } from "vitest";
import { addressesOf, evmAddress, networkNames, p2trAddress, p2wpkhAddress, signerAddress, solanaAddress, tronAddress } from "./index.ts";

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");
const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((secret) => secp256k1.utils.isValidSecretKey(secret));
const networks = { mainnet: NETWORK, testnet: TEST_NETWORK, signet: TEST_NETWORK, regtest: { ...TEST_NETWORK, bech32: "bcrt" } } as const;

describe("any key's addresses are those of other libraries", () => {
  it("EVM as viem has them, Tron's with the same 20 bytes", () => {
    fc.assert(
      fc.property(secrets, (secret) => {
        const key = secp256k1.getPublicKey(secret, true);
        const address = publicKeyToAddress(`0x${hex(secp256k1.getPublicKey(secret, false))}`);
        expect(evmAddress(key)).toBe(address);
        expect(hex(createBase58check(sha256).decode(tronAddress(key)))).toBe(`41${address.slice(2).toLowerCase()}`);
      }),
      { numRuns: 30 },
    );
  });

  it.each(networkNames)("Bitcoin's as @scure/btc-signer has them, %s", (network) => {
    fc.assert(
      fc.property(secrets, (secret) => {
        const key = secp256k1.getPublicKey(secret, true);
        expect(p2wpkhAddress(key, network)).toBe(p2wpkh(key, networks[network]).address);
        const { address, tweakedPubkey } = p2tr(schnorr.getPublicKey(secret), undefined, networks[network]);
        expect(p2trAddress(tweakedPubkey, network)).toBe(address);
        expect(addressesOf("schnorr-bip340", schnorr.getPublicKey(secret), network)).toEqual({ bitcoin_p2tr: address });
      }),
      { numRuns: 15 },
    );
  });

  it("Solana's as @solana/addresses has them", () => {
    fc.assert(
      fc.property(secrets, (secret) => {
        const key = ed25519.getPublicKey(secret);
        expect(solanaAddress(key)).toBe(getAddressDecoder().decode(key));
      }),
      { numRuns: 30 },
    );
  });
});

describe("published addresses", () => {
  it.each([
    // Private keys 1 and 2, and the first two accounts of the mnemonic "test test test test test
    // test test test test test test junk".
    ["0000000000000000000000000000000000000000000000000000000000000001", "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"],
    ["0000000000000000000000000000000000000000000000000000000000000002", "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"],
    ["ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"],
    ["59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"],
  ])("EVM: of private key %s", (secret, address) => {
    expect(evmAddress(secp256k1.getPublicKey(bytes(secret), true))).toBe(address);
  });

  // The seed of the mnemonic "abandon abandon abandon abandon abandon abandon abandon abandon
  // abandon abandon abandon about".
  const seed = bytes(
    "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc19a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4",
  );
  /**
   * Derives from the extended key of the hardened part of the path, as a wallet that only watches
   * has it.
   */
  const below = (hardened: string, path: string): Uint8Array => {
    const { publicKey, chain } = parseExtendedKey(HDKey.fromMasterSeed(seed).derive(hardened).publicExtendedKey);
    return bip32Child(publicKey, chain, path).publicKey;
  };

  it("BIP-84's vector", () => {
    expect(p2wpkhAddress(below("m/84'/0'/0'", "m/0/0"), "mainnet")).toBe("bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu");
    expect(p2wpkhAddress(below("m/84'/0'/0'", "m/0/1"), "mainnet")).toBe("bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g");
  });

  it("BIP-86's vector", () => {
    const address = (path: string) => addressesOf("schnorr-bip340", below("m/86'/0'/0'", path).slice(1)).bitcoin_p2tr;
    expect(address("m/0/0")).toBe("bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr");
    expect(address("m/0/1")).toBe("bc1p4qhjn9zdvkux4e44uhx8tc55attvtyu358kutcqkudyccelu0was9fqzwh");
    expect(address("m/1/0")).toBe("bc1p3qkhfews2uk44qtvauqyr2ttdsw7svhkl9nkm9s9c3x4ax5h60wqwruhk7");
  });

  it("Tron: what wallets show for that mnemonic", () => {
    expect(tronAddress(below("m/44'/195'/0'", "m/0/0"))).toBe("TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH");
  });

  it("Solana: what wallets show for that mnemonic, by SLIP-10", () => {
    const step = (key: Uint8Array | string, data: Uint8Array) => hmac(sha512, typeof key === "string" ? utf8ToBytes(key) : key, data);
    const root = step("ed25519 seed", seed);
    const last = [44, 501, 0, 0].reduce(
      (at, index) => step(at.subarray(32), Uint8Array.of(0, ...at.subarray(0, 32), 0x80, 0, index >> 8, index & 255)),
      root,
    );
    expect(solanaAddress(ed25519.getPublicKey(last.subarray(0, 32)))).toBe("HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk");
  });
});

it("each scheme has the chains whose signatures it makes, and no other scheme's keys are taken", () => {
  const keys = {
    "ecdsa-secp256k1": secp256k1.Point.BASE.toBytes(true),
    "eddsa-ed25519": ed25519.Point.BASE.toBytes(),
    "schnorr-bip340": secp256k1.Point.BASE.toBytes(true).slice(1),
  };
  const chains = schemeNames.map((name) => Object.keys(addressesOf(name, keys[name])));
  expect(chains).toEqual([["evm", "tron", "bitcoin_p2wpkh"], ["solana"], ["bitcoin_p2tr"]]);
  for (const name of schemeNames)
    for (const key of [...Object.values(keys), new Uint8Array(33), new Uint8Array(32).fill(255), "02" as never])
      if (!schemeOf(name).publicKey.is(key)) expect(refused(() => addressesOf(name, key))).toBe("trust/bad-argument");
});

describe("the address of what signed", () => {
  it("is that of other libraries: EVM for ECDSA, Solana for Ed25519, the output itself for Taproot", () => {
    fc.assert(
      fc.property(secrets, (secret) => {
        const [publicKey, x] = [secp256k1.getPublicKey(secret, true), schnorr.getPublicKey(secret)];
        const ofKey = (scheme: SchemeName, key: Uint8Array) => signerAddress({ scheme, publicKey: key, isTaproot: false });
        expect(ofKey("ecdsa-secp256k1", publicKey)).toBe(publicKeyToAddress(`0x${hex(secp256k1.getPublicKey(secret, false))}`));
        const edwards = ed25519.getPublicKey(secret);
        expect(ofKey("eddsa-ed25519", edwards)).toBe(getAddressDecoder().decode(edwards));
        const { address, tweakedPubkey } = p2tr(x);
        expect(signerAddress({ scheme: "schnorr-bip340", publicKey: tweakedPubkey, isTaproot: true })).toBe(address);
        expect(ofKey("schnorr-bip340", x)).toBeUndefined();
      }),
      { numRuns: 15 },
    );
  });

  it("is none of what is no key of the scheme", () => {
    for (const scheme of schemeNames)
      for (const isTaproot of [true, false])
        expect(refused(() => signerAddress({ scheme, publicKey: new Uint8Array(32).fill(255), isTaproot }))).toBe("trust/bad-argument");
  });
});

it("an address of nothing that is a key", () => {
  for (const wrong of [new Uint8Array(), new Uint8Array(32).fill(255), new Uint8Array(33), new Uint8Array(65).fill(4), "ab" as never])
    for (const address of [
      evmAddress,
      tronAddress,
      solanaAddress,
      (key: Uint8Array) => p2wpkhAddress(key, "mainnet"),
      (key: Uint8Array) => p2trAddress(key, "mainnet"),
    ])
      expect(refused(() => address(wrong))).toBe("trust/bad-argument");
});

it("an extended key leads to the addresses of the key itself", () => {
  const root = bip32Child(secp256k1.Point.BASE.toBytes(true), new Uint8Array(32).fill(3), "m");
  const watched = parseExtendedKey(extendedKeyText(root));
  for (const path of ["m", "m/0", "m/0/5"])
    expect(addressesOf("ecdsa-secp256k1", bip32Child(watched.publicKey, watched.chain, path).publicKey)).toEqual(
      addressesOf("ecdsa-secp256k1", bip32Child(root.publicKey, root.chain, path).publicKey),
    );
});

function refused(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return asCovaultError(error)?.code;
  }
}
