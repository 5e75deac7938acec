// An export has holders seal their shares of the committed epoch to one recipient (dkls23-spec 8).
// `checkExports` compares it with the key. Which recipients there are, each party's own
// configuration says.
import type { ExportAction } from "@covault/wire";
import type { FieldChecks } from "../fields.ts";
import { schemeNames } from "../schemes/index.ts";

/** The most characters of a reason. */
const reasonMax = 200;
const plain = /^[^\p{Cc}\p{Cs}]+$/u;

export function checkExport(asked: ExportAction, check: FieldChecks): void {
  const { reason } = asked;
  check.word(asked.scheme, schemeNames, "scheme");
  check.bytes(asked.keyId, 32, "key_id");
  check.bytes(asked.epoch, 32, "epoch");
  check.bytes(asked.recipient, 32, "recipient");
  check.that([...reason].length <= reasonMax && plain.test(reason), `reason is not text of 1 to ${reasonMax} characters`);
}
