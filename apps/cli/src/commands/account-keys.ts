// The commands covault account keys | add-key | address. They show which keys an account has, and
// where it is paid.
import type { AddKeyRequest, Addresses, AddressesRequest, Key } from "@covault/sdk";
import { Command } from "commander";
import { connect } from "../connection.ts";
import type { CommandContext } from "../context.ts";
import { type Fact, facts } from "../layout.ts";
import type { Look } from "../terminal.ts";
import { wholeNumber } from "./whole-number.ts";

/** The names by which people call the chains. */
const chains: readonly (readonly [keyof Addresses, string])[] = [
  ["evm", "EVM"],
  ["tron", "Tron"],
  ["bitcoin_p2wpkh", "Bitcoin P2WPKH"],
  ["bitcoin_p2tr", "Bitcoin P2TR"],
  ["solana", "Solana"],
];

export const addressFacts = (addresses: Addresses): readonly Fact[] =>
  chains.flatMap(([chain, name]) => {
    const address = addresses[chain];
    return address === undefined ? [] : [["address", `${address} (${name})`] as const];
  });

function describeKey(key: Key, look: Look): string {
  const rows: Fact[] = [
    ["key", key.key_id],
    ["scheme", key.scheme],
    ["public key", key.public_key],
    ...(key.xpub === null ? [["chain code", key.chain_code] as const] : [["xpub", key.xpub] as const]),
    ...addressFacts(key.addresses),
    ["epoch", String(key.epoch)],
    ["backed up", key.backed_up ? "yes, as its holders say" : "NO"],
    ...(key.exposed === null ? [] : [["exposed", `${key.exposed}: the whole key has been in one place`] as const]),
    ["keygen", key.keygen_session_id],
  ];
  return facts(rows, look);
}

export function keysOfAccountCommand({ terminal, look, options, during, show }: CommandContext): Command {
  return new Command("keys")
    .description("the account's keys, with what others need to derive their children")
    .argument("<account>", "its id, acc_…")
    .action(async (id: string) => {
      const found = await during("Asking for the keys", connect(options(), terminal).listKeys(id));
      show(found, found.keys.map((key) => describeKey(key, look)).join("\n"));
    });
}

export function addKeyCommand({ terminal, look, options, during, show }: CommandContext): Command {
  return new Command("add-key")
    .description("make a key of a further scheme, held by the account's parties")
    .argument("<account>", "its id, acc_…")
    .argument("<scheme>", "what it signs by, as account create --schemes takes it")
    .option("--idempotency-key <key>", "the same key again answers with the same key of the account")
    .action(async (id: string, scheme: AddKeyRequest["scheme"], { idempotencyKey }: { idempotencyKey?: string }) => {
      const adding = connect(options(), terminal).addKey(id, { scheme }, idempotencyKey === undefined ? {} : { idempotencyKey });
      const made = await during(`Making a key of ${scheme}`, adding);
      show(made, describeKey(made, look));
    });
}

interface AddressOptions {
  readonly path?: string;
  readonly from?: number;
  readonly count?: number;
  /** As it was typed. The service says which there are. */
  readonly network?: NonNullable<AddressesRequest["network"]>;
}

export function addressCommand({ terminal, look, options, during, show }: CommandContext): Command {
  return new Command("address")
    .description("where the account is paid, by chain and path")
    .argument("<account>", "its id, acc_…")
    .option("--path <path>", "for example m/0/5 (default m, the keys themselves)")
    .option("--from <step>", "first of a range of steps under the path", wholeNumber)
    .option("--count <steps>", "how many steps, up to 100", wholeNumber)
    .option("--network <network>", "mainnet, testnet, signet or regtest (default mainnet)")
    .action(async (id: string, request: AddressOptions) => {
      const found = await during("Asking for addresses", connect(options(), terminal).getAddresses(id, request));
      const lines = found.addresses.map(({ path, ...addresses }) => facts([["path", path], ...addressFacts(addresses)], look));
      show(found, lines.join("\n"));
    });
}
