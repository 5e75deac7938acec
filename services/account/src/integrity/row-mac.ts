// The MAC of a row: HMAC-SHA256 over its table and its fields, each behind its length, so that no two rows encode alike. The key is
// derived from INITIATOR_KEY: who can only write to the database cannot make a row that this service believes.
import { createHmac, timingSafeEqual } from "node:crypto";
import { CovaultError } from "@covault/errors";

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

/** 32 bytes. */
export function rowMac(secretRowKey: Uint8Array, table: string, fields: readonly Field[]): Buffer {
  const hmac = createHmac("sha256", secretRowKey);
  for (const field of [table, ...fields]) hmac.update(encode(field));
  return hmac.digest();
}

/** Throws account/altered-row, naming the row, when its MAC is another. */
export function checkRow(secretRowKey: Uint8Array, table: string, id: string, fields: readonly Field[], mac: Uint8Array): void {
  const expected = rowMac(secretRowKey, table, fields);
  if (mac.length !== expected.length || !timingSafeEqual(expected, mac)) throw alteredRow(table, id);
}

export function alteredRow(table: string, id: string): CovaultError {
  return new CovaultError("account/altered-row", `The stored row ${table}/${id} was not written by this service.`, {
    facts: { table, row: id },
  });
}
