// Port: randomness of the operating system. Only tests give anything else.

/** A source of random bytes. */
export interface Entropy {
  /** Gives `length` fresh bytes from a CSPRNG. Throws when it cannot give all of them. */
  bytes(length: number): Uint8Array;
}

/** The platform's generator, which Node and every browser have. */
export const platformEntropy: Entropy = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};
