// Master keys rotate while the party works. What is sealed under a former key is opened and sealed
// anew under the current one, row by row. Each row is its own write, and changes only if nobody
// else has changed the row, so that a crash or a commit meanwhile loses nothing.
import { asCovaultError, CovaultError } from "@covault/errors";
import { type Entropy, pairAad, platformEntropy, resealBlob, shareAad, Vault } from "@covault/party";
import type { Database } from "@covault/service-kit/sql";
import { intentIdOf, parseExact } from "@covault/trust";
import { SignedSchema } from "@covault/wire";
import { sql } from "kysely";
import { schemaOf } from "./store/sql-store.ts";
import { bytesOf, type PartyDatabase, type PartyTables } from "./store/tables.ts";

/** How far a re-sealing is. All counts are of sealed secrets: shares, and pairs. */
export interface Resealed {
  /** The secrets that were sealed under a former key when it began. */
  readonly total: number;
  readonly done: number;
  /** The ids of the keys, hex, of which a secret does not open. Each of them is named once. */
  readonly unreadable: readonly string[];
}

const readAtOnce = 100;

/**
 * Where sealed secrets are. A row is read from `after` on, in the order of its name.
 */
interface Place {
  readonly rows: (tables: PartyDatabase, former: readonly Buffer[], after: Row | undefined) => Promise<readonly Row[]>;
  readonly keys: (vault: Vault, keyId: Uint8Array, epoch: Uint8Array) => ReturnType<Vault["shareKeys"]>;
  /**
   * Gives false when the row was changed meanwhile: it was committed over, or sealed by another.
   */
  readonly put: (tables: PartyDatabase, row: Row, anew: Uint8Array) => Promise<boolean>;
}

/** One sealed secret, with its associated data. */
interface Row {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  /** The partner and the generation of a pair, and zeros for a share. */
  readonly partner: number;
  readonly generation: number;
  readonly aad: (partyId: string) => Uint8Array;
  readonly blob: Uint8Array;
}

const isUnder = (column: string, former: readonly Buffer[]) =>
  sql<boolean>`substring(${sql.ref(column)} from 2 for 4) in (${sql.join(former)})`;

const shares: Place = {
  async rows(tables, former, after) {
    const rows = await tables
      .selectFrom("shares")
      .select(["key_id", "epoch", "record", "intent", "secret"])
      .where(isUnder("secret", former))
      .$if(after !== undefined, (query) => query.where(sql<boolean>`(key_id, epoch) > (${after?.keyId}, ${after?.epoch})`))
      .orderBy("key_id")
      .orderBy("epoch")
      .limit(readAtOnce)
      .execute();
    return rows.map((row) => {
      const [keyId, epoch, record, intent] = [bytesOf(row.key_id), bytesOf(row.epoch), bytesOf(row.record), bytesOf(row.intent)];
      const aad = (partyId: string) => shareAad(partyId, keyId, epoch, record, madeBy(intent));
      return { keyId, epoch, partner: 0, generation: 0, aad, blob: bytesOf(row.secret) };
    });
  },
  keys: (vault, keyId, epoch) => vault.shareKeys(keyId, epoch),
  async put(tables, { keyId, epoch, blob }, anew) {
    const { numUpdatedRows } = await tables
      .updateTable("shares")
      .set({ secret: anew })
      .where("key_id", "=", keyId)
      .where("epoch", "=", epoch)
      .where("secret", "=", blob)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },
};

const pairs: Place = {
  async rows(tables, former, after) {
    const rows = await tables
      .selectFrom("pairs")
      .innerJoin("generations", (join) =>
        join
          .onRef("generations.key_id", "=", "pairs.key_id")
          .onRef("generations.epoch", "=", "pairs.epoch")
          .onRef("generations.partner", "=", "pairs.partner")
          .onRef("generations.generation", "=", "pairs.generation"),
      )
      .select(["pairs.key_id", "pairs.epoch", "pairs.partner", "pairs.generation", "generations.pair_id", "pairs.sealed"])
      .where(isUnder("pairs.sealed", former))
      .$if(after !== undefined, (query) =>
        query.where(
          sql<boolean>`(pairs.key_id, pairs.epoch, pairs.partner, pairs.generation) > (${after?.keyId}, ${after?.epoch}, ${after?.partner}::integer, ${after?.generation}::integer)`,
        ),
      )
      .orderBy("pairs.key_id")
      .orderBy("pairs.epoch")
      .orderBy("pairs.partner")
      .orderBy("pairs.generation")
      .limit(readAtOnce)
      .execute();
    return rows.map(({ key_id, epoch: of, partner, generation, pair_id, sealed }) => {
      const [keyId, epoch, pairId] = [bytesOf(key_id), bytesOf(of), bytesOf(pair_id)];
      const aad = (partyId: string) => pairAad(partyId, { keyId, epoch, partner }, { generation, pairId });
      return { keyId, epoch, partner, generation, aad, blob: bytesOf(sealed) };
    });
  },
  keys: (vault, keyId, epoch) => vault.pairKeys(keyId, epoch),
  async put(tables, { keyId, epoch, partner, generation, blob }, anew) {
    const { numUpdatedRows } = await tables
      .updateTable("pairs")
      .set({ sealed: anew })
      .where((eb) => eb.and({ key_id: keyId, epoch, partner, generation, sealed: blob }))
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },
};

/**
 * Seals everything anew that is sealed under one of `masters` but the first, which is the current
 * key. Gives how far it is after each hundred secrets, and at the end. The rounds of a key
 * generation or a refresh that runs stay as they are, since they are gone when it ends. So do the
 * keys of imports, which are good for some minutes.
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
  for (const place of [shares, pairs]) {
    let after: Row | undefined;
    do {
      const rows = former.length === 0 ? [] : await place.rows(tables, former, after);
      for (const row of rows)
        try {
          const aad = row.aad(partyId);
          const ring = await place.keys(vault, row.keyId, row.epoch);
          const anew = await resealBlob(ring, aad, row.blob, entropy.bytes(12)).finally(() => {
            for (const { key } of ring) key.fill(0);
          });
          if (await place.put(tables, row, anew)) done++;
        } catch (error) {
          if (asCovaultError(error)?.code !== "party/unreadable-secret") throw error;
          unreadable.add(Buffer.from(row.keyId).toString("hex"));
        }
      after = rows.length === readAtOnce ? rows.at(-1) : undefined;
      if (after !== undefined) yield { total, done, unreadable: [...unreadable] };
    } while (after !== undefined);
  }
  yield { total, done, unreadable: [...unreadable] };
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
