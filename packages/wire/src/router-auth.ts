// The bytes that a party signs to open a router stream. Their order is fixed, and every field
// stands behind its length.

/**
 * Gives nonce, router, party and instance, each as u16 length || bytes. They are signed under the
 * tag `covault/router-auth/v1`.
 */
export function routerAuthBytes(nonce: Uint8Array, routerId: string, partyId: string, instanceId: string): Uint8Array {
  const text = new TextEncoder();
  const fields = [nonce, text.encode(routerId), text.encode(partyId), text.encode(instanceId)];
  const tooLong = fields.find((field) => field.length > 65535);
  if (tooLong !== undefined) throw new RangeError(`routerAuthBytes: a field has ${tooLong.length} bytes, more than 65535`);
  const bytes = new Uint8Array(fields.reduce((sum, field) => sum + 2 + field.length, 0));
  let at = 0;
  for (const field of fields) {
    bytes[at] = field.length >> 8;
    bytes[at + 1] = field.length & 255;
    bytes.set(field, at + 2);
    at += 2 + field.length;
  }
  return bytes;
}
