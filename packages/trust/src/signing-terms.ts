// This file computes what an intent asks to be signed, and under which key. The account service,
// the coordinator and every party compute it here, each for itself. Nobody takes a digest or a
// tweak from another party.
import { CovaultError, type Fact } from "@covault/errors";
import type { SignAction } from "@covault/wire";
import type { Charter } from "./charter.ts";
import { payloadKindOf } from "./payloads/index.ts";
import { schemeOf } from "./schemes/index.ts";

/** The terms of one signature. */
export interface SigningTerms {
  /** What is signed: a digest of 32 bytes, or the message itself (Ed25519). */
  readonly message: Uint8Array;
  /** The path from the joint key. It is empty for the joint key itself. */
  readonly path: readonly number[];
  /** The key that the signature verifies under, in the scheme's form. */
  readonly publicKey: Uint8Array;
  /** What the path adds to the joint secret, as `Child` has it. It is zeros without a path. */
  readonly tweak: Uint8Array;
  /**
   * The Merkle root of a Taproot output: 32 bytes, or empty for an output without scripts. It is
   * undefined when the key itself signs.
   */
  readonly merkleRoot: Uint8Array | undefined;
}

/**
 * Gives the terms of the signature that `sign`, the action of an opened intent for this key, asks
 * for. Throws `trust/unknown-payload`, `trust/bad-intent` for what the key's scheme does not sign,
 * `action/transaction-as-message` and `trust/bad-path`.
 */
export function signingTerms(sign: SignAction, { scheme: name, publicKey, chain }: KeyToSign): SigningTerms {
  const scheme = schemeOf(name);
  const message = signedMessage(sign);
  const fault = scheme.message.check(message);
  if (fault !== undefined) throw misfit(`what is to be signed ${fault}`);
  const path = pathOf(sign);
  const child = path.length === 0 ? { publicKey, tweak: new Uint8Array(32) } : scheme.derive(publicKey, chain, path);
  const merkleRoot = sign.taprootMerkleRoot;
  if (merkleRoot === undefined) return { message, path, publicKey: child.publicKey, tweak: child.tweak, merkleRoot };
  if (scheme.taproot === undefined) throw misfit(`a key of ${name} has no Taproot output`);
  return { message, path, publicKey: scheme.taproot(child.publicKey, merkleRoot), tweak: child.tweak, merkleRoot };
}

/** The fields of the key's charter that signing needs. */
export type KeyToSign = Pick<Charter, "scheme" | "publicKey" | "chain">;

/**
 * Gives the bytes that the key's scheme signs. Throws `trust/unknown-payload`, `trust/bad-intent`
 * and `action/transaction-as-message`.
 */
export function signedMessage({ payload, message, scheme }: SignAction): Uint8Array {
  if (payload === undefined) {
    refuseTransaction(scheme, message);
    return message;
  }
  const kind = payloadKindOf(payload.kind);
  if (kind.scheme !== scheme) throw misfit(`a payload of kind ${kind.name} is signed by a key of ${kind.scheme}, and not of ${scheme}`);
  const [input, ...others] = payload.inputs;
  if (input?.index !== 0 || others.length > 0) throw misfit(`payload.inputs of kind ${kind.name} is not input 0 alone`);
  return kind.digest(payload.body);
}

/**
 * Refuses a message that could be a transaction. Its signer would move money by what it takes for a
 * text, and no policy would have seen the payment. `facts` go into the error.
 *
 * Throws `action/transaction-as-message`.
 */
export function refuseTransaction(scheme: string, message: Uint8Array, facts: Readonly<Record<string, Fact>> = {}): void {
  if (schemeOf(scheme).message.isTransaction(message))
    throw new CovaultError(
      "action/transaction-as-message",
      `message: its ${message.length} bytes are a transaction of a chain, which no key of ${scheme} signs as a message.`,
      { facts },
    );
}

const pathOf = ({ payload, derivationPath }: SignAction): readonly number[] => payload?.inputs[0]?.derivationPath ?? derivationPath;

const misfit = (what: string): CovaultError => new CovaultError("trust/bad-intent", `The intent is refused: ${what}.`);
