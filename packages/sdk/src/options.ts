// What a client is made with, checked before anything is sent.
import { CovaultApiError } from "./api-error.ts";

/** Gives the base URL without slashes at its end. Throws `sdk/bad-base-url`. */
export function checkBaseUrl(given: string | undefined): string {
  const bad = (message: string, hint: string): CovaultApiError => new CovaultApiError(0, "sdk/bad-base-url", message, hint);
  if (typeof given !== "string" || given === "")
    throw bad("There is no base URL.", "Say where the account service is, for example http://localhost:4000.");
  // The text before an @ may be a password.
  const shown = given.replace(/^(.*\/\/)?.*@/, "$1");
  if (!/^https?:\/\//i.test(given))
    throw bad(
      `The base URL ${shown} begins with neither http:// nor https://.`,
      `Write http://${shown.replace(/^.*\/\//, "")} or https://.`,
    );
  if (!URL.canParse(given)) throw bad(`The base URL ${shown} is no URL.`, "Write it as http://localhost:4000.");
  const { username, password, search, hash } = new URL(given);
  if (username !== "" || password !== "")
    throw bad(`The base URL ${shown} came with a user name or a password.`, "Leave it out: the API key says who calls.");
  if (search !== "" || hash !== "") throw bad("The base URL has a query or a fragment.", "End it before the ? or the #.");
  return given.replace(/\/+$/, "");
}

/** Throws `sdk/bad-api-key`, which does not show the key. */
export function checkApiKey(given: string | undefined): string {
  const hint = "Set it from MPC_API_KEY or from a secret store; npm start keeps the one it made in data/secrets/mpc_api_key.";
  if (typeof given !== "string" || given.trim() === "") throw new CovaultApiError(0, "sdk/bad-api-key", "There is no API key.", hint);
  if (!fitsHeader(given)) throw new CovaultApiError(0, "sdk/bad-api-key", "The API key cannot stand in a header.", hint);
  return given;
}

/** Throws `sdk/bad-idempotency-key`. */
export function checkIdempotencyKey(given: string): string {
  if (given.trim() !== "" && fitsHeader(given)) return given;
  const hint = "Give 1 to 255 printable ASCII characters without spaces, or none: one is made for every call.";
  throw new CovaultApiError(0, "sdk/bad-idempotency-key", "The idempotency key cannot stand in a header.", hint);
}

/**
 * Says whether the platform takes the value in a header. Its own judgement says more than "fetch
 * failed" only here.
 */
function fitsHeader(value: string): boolean {
  try {
    new Headers({ value });
    return true;
  } catch {
    return false;
  }
}
