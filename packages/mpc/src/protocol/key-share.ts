// Which protocol a key share is of: a JavaScript caller has no compiler that says so.
import { CovaultError } from "@covault/errors";

/** Throws `mpc/bad-setup` for anything but a key share of `protocol`. */
export function checkKeyShare(share: unknown, protocol: "DKLs23" | "FROST"): void {
  const { record, secret } = (share ?? {}) as { readonly record?: unknown; readonly secret?: unknown };
  const bad = (but: string): CovaultError => new CovaultError("mpc/bad-setup", `share: expected a key share of ${protocol}, got ${but}`);
  if (typeof record !== "object" || record === null) throw bad("one without a record");
  if (!(secret instanceof Uint8Array)) throw bad("one without a secret");
  const other = "scheme" in record ? "FROST" : "DKLs23";
  if (other !== protocol) throw bad(`one of ${other}`);
}
