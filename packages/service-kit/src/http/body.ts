// The bodies and queries of requests. A text that is not UTF-8 is refused, because it would be
// stored as another text than was sent.
import { CovaultError } from "@covault/errors";
import type { App } from "./api.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A body of another media type than JSON, or of another charset than UTF-8, is answered 415. */
export function takeJsonBodies(app: App): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    if (!/^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i.test(request.headers["content-type"] ?? ""))
      return done(new CovaultError("http/unsupported-media-type", "The body is not application/json in UTF-8."));
    let text: string;
    try {
      text = utf8.decode(body as Buffer);
    } catch {
      return done(new CovaultError("http/bad-request", "The body is not UTF-8."));
    }
    parse(request, text, done);
  });
}

/**
 * Throws http/bad-request for a query that is not UTF-8. A lenient reader would keep what it cannot
 * decode as it stands, and that is another value.
 */
export function requireReadableQuery(url: string): void {
  const at = url.indexOf("?");
  if (at < 0) return;
  try {
    decodeURIComponent(url.slice(at + 1));
  } catch {
    throw new CovaultError("http/bad-request", "The query is not UTF-8, or has a % that begins no %XX.");
  }
}
