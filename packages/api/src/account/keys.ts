// Keys of an account, and where they are paid.
import { z } from "zod";
import { answer, guardedRefusals, made } from "../answers.ts";
import type { Of, Routes } from "../route.ts";
import { integerParameter } from "../shapes.ts";
import { idempotencyHeaders } from "./idempotency.ts";
import { idOf, network, pathText, schemeName } from "./names.ts";
import { noSuchAccount, sessionRefusals, whenActive } from "./refusals.ts";

const evmAddress = "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF";
export const addresses = z
  .object({
    evm: z.string().optional().describe("EIP-55"),
    tron: z.string().optional().describe("Base58Check"),
    bitcoin_p2wpkh: z.string().optional().describe("Bech32, segwit version 0"),
    bitcoin_p2tr: z.string().optional().describe("Bech32m, segwit version 1: the output of the key without scripts"),
    solana: z.string().optional().describe("Base58"),
  })
  .meta({
    id: "Addresses",
    description: "Where a key, or several, are paid. A chain whose signatures none of them makes is absent.",
    examples: [{ evm: evmAddress }],
  });
export type Addresses = Of<typeof addresses>;

const keyFields = {
  key_id: z.string().describe("0x and 64 hex characters"),
  scheme: schemeName,
  public_key: z.string().describe("In the scheme's form: compressed, 33 bytes, for ECDSA, and 32 bytes for the others"),
  epoch: z.int().describe("The number of its epoch. It grows whenever its shares are made anew, and may skip."),
};
const keyExample = {
  key_id: "0x7f2c5d1be1b5e8a7a3f9c04d6b8e2f1097a5c3d4e6b8f0a1c2d3e4f5061728ab",
  scheme: "ecdsa-secp256k1",
  public_key: "0x024d4b6cd1361032ca9bd2aeb9d900aa4d45d9ead80ac9423374c451a7254d0766",
  epoch: 0,
};
export const keySummary = z.object(keyFields).meta({ id: "KeySummary", description: "A key in short", examples: [keyExample] });
export type KeySummary = Of<typeof keySummary>;

export const accountParty = z.object({ party_id: z.string(), role: z.string(), share_index: z.int().describe("Its Shamir point") }).meta({
  id: "AccountParty",
  description: "A party that holds a share",
  examples: [{ party_id: "server-party-1", role: "persistent", share_index: 1 }],
});
export type AccountParty = Of<typeof accountParty>;

export const key = z
  .object({
    ...keyFields,
    chain_code: z.string().describe("What children follow from, beside the public key"),
    xpub: z.string().nullable().describe("BIP-32. Null for Ed25519, whose children follow rules of their own."),
    addresses: addresses.describe("Of path m"),
    threshold_t: z.int(),
    parties: z.array(accountParty),
    keygen_session_id: z.string(),
    exposed: z
      .enum(["imported", "exported"])
      .nullable()
      .describe("Whether the key has been whole in one place, or t of its holders may have made it so. It stays for good."),
    backed_up: z
      .boolean()
      .describe(
        "Whether at least threshold_t holders of this epoch have said that they have sealed their shares: GET the account's backups",
      ),
    certificates: z.array(z.string()).describe("Base64: the founding certificate and every later one, for whoever verifies the key"),
  })
  .meta({ id: "Key", description: "A key, with what anybody needs to verify it and to derive its children" });
export type Key = Of<typeof key>;

const keyList = z.object({ keys: z.array(key).describe("One key of each scheme, the first one first") }).meta({ id: "KeyList" });
const addKeyRequest = z.strictObject({ scheme: schemeName }).meta({ id: "AddKeyRequest", examples: [{ scheme: "eddsa-ed25519" }] });

const stepMax = 2 ** 31 - 1;
const addressQuery = z.strictObject({
  path: pathText.default("m"),
  from: integerParameter(0, stepMax).optional().describe("First of a range of steps under path: 0 where only count is given"),
  count: integerParameter(1, 100).optional().describe("How many steps: 1 where only from is given; without both, path alone"),
  network: network.default("mainnet").describe("Changes encodings alone, of Bitcoin"),
});
export type AddressQuery = Of<typeof addressQuery>;

const addressList = z
  .object({
    network,
    addresses: z.array(addresses.extend({ path: z.string() })).describe("By path, ascending"),
  })
  .meta({ id: "AddressList", examples: [{ network: "mainnet", addresses: [{ path: "m/0/5", evm: evmAddress }] }] });
export type AddressList = Of<typeof addressList>;

const common = { tag: "keys", params: idOf } as const;

export const keyRoutes = {
  addKey: {
    ...common,
    method: "POST",
    path: "/api/v1/accounts/{id}/keys",
    summary: "Make a key of a further scheme for the account",
    headers: idempotencyHeaders,
    body: addKeyRequest,
    answers: { 201: made("The key, usable", key), ...sessionRefusals, ...noSuchAccount },
  },
  listKeys: {
    ...common,
    method: "GET",
    path: "/api/v1/accounts/{id}/keys",
    summary: "The account's keys, with what anybody needs to verify them and to derive their children",
    answers: { 200: answer("One key of each scheme, the first one first", keyList), ...guardedRefusals, ...noSuchAccount, ...whenActive },
  },
  getAddresses: {
    ...common,
    method: "GET",
    path: "/api/v1/accounts/{id}/addresses",
    summary: "Where the account is paid, by chain and path",
    query: addressQuery,
    answers: { 200: answer("What the certificates of the keys say", addressList), ...guardedRefusals, ...noSuchAccount, ...whenActive },
  },
} as const satisfies Routes;
