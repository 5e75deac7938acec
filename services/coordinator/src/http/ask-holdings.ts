// POST /api/v1/holdings asks the holders of a key what they hold.
import type { routes } from "@covault/api/coordinator";
import { base64, fromHex } from "@covault/crypto";
import type { Handler } from "@covault/service-kit/http";
import type { RouteParts } from "./route-parts.ts";

export function askHoldings(parts: RouteParts): Handler<typeof routes.askHoldings> {
  return async (request) => {
    const { key_id, epoch, nonce, parties } = request.body;
    const bytes = (text: string): Uint8Array => fromHex(text.replace(/^0x/i, "").toLowerCase());
    await parts.reachesParties();
    const question = { keyId: bytes(key_id), epoch: bytes(epoch), nonce: bytes(nonce), parties, signal: parts.stopping };
    const { statements, asked, absent, certificates } = await parts.askHolders(question);
    return { holdings: statements.map(base64), asked: [...asked], absent: [...absent], certificates: certificates.map(base64) };
  };
}
