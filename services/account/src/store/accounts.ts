// This file holds the account row. It is written whole with its MAC, read with its MAC checked, and
// changed by compare-and-set on `version`.
import type { Event } from "../events/event.ts";
import type { Bound } from "./bound.ts";
import { appended } from "./events.ts";
import type { Field } from "./row-mac.ts";
import type { AccountRow } from "./tables.ts";

export type AccountValues = Omit<AccountRow, "mac">;
/** The fields that may change after creation. */
export type AccountChange = Partial<
  Pick<AccountRow, "status" | "schemes" | "signing_parties" | "signing_required" | "failure_code" | "failure_message">
>;

/** A page of a tenant's accounts: the owner, and the id after which the page starts. */
export interface AccountPage {
  readonly userId: string | undefined;
  readonly after: string | undefined;
  readonly limit: number;
}

export interface ListedAccount {
  readonly accountId: string;
  /** Gives the row. Throws account/altered-row. */
  readonly read: () => AccountRow;
}

export interface AccountRows {
  /** Gives the row as it is written, with its MAC. No other statement needs the MAC. */
  readonly seal: (values: AccountValues) => AccountRow;
  readonly insert: (row: AccountRow, happened: Event) => Promise<void>;
  /**
   * Gives the tenant's account. Gives undefined when there is none, and when it is another
   * tenant's.
   */
  readonly find: (tenantId: string, accountId: string) => Promise<AccountRow | undefined>;
  /**
   * Gives the accounts of a page. The oldest comes first, so that a page never shifts under its
   * reader.
   */
  readonly list: (tenantId: string, page: AccountPage) => Promise<ListedAccount[]>;
  /** Gives the active accounts of all tenants, in the order of their ids. */
  readonly active: (page: Pick<AccountPage, "after" | "limit">) => Promise<ListedAccount[]>;
  /** Gives the changed row, or undefined when another request changed it first. */
  readonly change: (row: AccountRow, change: AccountChange, now: Date, happened: Event) => Promise<AccountRow | undefined>;
}

function fields(row: AccountValues): Field[] {
  return [
    row.account_id,
    row.tenant_id,
    row.user_id,
    row.name,
    row.status,
    row.schemes,
    row.threshold_t,
    row.threshold_n,
    row.keygen_session_id,
    row.keygen_intent_id,
    row.signing_parties,
    row.signing_required,
    row.failure_code,
    row.failure_message,
    row.version,
    row.created_at,
    row.updated_at,
  ];
}

export function accountRows({ db, macs }: Bound): AccountRows {
  const seal: AccountRows["seal"] = (values) => ({ ...values, mac: macs.seal("accounts", fields(values)) });
  function checked(row: AccountRow): AccountRow {
    macs.check("accounts", row.account_id, fields(row), row.mac);
    return row;
  }
  const listed = (row: AccountRow): ListedAccount => ({ accountId: row.account_id, read: () => checked(row) });
  return {
    seal,
    async insert(row, happened) {
      await db
        .with("inserted", (inner) => inner.insertInto("accounts").values(row).returning("account_id"))
        .selectFrom("inserted")
        .select(appended(happened).as("seq"))
        .execute();
    },
    async find(tenantId, accountId) {
      const query = db.selectFrom("accounts").selectAll().where("account_id", "=", accountId).where("tenant_id", "=", tenantId);
      const row = await query.executeTakeFirst();
      return row && checked(row);
    },
    async list(tenantId, { userId, after, limit }) {
      let query = db.selectFrom("accounts").selectAll().where("tenant_id", "=", tenantId).orderBy("account_id").limit(limit);
      if (userId !== undefined) query = query.where("user_id", "=", userId);
      if (after !== undefined) query = query.where("account_id", ">", after);
      return (await query.execute()).map(listed);
    },
    async active({ after, limit }) {
      let query = db.selectFrom("accounts").selectAll().where("status", "=", "active").orderBy("account_id").limit(limit);
      if (after !== undefined) query = query.where("account_id", ">", after);
      return (await query.execute()).map(listed);
    },
    async change(row, change, now, happened) {
      const { mac: _, ...values } = row;
      const next = seal({ ...values, ...change, version: row.version + 1, updated_at: now });
      const changed = await db
        .with("changed", (inner) =>
          inner
            .updateTable("accounts")
            .set(next)
            .where("account_id", "=", row.account_id)
            .where("version", "=", row.version)
            .returning("account_id"),
        )
        .selectFrom("changed")
        .select(appended(happened).as("seq"))
        .execute();
      return changed.length === 1 ? next : undefined;
    },
  };
}
