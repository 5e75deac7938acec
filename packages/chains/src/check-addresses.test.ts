// What a service shows is taken only when it follows from the keys, for exactly what was asked for.
import { asCovaultError } from "@covault/errors";
import { schemeNames, schemeOf } from "@covault/trust";
import { ed25519 } from "@noble/curves/ed25519.js";
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import { type AskedAddresses, addressesOf, checkAddresses, type ShownAddresses } from "./index.ts";

const secret = new Uint8Array(32).fill(7);
const chain = new Uint8Array(32).fill(9);
const publicKeys = {
  "ecdsa-secp256k1": secp256k1.getPublicKey(secret, true),
  "eddsa-ed25519": ed25519.getPublicKey(secret),
  "schnorr-bip340": schnorr.getPublicKey(secret),
};
const text = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;
const keys = schemeNames.map((scheme) => ({ scheme, public_key: text(publicKeys[scheme]), chain_code: text(chain) }));

function shown(paths: readonly (readonly number[])[], network: "mainnet" | "signet" = "mainnet"): ShownAddresses {
  const at = (path: readonly number[]) =>
    Object.assign(
      { path: ["m", ...path].join("/") },
      ...schemeNames.map((name) => {
        const key = publicKeys[name];
        return addressesOf(name, path.length === 0 ? key : schemeOf(name).derive(key, chain, path).publicKey, network);
      }),
    );
  return { network, addresses: paths.map(at) };
}
const code = (asked: AskedAddresses, list: ShownAddresses, ofKeys = keys): string | undefined => {
  try {
    checkAddresses(asked, ofKeys, list);
    return undefined;
  } catch (error) {
    return asCovaultError(error)?.code ?? String(error);
  }
};

describe("addresses of all schemes", () => {
  it.each<[string, AskedAddresses, ShownAddresses]>([
    ["the keys themselves", {}, shown([[]])],
    ["a path", { path: "m/0/5" }, shown([[0, 5]])],
    ["another network", { path: "m/1", network: "signet" }, shown([[1]], "signet")],
    [
      "a range",
      { path: "m/0", from: 3, count: 2 },
      shown([
        [0, 3],
        [0, 4],
      ]),
    ],
    ["a range of one", { path: "m/0", from: 3 }, shown([[0, 3]])],
    ["a range from 0", { count: 2 }, shown([[0], [1]])],
  ])("takes those of %s", (_, asked, list) => {
    expect(code(asked, list)).toBeUndefined();
  });

  const asked = { path: "m/0/5" };
  const good = shown([[0, 5]]);
  const [first] = good.addresses;
  const altered = (change: object): ShownAddresses => ({ ...good, addresses: [{ ...first, ...change } as never] });
  it.each<[string, ShownAddresses]>([
    ...(["evm", "tron", "bitcoin_p2wpkh", "bitcoin_p2tr", "solana"] as const).map((name): [string, ShownAddresses] => [
      `another ${name}`,
      altered({ [name]: shown([[0, 6]]).addresses[0]?.[name] }),
    ]),
    ["one left out", altered({ solana: undefined })],
    ["a chain that no key is of", altered({ dogecoin: "D" })],
    ["those of another path", shown([[0, 6]])],
    ["these under another path's name", altered({ path: "m/0/6" })],
    ["those of another path under this one's name", { ...good, addresses: [{ ...shown([[0, 6]]).addresses[0], path: "m/0/5" }] }],
    ["another network", shown([[0, 5]], "signet")],
    ["none", { ...good, addresses: [] }],
    ["one too many", { ...good, addresses: [...good.addresses, ...good.addresses] }],
  ])("refuses %s", (_, list) => {
    expect(code(asked, list)).toBe("chains/wrong-address");
  });

  it("refuses another network, and one that there is not, where the address is the same on all", () => {
    const ofEdwards = keys.filter(({ scheme }) => scheme === "eddsa-ed25519");
    const onNetwork = (network: string): ShownAddresses => ({ network, addresses: [{ path: "m/0/5", solana: first?.solana as string }] });
    for (const network of ["mainnet", "signet"]) expect(code({ ...asked, network }, onNetwork(network), ofEdwards)).toBeUndefined();
    expect(code(asked, onNetwork("signet"), ofEdwards)).toBe("chains/wrong-address");
    expect(code({ ...asked, network: "signet" }, onNetwork("mainnet"), ofEdwards)).toBe("chains/wrong-address");
    expect(code({ ...asked, network: "moon" }, onNetwork("moon"), ofEdwards)).toBe("chains/wrong-address");
  });

  it("refuses a path that none has", () => {
    expect(code({ path: "m/0'" }, good)).toBe("trust/bad-path");
  });
});
