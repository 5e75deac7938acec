import type { SchemeName } from "../schemes/index.ts";

/** How the bytes of one kind of payload become what is signed: one signature, of input 0. */
export interface PayloadKind {
  /** As intents write it. */
  readonly name: string;
  /** Of the keys that sign it. */
  readonly scheme: SchemeName;
  /** What is signed, 32 bytes. */
  readonly digest: (body: Uint8Array) => Uint8Array;
}
