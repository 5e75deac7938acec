// The refusals that openapi.json lists. They have the same shape everywhere, and each status its
// meaning.
import { z } from "zod";

const body = z.object({ code: z.string().describe("Listed in docs/errors.md"), message: z.string(), hint: z.string() });

/** `meaning` says what the status means at this route. */
export const refusal = (meaning: string) => body.describe(meaning);

/** The refusals of every guarded route. */
export const guardedRefusals = {
  400: refusal("A field, parameter or header is wrong, or unknown: the message names it"),
  401: refusal("No valid API key in X-API-Key"),
  403: refusal("The caller's address is not in the allow list"),
  429: refusal("Too many calls with this key, or too many wrong keys from this address: wait for Retry-After"),
  500: refusal("A fault of the service: the message names the request for its log"),
};

/** The refusals that a route with a body has beside those. */
export const bodyRefusals = {
  413: refusal("The body is too large"),
  415: refusal("The body is not application/json"),
};
