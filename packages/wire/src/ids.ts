// Ids are strings. A prefix says what the id names. 26 characters of Crockford base32 follow, which
// are 48 bits of time and 80 random bits.

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** The address of frames for the coordinator. Any replica takes them. */
export const coordinatorAddress = "coordinator";

/**
 * Gives a new id, which sorts by time: `acc_01j…`. `random` is at least 10 fresh random bytes, and
 * `nowMs` is in milliseconds since 1970. Throws RangeError when `random` is too short.
 */
export function newId(prefix: "acc" | "key" | "ses" | "req" | "msg" | "ins", random: Uint8Array, nowMs: number): string {
  if (random.length < 10) throw new RangeError(`newId: expected 10 random bytes, got ${random.length}`);
  let value = BigInt(Math.floor(nowMs)) & ((1n << 48n) - 1n);
  for (const byte of random.subarray(0, 10)) value = (value << 8n) | BigInt(byte);
  let text = "";
  for (let digit = 0; digit < 26; digit++) {
    text = alphabet.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return `${prefix}_${text}`;
}

/**
 * Says whether a text is a party id: 1 to 64 characters of lower case letters, digits, `-` and `_`,
 * which do not begin with `-` or `_` and are not the coordinator's name.
 */
export function isPartyId(text: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,63}$/.test(text) && text !== coordinatorAddress;
}
