// This file holds the binding of an account to its key. The chain of certificates is the truth. The
// row's MAC names its hash, and every other column is compared with what the certificates say.
import { createHash } from "node:crypto";
import type { Bound } from "./bound.ts";
import { alteredRow, type Field } from "./row-mac.ts";
import type { KeyRow } from "./tables.ts";

export interface StoredKey {
  readonly row: KeyRow;
  /**
   * The encoded `Certificate`s: the founding one and every later one, ascending by epoch number.
   */
  readonly chain: readonly Uint8Array[];
}

export type KeyValues = Omit<KeyRow, "mac">;

export interface KeyRows {
  readonly seal: (values: KeyValues, chain: readonly Uint8Array[]) => KeyRow;
  /**
   * Stores the key with its newest certificate, which `sessionId` made, in the caller's
   * transaction. The key is founded, or continued from the chain before. Throws account/altered-row
   * when that is not the chain that is stored.
   */
  readonly put: (key: Omit<KeyValues, "created_at">, chain: readonly Uint8Array[], sessionId: string, now: Date) => Promise<void>;
  /** Gives the account's keys, the oldest first. Throws account/altered-row. */
  readonly list: (accountId: string) => Promise<StoredKey[]>;
}

function fields(row: KeyValues, chain: readonly Uint8Array[]): Field[] {
  return [
    row.key_id,
    row.tenant_id,
    row.account_id,
    row.keygen_session_id,
    row.keygen_intent_id,
    row.scheme,
    row.public_key,
    row.chain,
    row.epoch,
    Number(row.epoch_number),
    row.created_at,
    ...chain.map((certificate) => createHash("sha256").update(certificate).digest()),
  ];
}

export function keyRows({ db, macs }: Bound): KeyRows {
  const seal: KeyRows["seal"] = (values, chain) => ({ ...values, mac: macs.seal("keys", fields(values, chain)) });
  return {
    seal,
    async put(key, chain, sessionId, now) {
      const { key_id, epoch, epoch_number, tenant_id } = key;
      const before = chain.slice(0, -1);
      const [certificate] = chain.slice(-1);
      if (certificate === undefined) throw new TypeError("a key has a certificate");
      if (before.length === 0) {
        const founded = seal({ ...key, created_at: now }, chain);
        await db.insertInto("keys").values(founded).execute();
      } else {
        const row = await db.selectFrom("keys").selectAll().where("key_id", "=", key_id).forUpdate().executeTakeFirst();
        if (row === undefined) throw alteredRow("keys", key.account_id);
        macs.check("keys", key.account_id, fields(row, before), row.mac);
        const continued = seal({ ...key, created_at: row.created_at }, chain);
        await db.updateTable("keys").set(continued).where("key_id", "=", key_id).execute();
      }
      const newest = { key_id, epoch, epoch_number, tenant_id, session_id: sessionId, certificate, created_at: now };
      await db.insertInto("epochs").values(newest).execute();
    },
    async list(accountId) {
      // One statement reads the keys and their chains. Each row brings a key's columns again, and a
      // chain is short.
      const rows = await db
        .selectFrom("keys")
        .leftJoin("epochs", "epochs.key_id", "keys.key_id")
        .selectAll("keys")
        .select("epochs.certificate")
        .where("keys.account_id", "=", accountId)
        .orderBy("keys.created_at")
        .orderBy("keys.key_id")
        .orderBy("epochs.epoch_number")
        .execute();
      const keys = new Map<string, { readonly row: KeyRow; readonly chain: Uint8Array[] }>();
      for (const { certificate, ...columns } of rows) {
        // The driver reads bigint as text.
        const row = { ...columns, epoch_number: Number(columns.epoch_number) };
        const name = Buffer.from(row.key_id).toString("hex");
        const key = keys.get(name) ?? { row, chain: [] };
        if (certificate !== null) key.chain.push(new Uint8Array(certificate));
        keys.set(name, key);
      }
      for (const { row, chain } of keys.values()) macs.check("keys", accountId, fields(row, chain), row.mac);
      return [...keys.values()];
    },
  };
}
