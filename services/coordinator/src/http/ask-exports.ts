// POST /api/v1/exports asks the holders of a key for an export, with a signed intent.
import type { routes } from "@covault/api/coordinator";
import { base64, fromBase64 } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import { checkExports } from "@covault/trust";
import { readIntent } from "./read-intent.ts";
import type { RouteParts } from "./route-parts.ts";

export function askExports(parts: RouteParts): Handler<typeof routes.askExports> {
  return async (request) => {
    const { opened, signed, key } = await readIntent(parts, fromBase64(request.body.intent));
    if (key === undefined) throw new CovaultError("trust/bad-intent", "The intent is refused: it exports no key.");
    checkExports(key, opened);
    await parts.reachesParties();
    const { reports, asked, absent } = await parts.askExports({
      ...{ key, intent: signed, intentId: opened.intentId },
      signal: parts.stopping,
    });
    return { releases: reports.map(({ statement }) => base64(statement)), asked: [...asked], absent: [...absent] };
  };
}
