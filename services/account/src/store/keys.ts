// This file holds the binding of an account to its key. The chain of certificates is the truth. The
// row's MAC names its hash, and every other column is compared with what the certificates say.
import { createHash } from "node:crypto";
import { certificateFacts } from "../keys/certificate-facts.ts";
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
  /** Stores a key that its certificate founds, in the caller's transaction. */
  readonly put: (key: Omit<KeyValues, "created_at">, certificate: Uint8Array, sessionId: string, now: Date) => Promise<void>;
  /**
   * Stores a key that went on, in the caller's transaction. `chain` takes the place of `before`. It
   * may leave that below its end, since a run that was in doubt is passed by. Gives false, with
   * nothing stored, when another chain than `before` is stored by now. Throws account/altered-row.
   */
  readonly advance: (
    key: Omit<KeyValues, "created_at">,
    before: readonly Uint8Array[],
    chain: readonly Uint8Array[],
    now: Date,
  ) => Promise<boolean>;
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
    async put(key, certificate, sessionId, now) {
      const { key_id, epoch, epoch_number, tenant_id } = key;
      await db
        .insertInto("keys")
        .values(seal({ ...key, created_at: now }, [certificate]))
        .execute();
      const founding = { key_id, epoch, epoch_number, tenant_id, session_id: sessionId, certificate, created_at: now };
      await db.insertInto("epochs").values(founding).execute();
    },
    async advance(key, before, chain, now) {
      const { key_id, tenant_id } = key;
      const row = await db.selectFrom("keys").selectAll().where("key_id", "=", key_id).forUpdate().executeTakeFirst();
      if (row === undefined) throw alteredRow("keys", key.account_id);
      const stored = await db.selectFrom("epochs").select("certificate").where("key_id", "=", key_id).orderBy("epoch_number").execute();
      const held = stored.map(({ certificate }) => new Uint8Array(certificate));
      macs.check("keys", key.account_id, fields(row, held), row.mac);
      const isSame = (a: Uint8Array, b: Uint8Array | undefined): boolean => b !== undefined && Buffer.from(a).equals(b);
      if (held.length !== before.length || !held.every((certificate, at) => isSame(certificate, before[at]))) return false;
      const parts = chain.findIndex((certificate, at) => !isSame(certificate, held[at]));
      const added = chain.slice(parts).map((certificate) => {
        const { epoch, epochNumber, sessionId } = certificateFacts(certificate) ?? {};
        if (epoch === undefined || epochNumber === undefined || sessionId === undefined) throw new TypeError("a chain is verified before");
        return { key_id, epoch, epoch_number: epochNumber, tenant_id, session_id: sessionId, certificate, created_at: now };
      });
      const [first] = added;
      if (parts < 0 || first === undefined) throw new TypeError("a key that went on has another chain");
      const passedBy = held.slice(parts).flatMap((certificate) => certificateFacts(certificate)?.epoch ?? []);
      if (passedBy.length > 0) await db.deleteFrom("epochs").where("key_id", "=", key_id).where("epoch", "in", passedBy).execute();
      await db.insertInto("epochs").values(added).execute();
      const continued = seal({ ...key, created_at: row.created_at }, chain);
      await db.updateTable("keys").set(continued).where("key_id", "=", key_id).execute();
      return true;
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
