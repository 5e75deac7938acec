// The operations by kind. Kinds without one here are not asked for by this service yet.

import { alteredRow } from "../store/row-mac.ts";
import type { StoredSession } from "../store/sessions.ts";
import { keygen } from "./keygen.ts";
import type { Operation } from "./operation.ts";
import { sign } from "./sign.ts";

const operations: readonly Operation<never>[] = [keygen, sign];

export function operationOf({ row }: StoredSession): Operation<never> {
  const operation = operations.find(({ kind }) => kind === row.kind);
  if (operation === undefined) throw alteredRow("sessions", row.session_id);
  return operation;
}
