// What to do now, said to somebody at a terminal. The services say it to people who write HTTP
// calls.

import { codes, type ErrorCode } from "@covault/errors";

/** The hints by code, where the service's own hint speaks of headers, fields and routes. */
const hints: Readonly<Record<string, string>> = {
  "account/not-found": "Take the account's id from covault account list.",
  "account/session-not-found": "Check the session's id: covault sign and covault account show print it.",
  "account/bad-threshold": "Choose 2 <= --threshold <= --parties <= 20, with as many parties as covault party show lists.",
  "account/bad-digest": "Give the digest as 64 hex characters, with or without 0x; to a key of Ed25519 --message, of up to 64 KiB.",
  "account/bad-sign-request": "Correct what the message names; covault sign --help shows what goes together.",
  "account/pair-uncleared": "Find out why the check failed. Then these operators run covault pair clear, and you run this again.",
  "account/pair-exhausted": "Run covault refresh: the key's next epoch has new pairs.",
  "account/share-lost": "Run covault repair where the share is lost and not stolen, or else covault recover; then run this again.",
  "account/too-few-holders": "Keep or add holders. To go on with so few all the same, run this again with --force as the message says.",
  "account/no-such-key": "Name a --scheme or a --key that covault account keys shows, or none.",
  "account/key-exists": "Use the key that is there: covault account keys shows it.",
  "account/lifecycle-running":
    "Wait until what is under way is over, or end it with covault session abort; then run this again. covault session show says how far it is.",
  "account/export-refused": "Have the operators of enough holders list the recipient in EXPORT_RECIPIENTS, then run this again.",
  "account/bad-cursor": "Give the --cursor that the page before ended with, or leave it out to start again.",
  "account/not-active": "Only an active account signs. Look at it with covault account show; make another if it failed.",
  "account/idempotency-conflict": "Give another --idempotency-key for another request.",
  "account/parties-missing": "Start the parties named in the message (covault party show), then run this again.",
  "account/coordinator-unreachable":
    "Check that the session coordinator runs, then run this again, with the same --idempotency-key if you gave one.",
  "account/session-failed":
    "The parties did not finish. Run this again, with another --idempotency-key if you gave one; covault session show says what happened.",
  "http/bad-request": "Correct what the message names.",
  "http/unauthorized": "Give a valid API key: --api-key, MPC_API_KEY, or run this in the folder in which covault start runs.",
  "http/too-many-requests": "Slow down and run this again in a moment.",
  "http/unavailable": "Run this again shortly; covault party show says who is connected.",
  "sdk/bad-base-url": "Correct --url or COVAULT_URL, for example http://127.0.0.1:4000.",
  "sdk/bad-api-key": "Correct --api-key or MPC_API_KEY.",
  "sdk/bad-idempotency-key": "Give --idempotency-key 1 to 255 printable ASCII characters without spaces, or leave it out.",
  "sdk/unreachable": "Check --url or COVAULT_URL, and that the system runs (npm start).",
};

/** Gives a message of the service with the option where it names the field of a request. */
export const messageFor = (message: string): string => message.replaceAll(/"force": "([^"]*)"/g, "--force $1");

/**
 * Gives the hint for a code. A hint of the service that is not the usual one of its code says more,
 * so it stands.
 */
export function hintFor(code: string, hint: string): string {
  const usual = Object.hasOwn(codes, code) ? codes[code as ErrorCode].hint : hint;
  return (hint === usual ? hints[code] : undefined) ?? hint.replaceAll("Idempotency-Key", "--idempotency-key");
}
