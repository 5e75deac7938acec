// A batch is one session for up to 64 items of one key and one set of signers (dkls23-spec 6.4). A
// session that is no batch has one item, and runs the same rounds.
import { CovaultError } from "@covault/errors";
import { badInput, list, type Read } from "./encoding/inputs.ts";

/** The most items of a batch. */
export const batchMax = 64;

/** Reads the items of a batch, in their order. */
export const batchOf =
  <T>(read: Read<T>): Read<readonly T[]> =>
  (value, field) => {
    const items = list(read)(value, field);
    if (items.length < 1 || items.length > batchMax) throw badInput(field, `1 to ${batchMax} items`, `${items.length}`);
    return items;
  };

/** What became of one item: its output, or the error that it alone failed with. */
export type Outcome<Output> = { readonly output: Output } | { readonly error: CovaultError };

/** Ends one item. A `CovaultError` is what it failed with. */
export function settle<Output>(end: () => Output): Outcome<Output> {
  try {
    return { output: end() };
  } catch (error) {
    if (!(error instanceof CovaultError)) throw error;
    return { error };
  }
}

/** Gives the output of the only item of a session that is no batch, or throws its error. */
export function onlyOutput<Output>([outcome]: readonly Outcome<Output>[]): Output {
  if (outcome === undefined) throw new CovaultError("mpc/invariant", "The session had no item.");
  if ("error" in outcome) throw outcome.error;
  return outcome.output;
}
