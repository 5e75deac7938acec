// Port: randomness of the operating system. Only tests give anything else.

export interface Entropy {
  /** `length` fresh bytes from a CSPRNG. Throws rather than give less. */
  bytes(length: number): Uint8Array;
}

/** The platform's generator: Node and every browser. */
export const platformEntropy: Entropy = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};
