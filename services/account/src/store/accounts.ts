// The account row: written whole with its MAC, read with its MAC checked, changed by compare-and-set on `version`.
import { checkRow, type Field, type RowKeys, rowMac } from "../integrity/row-mac.ts";
import type { AccountDatabase, AccountRow } from "./tables.ts";

export type AccountValues = Omit<AccountRow, "mac">;
/** What may change after creation. */
export type AccountChange = Partial<
  Pick<
    AccountRow,
    "status" | "signing_parties" | "signing_required" | "failure_code" | "failure_message" | "abandonment" | "abandonment_delivered"
  >
>;

/** Which accounts of a tenant: the owner, and the id after which the page starts. */
export interface AccountPage {
  readonly userId: string | undefined;
  readonly after: string | undefined;
  readonly limit: number;
}

function fields(row: AccountValues): Field[] {
  return [
    row.account_id,
    row.tenant_id,
    row.user_id,
    row.name,
    row.status,
    row.scheme,
    row.threshold_t,
    row.threshold_n,
    row.keygen_session_id,
    row.signing_parties,
    row.signing_required,
    row.failure_code,
    row.failure_message,
    row.abandonment,
    row.abandonment_delivered,
    row.version,
    row.created_at,
    row.updated_at,
  ];
}

export function sealAccount(secretRowKeys: RowKeys, values: AccountValues): AccountRow {
  return { ...values, mac: rowMac(secretRowKeys, "accounts", fields(values)) };
}

function checked(secretRowKeys: RowKeys, row: AccountRow): AccountRow {
  checkRow(secretRowKeys, "accounts", row.account_id, fields(row), row.mac);
  return row;
}

/** The tenant's account; undefined when there is none, and when it is another tenant's. */
export async function findAccount(
  db: AccountDatabase,
  secretRowKeys: RowKeys,
  tenantId: string,
  accountId: string,
): Promise<AccountRow | undefined> {
  const row = await db
    .selectFrom("accounts")
    .selectAll()
    .where("account_id", "=", accountId)
    .where("tenant_id", "=", tenantId)
    .executeTakeFirst();
  return row && checked(secretRowKeys, row);
}

export interface ListedAccount {
  readonly accountId: string;
  /** Throws account/altered-row. */
  readonly read: () => AccountRow;
}

/** Oldest first, so that a page never shifts under its reader. */
export async function listAccounts(
  db: AccountDatabase,
  secretRowKeys: RowKeys,
  tenantId: string,
  page: AccountPage,
): Promise<ListedAccount[]> {
  let query = db.selectFrom("accounts").selectAll().where("tenant_id", "=", tenantId).orderBy("account_id").limit(page.limit);
  if (page.userId !== undefined) query = query.where("user_id", "=", page.userId);
  if (page.after !== undefined) query = query.where("account_id", ">", page.after);
  return (await query.execute()).map((row) => ({ accountId: row.account_id, read: () => checked(secretRowKeys, row) }));
}

/** Accounts whose keygen is not settled, or whose abandonment the coordinator does not have yet; altered ones are told and left out. */
export async function unsettledAccounts(
  db: AccountDatabase,
  secretRowKeys: RowKeys,
  onAltered: (error: unknown) => void,
): Promise<AccountRow[]> {
  const rows = await db
    .selectFrom("accounts")
    .selectAll()
    .where((where) =>
      where.or([
        where("status", "=", "creating"),
        where.and([where("abandonment", "is not", null), where("abandonment_delivered", "=", false)]),
      ]),
    )
    .orderBy("account_id")
    .execute();
  return rows.filter((row) => {
    try {
      checked(secretRowKeys, row);
      return true;
    } catch (error) {
      onAltered(error);
      return false;
    }
  });
}

/** The changed row, or undefined when somebody else changed it first. */
export async function changeAccount(
  db: AccountDatabase,
  secretRowKeys: RowKeys,
  row: AccountRow,
  change: AccountChange,
  now: Date,
): Promise<AccountRow | undefined> {
  const { mac: _, ...values } = row;
  const next = sealAccount(secretRowKeys, { ...values, ...change, version: row.version + 1, updated_at: now });
  const { numUpdatedRows } = await db
    .updateTable("accounts")
    .set(next)
    .where("account_id", "=", row.account_id)
    .where("version", "=", row.version)
    .executeTakeFirst();
  return numUpdatedRows === 1n ? next : undefined;
}
