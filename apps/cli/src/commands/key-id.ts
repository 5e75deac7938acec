// A key id as an argument of a command.
import { InvalidArgumentError } from "commander";

/** Reads 64 hexadecimal characters, with or without 0x. Throws commander's error for all else. */
export function keyId(text: string): Uint8Array {
  const hex = text.replace(/^0x/, "");
  if (!/^[0-9a-f]{64}$/i.test(hex)) throw new InvalidArgumentError("expected a key id of 64 hexadecimal characters");
  return new Uint8Array(Buffer.from(hex, "hex"));
}
