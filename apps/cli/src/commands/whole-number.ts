import { readInteger } from "@covault/service-kit/settings";
import { InvalidArgumentError } from "commander";

/**
 * Reads an option's value. Its maximum lies above every bound that the service has for such a
 * number. Throws InvalidArgumentError for anything else.
 */
export function wholeNumber(text: string): number {
  const value = readInteger(text, 0, 2 ** 31 - 1);
  if (value === undefined) throw new InvalidArgumentError("expected a whole number");
  return value;
}
