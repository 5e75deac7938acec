// POST /api/v1/backups asks the holders of a key to seal their shares to the recipients of their
// own settings, and what they have sealed. Nothing of it names a recipient.
import type { routes } from "@covault/api/coordinator";
import { base64, fromHex } from "@covault/crypto";
import type { Handler } from "@covault/service-kit/http";
import type { RouteParts } from "./route-parts.ts";

export function askBackups(parts: RouteParts): Handler<typeof routes.askBackups> {
  return async (request) => {
    const { key_id, epoch, nonce } = request.body;
    const bytes = (text: string): Uint8Array => fromHex(text.replace(/^0x/i, "").toLowerCase());
    await parts.reachesParties();
    const question = { keyId: bytes(key_id), epoch: bytes(epoch), nonce: bytes(nonce), parties: [], signal: parts.stopping };
    const { statements, asked, absent, certificates } = await parts.askBackups(question);
    return { backups: statements.map(base64), asked: [...asked], absent: [...absent], certificates: certificates.map(base64) };
  };
}
