// Addresses as a service shows them, derived again by whoever is about to show or pay them. A
// service, or whatever stands between, cannot have others paid for one that keeps the keys.
import { fromHex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { parsePath, pathText, schemeOf } from "@covault/trust";
import { type Addresses, addressesOf } from "./addresses.ts";
import { type Network, networkNames } from "./networks.ts";

/** A key as the account service shows it, in hex with 0x. */
export interface ShownKey {
  readonly scheme: string;
  readonly public_key: string;
  readonly chain_code: string;
}

/** Which addresses were asked for. */
export interface AskedAddresses {
  /** Default `m`. */
  readonly path?: string | undefined;
  /** The first step of a range under `path`: 0 where only `count` is given. */
  readonly from?: number | undefined;
  /** How many steps: 1 where only `from` is given. Without both it is the path alone. */
  readonly count?: number | undefined;
  /** Default `mainnet`. */
  readonly network?: string | undefined;
}

export interface ShownAddresses {
  readonly network: string;
  readonly addresses: readonly (Addresses & { readonly path: string })[];
}

/**
 * Derives the addresses that were asked for from the keys, and compares. `keys` are those that the
 * caller believes: from an earlier answer that it kept, or from this service.
 *
 * @example
 * const asked = { path: "m/0/5" };
 * checkAddresses(asked, keys, await covault.getAddresses(id, asked));
 *
 * Throws `chains/wrong-address` for any other answer, and `trust/bad-path` for a path that is none.
 */
export function checkAddresses(asked: AskedAddresses, keys: readonly ShownKey[], shown: ShownAddresses): void {
  const { network: askedNetwork = "mainnet" } = asked;
  if (shown.network !== askedNetwork) throw wrong(`the network ${shown.network}`, askedNetwork);
  const network = networkNames.find((name) => name === askedNetwork);
  if (network === undefined) throw wrong(`the network ${shown.network}`, `none of ${networkNames.join(", ")}`);
  const paths = pathsOf(asked);
  if (shown.addresses.length !== paths.length) throw wrong(`${shown.addresses.length} paths`, `${paths.length}`);
  for (const [at, path] of paths.entries()) {
    const { path: shownPath, ...addresses } = shown.addresses[at] as ShownAddresses["addresses"][number];
    if (shownPath !== pathText(path)) throw wrong(`the path ${shownPath}`, pathText(path));
    const derived = addressesAt(keys, path, network);
    for (const chain of new Set([...Object.keys(derived), ...Object.keys(addresses)]) as Set<keyof Addresses>)
      if (derived[chain] !== addresses[chain])
        throw wrong(`${addresses[chain] ?? "no address"} for ${chain} at ${shownPath}`, derived[chain] ?? "none");
  }
}

function pathsOf({ path = "m", from, count }: AskedAddresses): (readonly number[])[] {
  const steps = parsePath(path);
  if (from === undefined && count === undefined) return [steps];
  return Array.from({ length: count ?? 1 }, (_, at) => parsePath([...steps, (from ?? 0) + at]));
}

function addressesAt(keys: readonly ShownKey[], path: readonly number[], network: Network): Addresses {
  const each = keys.map(({ scheme: name, public_key, chain_code }) => {
    const scheme = schemeOf(name);
    const publicKey = bytesOf(public_key);
    const child = path.length === 0 ? publicKey : scheme.derive(publicKey, bytesOf(chain_code), path).publicKey;
    return addressesOf(scheme.name, child, network);
  });
  return Object.assign({}, ...each) as Addresses;
}

const bytesOf = (hex: string): Uint8Array => fromHex(hex.replace(/^0x/, ""));

function wrong(shown: string, derived: string): CovaultError {
  return new CovaultError("chains/wrong-address", `The service shows ${shown}, and by its keys it is ${derived}.`);
}
