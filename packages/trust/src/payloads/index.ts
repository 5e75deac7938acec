// This file lists the kinds of payload that are known here. A new kind is one entry. A kind that is
// not here is refused, because nobody signs what it does not understand.
import { CovaultError } from "@covault/errors";
import { evmPersonalMessage } from "./evm-personal-message.ts";
import type { PayloadKind } from "./kind.ts";

const kinds: readonly PayloadKind[] = [evmPersonalMessage];

export const payloadKindNames: readonly string[] = kinds.map(({ name }) => name);

/** Gives the kind of this name, or undefined for a kind that this version does not know. */
export const knownPayload = (name: string): PayloadKind | undefined => kinds.find((kind) => kind.name === name);

/** Gives the kind of this name. Throws `trust/unknown-payload`. */
export function payloadKindOf(name: string): PayloadKind {
  const kind = knownPayload(name);
  if (kind === undefined) throw new CovaultError("trust/unknown-payload", `A payload of kind ${name} cannot be read here.`);
  return kind;
}
