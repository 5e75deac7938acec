// This file gives what a check answers: the code of its error and the text, or "accepted".
import { asCovaultError } from "@covault/errors";

export function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    const known = asCovaultError(error);
    if (known === undefined) throw error;
    return `${known.code}: ${known.message}`;
  }
  return "accepted";
}
