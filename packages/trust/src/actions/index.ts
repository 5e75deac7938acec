// This file checks what an intent asks for: every field of its action. Each action has a file of
// its own.
import type { Intent } from "@covault/wire";
import type { FieldChecks } from "../fields.ts";
import { checkExport } from "./export.ts";
import { checkImport } from "./import.ts";
import { checkKeygen } from "./keygen.ts";
import { checkRefresh } from "./refresh.ts";
import { checkRenew } from "./renew.ts";
import { checkRepair } from "./repair.ts";
import { checkSign } from "./sign.ts";

/** Checks the fields of the action. A failed `check` names the field. */
export function checkAction({ action, initiatorId }: Intent, check: FieldChecks): void {
  if (action.case === "keygen") checkKeygen(action.value, initiatorId, check);
  else if (action.case === "sign") checkSign(action.value, check);
  else if (action.case === "refresh") checkRefresh(action.value, check);
  else if (action.case === "renew") checkRenew(action.value, check);
  else if (action.case === "repair") checkRepair(action.value, check);
  else if (action.case === "import") checkImport(action.value, initiatorId, check);
  else if (action.case === "export") checkExport(action.value, check);
  else check.fail("it asks for nothing that version 1 knows");
}
