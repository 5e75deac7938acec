import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databases, type TestDatabase } from "../../test/databases.ts";
import { holdingStore } from "./holding-store.ts";
import { schemaName } from "./tables.ts";

const question = (nonce: string) => ({
  nonce,
  about: "holding" as const,
  keyId: "11",
  scheme: "ecdsa-secp256k1" as const,
  asked: [{ partyId: "p1", idpk: "22" }],
});

describe.each(databases)("questions to holders on %s", (_name, open) => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await open();
  });
  afterAll(() => db.close());

  it("one that is kept takes those away that nobody waits for, and one that is not kept takes none away", async () => {
    const store = holdingStore(db.database);
    await store.ask(question("old"));
    await db.database.pool.query(`update ${schemaName}.holding_questions set asked_at_ms = asked_at_ms - 61000 where nonce = 'old'`);
    // PostgreSQL takes no text with a zero byte.
    await expect(store.ask(question("\0"))).rejects.toThrow();
    expect(await store.question("old")).toEqual(question("old"));
    expect(await store.ask(question("new"))).toEqual(question("new"));
    expect(await store.question("old")).toBeUndefined();
  });
});
