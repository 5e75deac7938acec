// The answers that many routes share. Each status has one meaning everywhere, and a route says what
// it means there.
import type { z } from "zod";
import { errorBody } from "./errors/error-body.ts";
import type { Answer } from "./route.ts";

/** `meaning` says what the status means at this route. */
export const refusal = (meaning: string) => ({ meaning, shape: errorBody }) satisfies Answer;
/** A refusal after which the same request may succeed. */
export const refusalForNow = (meaning: string) => ({ ...refusal(meaning), headers: ["Retry-After"] }) as const satisfies Answer;

export const answer = <Shape extends z.ZodType>(meaning: string, shape: Shape) => ({ meaning, shape }) satisfies Answer;
/** A thing that was made. Its Location is where it is read. */
export const made = <Shape extends z.ZodType>(meaning: string, shape: Shape) =>
  ({ meaning, shape, headers: ["Location"] }) as const satisfies Answer;

/** Work that goes on. Its Location is where it is followed. */
export const started = <Shape extends z.ZodType>(meaning: string, shape: Shape) =>
  ({ meaning, shape, headers: ["Location", "Retry-After"] }) as const satisfies Answer;

/** The refusals of every route that needs an API key. */
export const guardedRefusals = {
  400: refusal("A field, parameter or header is wrong, or unknown: the message names it"),
  401: refusal("No valid API key in X-API-Key"),
  403: refusal("The caller's address is not in the allow list"),
  429: refusalForNow("Too many calls with this key, or too many wrong keys from this address"),
  500: refusal("A fault of the service: the message names the request for its log"),
  503: refusalForNow("A part that this service needs is away: ask again"),
};

/** The refusals that a route with a body has beside those. */
export const bodyRefusals = {
  413: refusal("The body is too large"),
  415: refusal("The body is not application/json in UTF-8"),
};
