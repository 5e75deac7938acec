import { readInteger } from "@covault/service-kit/settings";
import { InvalidArgumentError } from "commander";

/** An option's value. `max`: above every bound that the service has for such a number. */
export function wholeNumber(text: string): number {
  const value = readInteger(text, 0, 2 ** 31 - 1);
  if (value === undefined) throw new InvalidArgumentError("expected a whole number");
  return value;
}
