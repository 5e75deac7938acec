import { badArgument } from "../bytes.ts";
import { ecdsaSecp256k1 } from "./ecdsa-secp256k1.ts";
import { eddsaEd25519 } from "./eddsa-ed25519.ts";
import { type Scheme, type SchemeName, schemeNames } from "./scheme.ts";
import { schnorrBip340 } from "./schnorr-bip340.ts";

const schemes: readonly Scheme[] = [ecdsaSecp256k1, eddsaEd25519, schnorrBip340];

/**
 * Gives the scheme of a name, as intents write it. Throws `trust/bad-argument` for a name that is
 * none, because a scheme is never guessed.
 */
export function schemeOf(name: SchemeName | string): Scheme {
  const scheme = schemes.find((candidate) => candidate.name === name);
  if (scheme === undefined) throw badArgument("scheme", schemeNames.join(" or "), JSON.stringify(name) ?? "undefined");
  return scheme;
}

/** The scheme of a key whose caller names none. */
export const defaultScheme: SchemeName = "ecdsa-secp256k1";

export { messageBytesMax } from "./eddsa-ed25519.ts";
export { type Scheme, type SchemeName, type SignatureView, schemeNames } from "./scheme.ts";
