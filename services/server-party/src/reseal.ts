// Master keys rotate while the party works. What is sealed under a former key is opened and sealed
// anew under the current one, row by row. Each row is its own write, and changes only if nobody
// else has changed the row, so that a crash or a commit meanwhile loses nothing.
import { asCovaultError, CovaultError } from "@covault/errors";
import { type Entropy, platformEntropy, resealBlob, shareAad, Vault } from "@covault/party";
import type { Database } from "@covault/service-kit/sql";
import { intentIdOf, parseExact } from "@covault/trust";
import { SignedSchema } from "@covault/wire";
import { type Selectable, sql } from "kysely";
import { schemaOf } from "./store/sql-store.ts";
import { bytesOf, type PartyDatabase, type PartyTables } from "./store/tables.ts";

/** How far a re-sealing is. All counts are of sealed secrets: shares, and the pairs of shares. */
export interface Resealed {
  /** The secrets that were sealed under a former key when it began. */
  readonly total: number;
  readonly done: number;
  /** The ids of the keys, hex, of which a secret does not open. Each of them is named once. */
  readonly unreadable: readonly string[];
}

const readAtOnce = 100;

/** Where sealed secrets are. A row is read from `after` on, in the order of its key and epoch. */
interface Sealed {
  readonly what: "share" | "pairs";
  readonly column: "secret" | "sealed";
  readonly table: "shares" | "pairs";
}
const places: readonly Sealed[] = [
  { what: "share", table: "shares", column: "secret" },
  { what: "pairs", table: "pairs", column: "sealed" },
];

/**
 * Seals everything anew that is sealed under one of `masters` but the first, which is the current
 * key. Gives how far it is after each hundred secrets, and at the end. The rounds of a key
 * generation or a refresh that runs stay as they are, since they are gone when it ends.
 */
export async function* reseal(
  database: Database,
  partyId: string,
  masters: readonly Uint8Array[],
  entropy: Entropy = platformEntropy,
): AsyncGenerator<Resealed> {
  const vault = await Vault.open(partyId, masters);
  const tables = database.schema<PartyTables>(schemaOf(partyId));
  const former = vault.masterIds.slice(1).map((id) => Buffer.from(id));
  const unreadable = new Set<string>();
  let done = 0;
  const counts = await Promise.all(former.map((id) => sealedUnder(tables, id)));
  const total = counts.reduce((sum, { secrets }) => sum + secrets, 0);
  for (const place of places) {
    let after: Row | undefined;
    do {
      const rows: readonly Row[] = former.length === 0 ? [] : await rowsOf(tables, place, former, after);
      for (const row of rows)
        try {
          if (await resealRow(tables, partyId, vault, entropy, place, row)) done++;
        } catch (error) {
          if (asCovaultError(error)?.code !== "party/unreadable-secret") throw error;
          unreadable.add(Buffer.from(row.key_id).toString("hex"));
        }
      after = rows.length === readAtOnce ? rows.at(-1) : undefined;
      if (after !== undefined) yield { total, done, unreadable: [...unreadable] };
    } while (after !== undefined);
  }
  yield { total, done, unreadable: [...unreadable] };
}

type Row = Pick<Selectable<PartyTables["shares"]>, "key_id" | "epoch" | "record" | "intent"> & { readonly blob: Uint8Array };

function rowsOf(tables: PartyDatabase, { table }: Sealed, former: readonly Buffer[], after: Row | undefined): Promise<readonly Row[]> {
  const blob = sql.ref<Uint8Array>(table === "shares" ? "shares.secret" : "pairs.sealed");
  const from =
    table === "shares"
      ? tables.selectFrom("shares")
      : tables
          .selectFrom("shares")
          .innerJoin("pairs", (join) => join.onRef("pairs.key_id", "=", "shares.key_id").onRef("pairs.epoch", "=", "shares.epoch"));
  return from
    .select(["shares.key_id", "shares.epoch", "shares.record", "shares.intent", blob.as("blob")])
    .where(sql<boolean>`substring(${blob} from 2 for 4) in (${sql.join(former)})`)
    .$if(after !== undefined, (query) => query.where(sql<boolean>`(shares.key_id, shares.epoch) > (${after?.key_id}, ${after?.epoch})`))
    .orderBy("shares.key_id")
    .orderBy("shares.epoch")
    .limit(readAtOnce)
    .execute() as Promise<readonly Row[]>;
}

/** Gives false when the row was changed meanwhile: it was committed over, or sealed by another. */
async function resealRow(
  tables: PartyDatabase,
  partyId: string,
  vault: Vault,
  entropy: Entropy,
  { what, table, column }: Sealed,
  row: Row,
): Promise<boolean> {
  const [keyId, epoch, record, blob] = [bytesOf(row.key_id), bytesOf(row.epoch), bytesOf(row.record), bytesOf(row.blob)];
  const aad = shareAad(what, partyId, keyId, epoch, record, madeBy(bytesOf(row.intent)));
  const ring = await (what === "share" ? vault.shareKeys(keyId, epoch) : vault.pairKeys(keyId, epoch));
  const anew = await resealBlob(ring, aad, blob, entropy.bytes(12)).finally(() => {
    for (const { key } of ring) key.fill(0);
  });
  const { numUpdatedRows } = await tables
    .updateTable(table)
    .set({ [column]: anew })
    .where("key_id", "=", keyId)
    .where("epoch", "=", epoch)
    .where(sql.ref(column), "=", blob)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Gives the id of the intent that a row says. A damaged row is as unreadable as its secret. */
function madeBy(intent: Uint8Array): Uint8Array {
  const signed = parseExact(SignedSchema, intent);
  if (signed === undefined) throw new CovaultError("party/unreadable-secret", "The intent of a stored share cannot be read.");
  return intentIdOf(signed.body);
}

/** The secrets and the running rounds that are sealed under the master key of this id. */
export interface SealedUnder {
  readonly secrets: number;
  readonly rounds: number;
}

export async function sealedUnder(tables: Pick<PartyDatabase, "selectFrom">, masterId: Uint8Array): Promise<SealedUnder> {
  const id = Buffer.from(masterId);
  const count = async (table: "shares" | "pairs" | "sessions", column: string): Promise<number> => {
    const found = await tables
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<string>().as("count"))
      .where(sql<boolean>`substring(${sql.ref(column)} from 2 for 4) = ${id}`)
      .executeTakeFirstOrThrow();
    return Number(found.count);
  };
  const shares = await count("shares", "secret");
  const pairs = await count("pairs", "sealed");
  return { secrets: shares + pairs, rounds: await count("sessions", "state") };
}
