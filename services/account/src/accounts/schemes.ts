// This file holds the schemes of which an account has keys, one key each. They are the schemes that
// the account was asked for, in that order, and those that came later. The row's MAC covers the
// list, so that no key can be taken away unnoticed.
import { type SchemeName, schemeOf } from "@covault/trust";
import type { AccountRow } from "../store/tables.ts";

export const schemesOf = ({ schemes }: Pick<AccountRow, "schemes">): readonly SchemeName[] =>
  (JSON.parse(schemes) as string[]).map((name) => schemeOf(name).name);
export const schemesText = (schemes: readonly SchemeName[]): string => JSON.stringify(schemes);
