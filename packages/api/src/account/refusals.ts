// The refusals that routes of accounts have beside those of every guarded route.
import { bodyRefusals, guardedRefusals, refusal, refusalForNow } from "../answers.ts";

export const noSuchAccount = { 404: refusal("The tenant has no such account") };
export const whenActive = { 409: refusal("The account is not active") };
/** The refusals of a route that runs a session and takes an Idempotency-Key. */
export const sessionRefusals = {
  ...guardedRefusals,
  ...bodyRefusals,
  409: refusal("The Idempotency-Key came with another request before, the account is not active, or parties refused"),
  502: refusal("The session failed: a new one needs a new Idempotency-Key"),
  503: refusalForNow("Parties, the coordinator or a part of this service are away: ask again with the same Idempotency-Key"),
};
