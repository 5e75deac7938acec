import type { SchemeName } from "../schemes/index.ts";

/**
 * A kind of payload: it says how the bytes of a payload become what is signed. That is one
 * signature, of input 0.
 */
export interface PayloadKind {
  /** The name, as intents write it. */
  readonly name: string;
  /** The scheme of the keys that sign it. */
  readonly scheme: SchemeName;
  /** Gives what is signed, 32 bytes. */
  readonly digest: (body: Uint8Array) => Uint8Array;
}
