// What every signature scheme says of itself: the same members in the same order. Nobody else asks which scheme it is.

export const schemeNames = ["ecdsa-secp256k1", "eddsa-ed25519", "schnorr-bip340"] as const;
/** As intents write it. */
export type SchemeName = (typeof schemeNames)[number];

interface Encoding {
  readonly bytes: number;
  /** Never throws. */
  readonly is: (value: Uint8Array) => boolean;
}

export interface Scheme {
  readonly name: SchemeName;
  /** The one form at rest and on the wire. `hashed`: the form that a key id is made of (dkls23-spec 2.5). */
  readonly publicKey: Encoding & { readonly hashed: (publicKey: Uint8Array) => Uint8Array };
  /** A holder's public share: a point of the curve, of either parity. */
  readonly publicShare: Encoding;
  /** Whether each two holders have OT state of their own: joins name it (dkls23-spec 0.4). */
  readonly pairs: boolean;
  /** What is wrong with a message to sign, as the rest of a sentence that begins with its name; undefined: nothing. */
  readonly message: { readonly check: (message: Uint8Array) => string | undefined };
  /** As parties report it. `verify` never throws. */
  readonly signature: {
    readonly bytes: number;
    readonly verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
  };
}
