// Of which schemes an account has keys, one each: what it was asked for, in that order, and what came later. The row's MAC covers the list,
// so that no key can be taken away unnoticed.
import { type SchemeName, schemeOf } from "@covault/trust";
import type { AccountRow } from "../store/tables.ts";

export const schemesOf = ({ schemes }: Pick<AccountRow, "schemes">): readonly SchemeName[] =>
  (JSON.parse(schemes) as string[]).map((name) => schemeOf(name).name);
export const schemesText = (schemes: readonly SchemeName[]): string => JSON.stringify(schemes);
