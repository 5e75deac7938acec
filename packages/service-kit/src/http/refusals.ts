// The answers of refusals, as openapi.json lists them: the same shape everywhere, and what each status means.
import { z } from "zod";

const body = z.object({ code: z.string().describe("Listed in docs/errors.md"), message: z.string(), hint: z.string() });

/** `meaning`: of this status at this route. */
export const refusal = (meaning: string) => body.describe(meaning);

/** What every guarded route may answer. */
export const guardedRefusals = {
  400: refusal("A field, parameter or header is wrong, or unknown: the message names it"),
  401: refusal("No valid API key in X-API-Key"),
  403: refusal("The caller's address is not in the allow list"),
  429: refusal("Too many calls with this key, or too many wrong keys from this address: wait for Retry-After"),
  500: refusal("A fault of the service: the message names the request for its log"),
};

/** What a route with a body may answer beside. */
export const bodyRefusals = {
  413: refusal("The body is too large"),
  415: refusal("The body is not application/json"),
};
