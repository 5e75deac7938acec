// Secrets that have served are overwritten here. JavaScript may hold copies elsewhere until they
// are collected (SECURITY.md says so). What is erased here at least does not wait for that.
export type Erasable = Uint8Array | Uint32Array;

export function erase(...secrets: readonly (Erasable | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0);
}
