// Where the stream is, from the address that operators know the router by.
import { CovaultError } from "@covault/errors";

const path = "/v1/stream";

/**
 * Gives the address of the stream, with its path. Throws config/bad-value, which names ROUTER_URLS.
 */
export function streamUrl(routerUrl: string): string {
  const url = URL.canParse(routerUrl) ? new URL(routerUrl) : undefined;
  const protocol = url && { "http:": "ws:", "https:": "wss:", "ws:": "ws:", "wss:": "wss:" }[url.protocol];
  if (url === undefined || protocol === undefined || url.username !== "" || url.password !== "")
    throw new CovaultError("config/bad-value", "ROUTER_URLS: expected an http, https, ws or wss URL without a name and password.");
  return `${protocol}//${url.host}${url.pathname === "/" ? path : url.pathname}`;
}
