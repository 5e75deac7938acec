// Secrets and MAC-like values are compared here without an early exit (dkls23-spec 12).

/** Tells whether two byte strings are the same. Its time depends on the lengths only. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}
