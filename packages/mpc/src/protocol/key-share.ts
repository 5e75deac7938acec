// A key's id says which scheme the key is of. It is a hash of the scheme, the public key and the
// chain code, so a record of one scheme cannot be taken for one of another, also where their keys
// have one form.
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../kernel/equal.ts";
import { anObject, bytes, oneOf, type Read } from "./encoding/inputs.ts";
import { keyIdOf, publicKeyBytes, type SchemeName, schemeNames } from "./encoding/names.ts";

type Given = Readonly<Partial<Record<"scheme" | "keyId" | "publicKey" | "chain", unknown>>>;

/**
 * Reads a key, or a record of one, of one of these schemes. A key of DKLs23 does not name its
 * scheme. Throws `mpc/bad-setup`.
 */
export const keyOf =
  <T>(schemes: readonly SchemeName[], read: Read<T>): Read<T> =>
  (value, field) => {
    const key: Given = anObject(value, field, ["keyId", "publicKey", "chain"]);
    const named = oneOf(...schemeNames)(key.scheme === undefined ? "ecdsa-secp256k1" : key.scheme, `${field}.scheme`);
    const keyId = bytes(32)(key.keyId, `${field}.keyId`);
    const publicKey = bytes(32, 33)(key.publicKey, `${field}.publicKey`);
    const chain = bytes(32)(key.chain, `${field}.chain`);
    const made = [named, ...schemeNames].find(
      (each) => publicKey.length === publicKeyBytes[each] && constantTimeEqual(keyId, keyIdOf(each, publicKey, chain)),
    );
    const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", `${field}: ${message}`);
    const other = [named, made].find((each) => !schemes.includes(each as SchemeName));
    if (other !== undefined) throw bad(`expected a key of ${schemes.map(nameOf).join(" or ")}, got one of ${nameOf(other)}`);
    if (made !== named) throw bad(`the key id is not that of its public key and chain code under ${named}`);
    return read(value, field);
  };

const nameOf = (scheme: SchemeName): string => `${scheme === "ecdsa-secp256k1" ? "DKLs23" : "FROST"} (${scheme})`;
