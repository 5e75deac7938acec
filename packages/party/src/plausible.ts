// Whether a message that anybody may send to a party at any time can mean something at all. It is
// looked up in the store, and no database takes every name and number.
import type { Envelope } from "@covault/wire";

/** The form of a session id, which is that of the one in an intent (packages/trust). */
const nameForm = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

export function isPlausible(body: Envelope["body"]): boolean {
  switch (body.case) {
    case "acknowledged":
    case "committed":
    case "abandoned":
    case "certificateRequest":
    case "pairAcknowledged":
    case "pairCommitted":
      return nameForm.test(body.value.sessionId);
    case "pairRequest":
      return nameForm.test(body.value.sessionId) && body.value.intentId.length === 32;
    case "roundRequest": {
      const { rid, round, from } = body.value;
      return rid.length === 32 && round >= 1 && round <= 255 && from >= 1 && from <= 65_535;
    }
    case "holdingRequest":
    case "backupRequest":
      return body.value.keyId.length === 32 && body.value.nonce.length === 32;
    case "importRecipientRequest":
      return body.value.nonce.length === 32;
    case "exportRequest":
      return body.value.intent !== undefined;
    default:
      return true;
  }
}
