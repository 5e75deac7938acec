// The MAC of a row is an HMAC-SHA256 over its table and its fields. Each field stands behind its
// length, so that no two rows encode alike. The keys come from the environment (ROW_KEY,
// ROW_KEYS_ALSO). An attacker who can only write to the database cannot make a row that this
// service believes.
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { CovaultError } from "@covault/errors";

/** The keys of the row MACs, 32 bytes each. They must not leave the process. */
export interface RowKeys {
  /** The key under which rows are written. */
  readonly current: Uint8Array;
  /**
   * Keys whose rows are read too: former keys, and one that is to come, under which another replica
   * may write already.
   */
  readonly also: readonly Uint8Array[];
}

export type Field = string | number | boolean | null | Date | Uint8Array;

function encode(field: Field): Buffer {
  const bytes =
    field instanceof Uint8Array
      ? Buffer.from(field)
      : Buffer.from(field instanceof Date ? String(field.getTime()) : field === null ? "" : String(field), "utf8");
  const kind =
    field === null
      ? 0
      : field instanceof Uint8Array
        ? 1
        : field instanceof Date
          ? 2
          : typeof field === "string"
            ? 3
            : typeof field === "number"
              ? 4
              : 5;
  const head = Buffer.alloc(5);
  head.writeUInt8(kind, 0);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** Writes and checks the MACs of rows. It holds the keys, so that no other code needs them. */
export interface RowMacs {
  /** Gives the MAC under the current key, 32 bytes. */
  readonly seal: (table: string, fields: readonly Field[]) => Buffer;
  readonly isIntact: (table: string, fields: readonly Field[], mac: Uint8Array) => boolean;
  /** Throws account/altered-row, which names the row, when its MAC is under none of the keys. */
  readonly check: (table: string, id: string, fields: readonly Field[], mac: Uint8Array) => void;
}

export function rowMacs(secretRowKeys: RowKeys): RowMacs {
  const macKey = (secretKey: Uint8Array): Uint8Array => new Uint8Array(hkdfSync("sha256", secretKey, "", "covault/account/row-mac/v1", 32));
  const current = macKey(secretRowKeys.current);
  const all = [current, ...secretRowKeys.also.map(macKey)];
  const macUnder = (key: Uint8Array, table: string, fields: readonly Field[]): Buffer => {
    const hmac = createHmac("sha256", key);
    for (const field of [table, ...fields]) hmac.update(encode(field));
    return hmac.digest();
  };
  const isIntact: RowMacs["isIntact"] = (table, fields, mac) =>
    all.some((key) => {
      const expected = macUnder(key, table, fields);
      return mac.length === expected.length && timingSafeEqual(expected, mac);
    });
  return {
    seal: (table, fields) => macUnder(current, table, fields),
    isIntact,
    check(table, id, fields, mac) {
      if (!isIntact(table, fields, mac)) throw alteredRow(table, id);
    },
  };
}

export function alteredRow(table: string, id: string): CovaultError {
  return new CovaultError("account/altered-row", `The stored row ${table}/${id} was not written by this service.`, {
    facts: { table, row: id },
  });
}
