// POST /api/v1/import-recipients asks parties for a key that an import can be sealed to.
import type { routes } from "@covault/api/coordinator";
import { base64, fromHex } from "@covault/crypto";
import type { Handler } from "@covault/service-kit/http";
import type { RouteParts } from "./route-parts.ts";

export function askImportRecipients(parts: RouteParts): Handler<typeof routes.askImportRecipients> {
  return async (request) => {
    const { nonce, parties } = request.body;
    await parts.reachesParties();
    const bytes = fromHex(nonce.replace(/^0x/i, "").toLowerCase());
    const { reports, asked, absent } = await parts.askImportRecipients({ nonce: bytes, parties, signal: parts.stopping });
    return { recipients: reports.map(({ statement }) => base64(statement)), asked: [...asked], absent: [...absent] };
  };
}
