// Reads a whole number from a setting, a query or an option. It is made of decimal digits and
// nothing else. Number() would also take 1e1, 0x10, " 5", 5.0 and an empty text.

/** Undefined when the text is anything but a whole number from `min` to `max`. */
export function readInteger(text: string, min: number, max: number): number | undefined {
  if (!/^(0|[1-9]\d{0,14})$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}
