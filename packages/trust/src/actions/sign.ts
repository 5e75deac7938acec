// A signature is asked for by key, never by epoch. The parties sign with the epoch that they have
// committed (docs/decisions/0036).
import type { Payload, SignAction } from "@covault/wire";
import { pathFault } from "../derive/path.ts";
import { type FieldChecks, holdersMax } from "../fields.ts";
import { schemeNames, schemeOf } from "../schemes/index.ts";

/** The longest body of a payload, in bytes. */
export const payloadBytesMax = 262_144;
const payloadInputsMax = 64;

export function checkSign(sign: SignAction, check: FieldChecks): void {
  const scheme = check.word(sign.scheme, schemeNames, "scheme");
  check.bytes(sign.keyId, 32, "key_id");
  check.publicKey(scheme, sign.publicKey, "public_key");
  checkPath(sign.derivationPath, "derivation_path", check);
  if (sign.payload === undefined) {
    const fault = schemeOf(scheme).message.check(sign.message);
    check.that(fault === undefined, `message ${fault}`);
  } else {
    check.that(sign.message.length === 0, "message is given beside payload");
    check.that(sign.derivationPath.length === 0, "derivation_path is given beside payload");
    check.that(sign.taprootMerkleRoot === undefined, "taproot_merkle_root is given beside payload");
    checkPayload(sign.payload, check);
  }
  checkTaproot(sign, check);
  checkQuorum(sign, check);
}

function checkQuorum({ eligible, required }: SignAction, check: FieldChecks): void {
  for (const party of eligible) check.partyId(party, "eligible");
  check.distinct(eligible, "eligible");
  check.distinct(required, "required");
  check.that(eligible.length >= 2 && eligible.length <= holdersMax, `eligible names ${eligible.length} parties, not 2 to ${holdersMax}`);
  check.that(
    required.every((party) => eligible.includes(party)),
    "required names a party that is not eligible",
  );
}

/**
 * Checks the form of a payload alone. What the body says is checked by code that can decode its
 * kind.
 */
function checkPayload({ kind, body, inputs }: Payload, check: FieldChecks): void {
  check.that(/^[a-z][a-z0-9_]{0,63}$/.test(kind), "payload.kind is not a word of 1 to 64 letters, digits and _");
  check.that(body.length > 0 && body.length <= payloadBytesMax, `payload.body has ${body.length} bytes, not 1 to ${payloadBytesMax}`);
  check.that(
    inputs.length >= 1 && inputs.length <= payloadInputsMax,
    `payload.inputs has ${inputs.length} entries, not 1 to ${payloadInputsMax}`,
  );
  check.that(
    inputs.every(({ index }, at) => index > (inputs[at - 1]?.index ?? -1)),
    "payload.inputs is not ascending",
  );
  for (const [at, { derivationPath }] of inputs.entries()) checkPath(derivationPath, `payload.inputs[${at}].derivation_path`, check);
}

function checkTaproot({ scheme, taprootMerkleRoot }: SignAction, check: FieldChecks): void {
  if (taprootMerkleRoot === undefined) return;
  check.that(schemeOf(scheme).taproot !== undefined, `taproot_merkle_root is given for a key of ${scheme}, which has no Taproot output`);
  check.bytesOrNone(taprootMerkleRoot, 32, "taproot_merkle_root");
}

function checkPath(path: readonly number[], field: string, check: FieldChecks): void {
  const fault = pathFault(path);
  check.that(fault === undefined, `${field}: ${fault}`);
}
