// This file lists the operations by kind. This service does not ask yet for a kind that has none
// here.

import { alteredRow } from "../store/row-mac.ts";
import type { StoredSession } from "../store/sessions.ts";
import { exportKey } from "./export.ts";
import { importKey, keygen } from "./keygen.ts";
import type { Operation } from "./operation.ts";
import { recover } from "./recover.ts";
import { refresh } from "./refresh.ts";
import { renew } from "./renew.ts";
import { repair } from "./repair.ts";
import { reshare } from "./reshare.ts";
import { sign } from "./sign.ts";

const operations: readonly Operation<never>[] = [keygen, importKey, sign, refresh, reshare, recover, renew, repair, exportKey];

export function operationOf({ row }: StoredSession): Operation<never> {
  const operation = operations.find(({ kind }) => kind === row.kind);
  if (operation === undefined) throw alteredRow("sessions", row.session_id);
  return operation;
}
