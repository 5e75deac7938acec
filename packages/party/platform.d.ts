// Everything that the party takes of its platform: what Node and browsers both have. The package
// compiles with these names alone, so that nothing that only one of the two has can slip in.

declare function setTimeout(act: () => void, ms: number): object | number;
declare function clearTimeout(timer: object | number): void;
declare const performance: { now(): number };

interface AbortSignal {
  readonly aborted: boolean;
  addEventListener(kind: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(kind: "abort", listener: () => void): void;
}
declare class AbortController {
  readonly signal: AbortSignal;
  abort(): void;
}

interface PlatformKey {
  readonly extractable: boolean;
}
type PlatformBytes = Uint8Array<ArrayBuffer>;
interface PlatformSeal {
  readonly name: "AES-GCM";
  readonly iv: PlatformBytes;
  readonly additionalData: PlatformBytes;
}
declare const crypto: {
  getRandomValues(bytes: PlatformBytes): PlatformBytes;
  readonly subtle: {
    digest(algorithm: "SHA-256", bytes: PlatformBytes): Promise<ArrayBuffer>;
    importKey(
      format: "raw",
      key: PlatformBytes,
      algorithm: "HKDF" | "AES-GCM",
      extractable: false,
      usages: readonly ("deriveBits" | "encrypt" | "decrypt")[],
    ): Promise<PlatformKey>;
    encrypt(algorithm: PlatformSeal, key: PlatformKey, plain: PlatformBytes): Promise<ArrayBuffer>;
    decrypt(algorithm: PlatformSeal, key: PlatformKey, sealed: PlatformBytes): Promise<ArrayBuffer>;
    deriveBits(
      algorithm: { readonly name: "HKDF"; readonly hash: "SHA-256"; readonly salt: PlatformBytes; readonly info: PlatformBytes },
      key: PlatformKey,
      bits: number,
    ): Promise<ArrayBuffer>;
  };
};

declare class TextDecoder {
  constructor(encoding: "utf-8", options: { readonly fatal: true });
  decode(bytes: Uint8Array): string;
}
